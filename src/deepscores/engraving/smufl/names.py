"""SMuFL 1.4's names of its code points."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

# Not SMuFL's own, but drawn by engravers from the music font: accidentals and a blank in text.
_UNICODE = {
    0x0020: "space",
    0x266D: "musicFlatSign",
    0x266E: "musicNaturalSign",
    0x266F: "musicSharpSign",
}
OPTIONAL = range(0xF400, 0xF900)  # each font's own, named by its metadata alone


@cache
def glyph_names() -> Mapping[int, str]:
    """Name by code point.

    >>> glyph_names()[0xE0A4]
    'noteheadBlack'
    """
    table = files("deepscores.engraving.smufl").joinpath("names.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines())
    return _UNICODE | {int(code, 16): name for code, name in rows}
