"""Findings: what deserves a look, by rules over what is kept."""
