"""What a table is like, and how close a synthetic table comes to the real one."""
