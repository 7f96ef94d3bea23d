"""Formats of datasets: a folder for each, with what writes and reads it."""
