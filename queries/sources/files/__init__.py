"""The source that reads a folder of CloudTrail log files."""
