"""Measures of detection."""
