"""The headless core: reads trails, joins sessions, answers questions."""
