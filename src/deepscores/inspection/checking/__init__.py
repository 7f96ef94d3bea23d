"""Auditing datasets, ours and others': every promise about their labels, looked at page by page."""
