"""What a style asks of LilyPond is drawn."""

from statistics import median
from typing import Any

import pytest

from deepscores.engraving.lilypond.engine import engrave
from deepscores.engraving.lilypond.options import PROPERTIES
from deepscores.engraving.styling import KEYS
from deepscores.engraving.verovio.options import OPTIONS
from deepscores.page.model import Page, Score, Style
from deepscores.page.symbols.placing import place_symbols
from deepscores.scores import find_scores, read_score
from tests.places import GOLDEN_SCORES

SCORE = GOLDEN_SCORES / "strings.musicxml"
SPACE = 20.0
THICK: dict[str, tuple[str, float]] = {  # property → the kind that shows it, and a value
    "staff-line-thickness": ("staffLine", 0.14),
    "stem-thickness": ("stem", 0.22),
    "barline-thickness": ("barlineSingle", 0.22),
}


@pytest.fixture(scope="module")
def score() -> Score:
    (source,) = find_scores([SCORE])
    return read_score(source)


def pages(score: Score, **properties: Any) -> list[Page]:
    named = tuple((key.replace("_", "-"), value) for key, value in properties.items())
    style = Style("Emmentaler", "lilypond", staff_space=SPACE, properties=named)
    return [page for _, page, _ in engrave(score, [style]).pages()]


def test_properties_are_those_of_styles() -> None:
    assert set(KEYS) >= PROPERTIES
    assert set(OPTIONS) - PROPERTIES == {
        "spacing-linear", "spacing-non-linear", "slur-curve", "bracket-thickness", "bar-numbers",
    }  # fmt: skip


def test_lines_are_as_thick_as_asked_for(score: Score) -> None:
    style = Style(
        "Emmentaler",
        "lilypond",
        staff_space=SPACE,
        properties=tuple((key, value) for key, (_, value) in THICK.items()),
    )
    engraving = engrave(score, [style])
    symbols = [
        one.symbol
        for _, page, _ in engraving.pages()
        for one in place_symbols(page, engraving.music)
    ]
    for key, (kind, value) in THICK.items():
        sides = [one.box for one in symbols if one.kind == kind]
        assert sides, kind
        thickness = median(min(box.x1 - box.x0, box.y1 - box.y0) for box in sides)
        assert thickness == pytest.approx(value * SPACE, rel=0.02), key


def test_every_other_property_changes_the_page(score: Score) -> None:
    plain = drawn(pages(score))
    for key in ("ragged_right", "spacing_staff", "hairpin_size"):
        value = {"ragged_right": False}.get(key, 3.0)
        value = 14 if key == "spacing_staff" else value
        assert drawn(pages(score, **{key: value})) != plain, key


def drawn(pages: list[Page]) -> list[Any]:
    marks = [one for page in pages for one in page.marks]
    curves = [one.edges.tolist() for one in marks if one.edges is not None and not one.glyph]
    return [[(one.shape, one.to_page, one.box) for one in marks], curves, len(pages)]
