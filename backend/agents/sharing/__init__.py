"""Parts of the sharing pipeline: held-out rows, copies, the verdict, and its words."""
