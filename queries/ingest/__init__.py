"""Fetching: read a source into the store and publish what was read."""
