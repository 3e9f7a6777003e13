"""What was read, kept as immutable Parquet segments."""
