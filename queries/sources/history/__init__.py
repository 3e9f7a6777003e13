"""CloudTrail's event history as a source: no trail, no bucket, no table, no cost."""
