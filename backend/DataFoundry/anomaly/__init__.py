"""Which rows are odd, which of their cells make them so, and what was expected there."""
