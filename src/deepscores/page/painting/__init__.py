"""Exact coverage: the picture, and who owns each pixel."""
