"""Measurements of the project against other ways to the same result."""
