"""The ways in: each source yields the same raw calls."""
