"""CloudTrail's objects in a bucket as a source: no Athena, no copy of the bucket."""
