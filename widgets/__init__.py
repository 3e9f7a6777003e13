"""Widgets that could each be published alone."""
