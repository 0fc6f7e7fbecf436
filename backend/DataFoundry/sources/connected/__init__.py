"""Databases and object stores. Each is read once, block by block, into a hidden file; see `copied`."""
