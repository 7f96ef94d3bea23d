"""Datasets that others made, as datasets of ours."""
