"""Engraving with LilyPond, which is called as a program on notation written from Verovio's MEI."""
