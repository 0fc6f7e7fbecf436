"""Generative models of rows of tokens, one file a type."""
