"""Music fonts as outlines, read from the files that Verovio reads."""

import re
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.engraving.verovio.clefs import plain_clef, split_clef
from deepscores.engraving.verovio.data import FALLBACK, MUSIC_FONTS, data_folder, home, shown_name
from deepscores.errors import RecipeError
from deepscores.page.outlines.curves import path_edges

__all__ = ["FALLBACK", "MUSIC_FONTS", "Glyph", "data_folder", "glyph", "glyph_names_of"]

_FLATNESS = 0.3  # of 1000 units per em: 0.02 px at a staff space of 16 px
_GLYPH = re.compile(
    r'<g c="(?P<code>[0-9A-F]+)"[^>]*? h-a-x="(?P<advance>[-0-9.]+)"[^>]*? n="(?P<name>\w+)"'
)


class Glyph(NamedTuple):
    """A glyph's outline in 1/1000 em, y down, origin on the baseline."""

    name: str  # SMuFL
    font: str  # its name in rows: the requested font, or the fallback
    edges: NDArray[np.float64]
    advance: float
    source: str  # Verovio's name of that font
    numeral: NDArray[np.float64] | None = None  # of an octave clef; *edges* is then the clef alone

    @property
    def key(self) -> str:
        return f"{self.source} {self.name}"


@cache
def _names(font: str) -> dict[str, tuple[str, float]]:
    listing = (home(font) / f"{font}.xml").read_text(encoding="utf-8")
    return {row["code"]: (row["name"], float(row["advance"])) for row in _GLYPH.finditer(listing)}


def glyph_names_of(font: str) -> frozenset[str]:
    """The SMuFL names of *font*'s own glyphs; *font* is as for `glyph`."""
    return frozenset(name for name, _ in _names(font).values())


@lru_cache(maxsize=20_000)
def glyph(font: str, code: str) -> Glyph:
    """The glyph with the hexadecimal code point *code*, as Verovio draws it with *font*.

    *font* is one of Verovio's own or what `fonts.install` returned.

    >>> glyph("Bravura", "E0A4").name
    'noteheadBlack'
    """
    for source in (font, FALLBACK):
        if code in _names(source):
            name, advance = _names(source)[code]
            drawing = (home(source) / source / f"{code}.xml").read_text(encoding="utf-8")
            path = re.search(r' d="([^"]*)"', drawing)
            if not path and source not in MUSIC_FONTS:  # perhaps after a power cut
                raise RecipeError(f"{home(source)}: a cached font is damaged: delete the folder")
            edges = path_edges(path[1], _FLATNESS) if path else np.zeros((0, 4))
            drawn = Glyph(name, shown_name(source), edges * (1, -1, 1, -1), advance, source)
            return _divide_clef(drawn) if plain_clef(name) else drawn
    raise KeyError(f"{font} has no glyph U+{code}")


def _divide_clef(clef: Glyph) -> Glyph:
    """Divide *clef* from its numeral if its font has the plain clef with the same outline."""
    plain = plain_clef(clef.name)
    code = next((code for code, (name, _) in _names(clef.source).items() if name == plain), None)
    if code is None:
        return clef
    body, numeral = split_clef(clef.edges, glyph(clef.source, code).edges)
    return clef._replace(edges=body, numeral=numeral) if len(body) and len(numeral) else clef
