"""The source of CloudTrail log files: listing, decompression, extraction of records, worker processes."""
