"""Attacks on ssmtrail, each with a seed: fuzzed records and files, kills, processes that purge, storms of keys."""
