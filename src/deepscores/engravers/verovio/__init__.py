"""Engraving with Verovio, in this process. The only package that imports it."""

from deepscores.engravers.verovio.engine import MUSIC_FONTS, engrave

__all__ = ["MUSIC_FONTS", "engrave"]
