"""Widgets that know nothing of sessions: tables, charts, timelines, safe text."""
