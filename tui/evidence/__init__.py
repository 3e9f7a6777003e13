"""The evidence pack: an answer, the records behind it, and what was known of them, in one zip that verifies itself."""
