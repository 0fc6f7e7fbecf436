"""Running labeling functions on blocks of rows, by whole columns where possible, else in the sandbox."""
