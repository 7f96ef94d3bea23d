"""Engravers behind one protocol: from a score to pages of marks."""
