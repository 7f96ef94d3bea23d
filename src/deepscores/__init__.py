"""Labelled sheet-music pages from MusicXML."""
