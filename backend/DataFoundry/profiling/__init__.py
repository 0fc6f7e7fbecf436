"""A table told to people: what its columns are, what is odd about them, on one page."""
