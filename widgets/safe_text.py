"""The one place where text from a log is made safe for people."""
