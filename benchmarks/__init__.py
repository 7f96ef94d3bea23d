"""Benchmarks of the project against other methods for the same result."""
