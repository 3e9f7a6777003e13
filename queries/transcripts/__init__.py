"""Transcripts of sessions: where they are, and their text as a person can read it."""
