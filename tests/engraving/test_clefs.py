"""Octave clefs, cut into clef and numeral in every font."""

import re

import pytest

from deepscores.engraving.verovio.clefs import plain_clef
from deepscores.engraving.verovio.glyphs import MUSIC_FONTS, data_folder, glyph
from deepscores.page.geometry import Affine, Box
from deepscores.page.model import Outline
from deepscores.page.outlines.contours import bounds, map_edges
from deepscores.page.outlines.curves import path_edges
from deepscores.page.painting.canvas import Canvas

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
    assert tuple(bounds(clef.edges)) == pytest.approx(tuple(body), abs=6.5)  # not always the same
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
    return map_edges(edges, Affine(1, 0, 0, 1, 20 - box.x0, 20 - box.y0))


@pytest.mark.parametrize("font", MUSIC_FONTS)
@pytest.mark.parametrize("code", CODES)
def test_clef_and_numeral_together_ink_what_the_font_draws(font: str, code: str) -> None:
    drawn = (data_folder() / font / f"{code}.xml").read_text(encoding="utf-8")
    path = re.search(r' d="([^"]*)"', drawn)
    assert path is not None
    whole = path_edges(path[1], 0.3) * (1, -1, 1, -1)
    clef = glyph(font, code)
    assert clef.numeral is not None
    canvas = Canvas(1000, 2500)
    place = Affine(1, 0, 0, 1, 100, 1300)
    wanted = canvas.paint([Outline(map_edges(whole, place))]).image <= 127
    parts = [Outline(map_edges(part, place)) for part in (clef.edges, clef.numeral)]
    found = canvas.paint(parts).image <= 127
    assert wanted.sum() > 20_000
    assert (found != wanted).sum() < 100  # along the cut, in 1/1000 em


def test_clef_without_a_numeral_is_left_whole() -> None:
    for code in (*PLAIN.values(), "E055", "E069"):
        assert glyph("Bravura", code).numeral is None
