"""The sources of raw calls: log files, the demo, Athena."""
