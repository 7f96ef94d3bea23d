"""Measures of patch classification."""
