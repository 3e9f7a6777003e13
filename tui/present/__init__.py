"""From values to what a person reads: pure functions, no widgets."""
