"""Labeling functions before they run: read from a request, checked, and what their source tells."""
