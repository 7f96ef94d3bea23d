"""Octave clefs, cut into clef and numeral in every font."""

import pytest

from deepscores.engravers.verovio.clefs import plain_clef
from deepscores.engravers.verovio.glyphs import MUSIC_FONTS, glyph
from deepscores.geometry import Affine, Box
from deepscores.model import Outline
from deepscores.outlines.contours import bounds, moved
from deepscores.rendering.painting import Canvas

CODES = {
    "E051": ("gClef15mb", "below"), "E052": ("gClef8vb", "below"), "E053": ("gClef8va", "above"),
    "E054": ("gClef15ma", "above"), "E05D": ("cClef8vb", "below"), "E063": ("fClef15mb", "below"),
    "E064": ("fClef8vb", "below"), "E065": ("fClef8va", "above"), "E066": ("fClef15ma", "above"),
}  # fmt: skip
PLAIN = {"gClef": "E050", "cClef": "E05C", "fClef": "E062"}


@pytest.mark.parametrize("font", MUSIC_FONTS)
@pytest.mark.parametrize("code", CODES)
def test_numeral_stands_clear_of_the_clef(font: str, code: str) -> None:
    name, side = CODES[code]
    clef = glyph(font, code)
    assert clef.name == name
    body = bounds(glyph(font, PLAIN[plain_clef(name)]).edges)
    assert bounds(clef.edges) == body
    assert clef.numeral is not None
    box = bounds(clef.numeral)
    assert 140 < box.x1 - box.x0 < 370  # of 250 units to a staff space
    assert 220 < box.y1 - box.y0 < 420
    assert box.y1 > body.y1 + 100 if side == "below" else box.y0 < body.y0 - 100


@pytest.mark.parametrize("font", MUSIC_FONTS)
@pytest.mark.parametrize("code", CODES)
def test_numeral_is_solid_but_for_the_eyes_of_its_eight(font: str, code: str) -> None:
    """A numeral that lost a stretch of its outline would fill its box quite differently."""
    numeral = glyph(font, code).numeral
    assert numeral is not None
    ink = Canvas(500, 500).paint([Outline(on_canvas(numeral))])
    box: Box = bounds(numeral)
    share = ink.whole_areas[1] / ((box.x1 - box.x0) * (box.y1 - box.y0))
    assert 0.28 < share < 0.62


def on_canvas(edges):  # type: ignore[no-untyped-def]
    box = bounds(edges)
    return moved(edges, Affine(1, 0, 0, 1, 20 - box.x0, 20 - box.y0))


def test_clef_without_a_numeral_is_left_whole() -> None:
    for code in (*PLAIN.values(), "E055", "E069"):
        assert glyph("Bravura", code).numeral is None
