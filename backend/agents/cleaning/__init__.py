"""Parts of the cleaning pipeline: which cells are errors, which are changed, and what that is worth."""
