"""Auditing datasets: every promise about their labels, checked page by page."""
