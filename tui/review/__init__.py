"""The access review: files for reviewers, and what is wrong with a review that was decided."""
