"""Engraving with Verovio, in this process; `engine` is the only module that imports it."""
