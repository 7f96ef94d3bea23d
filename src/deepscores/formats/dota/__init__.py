"""DOTA: oriented boxes as lines of text."""
