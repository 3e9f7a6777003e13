"""Proof by CloudTrail's digest files that log files are those that AWS delivered."""
