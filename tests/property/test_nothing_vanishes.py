"""No symbol vanishes, in any font, at any staff space from 8 px up."""

from pathlib import Path

import pytest

from deepscores.engraving.verovio.engine import MUSIC_FONTS, engrave
from deepscores.page.model import Score, Sheet, Style
from deepscores.page.sheets import SheetMaker
from tests.places import GOLDEN_SCORES

SCORES = sorted((GOLDEN_SCORES).glob("*.musicxml"))
SPACES = (8, 9, 10, 12, 16, 24)
WIDTH, HEIGHT = 1200, 1600


def sheets(path: Path, space: float) -> list[Sheet]:
    text = path.read_text(encoding="utf-8")
    styles = [
        Style(font, page_width=WIDTH, page_height=HEIGHT, staff_space=space, margin=40)
        for font in MUSIC_FONTS
    ]
    engraving = engrave(Score("s", "s", "", "", "musicxml", text), styles)
    sheet_maker = SheetMaker(WIDTH, HEIGHT)
    return [sheet_maker.make_sheet(page, engraving.music) for _, page, _ in engraving.pages()]


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("path", SCORES, ids=lambda path: path.stem)
def test_every_symbol_owns_pixels_or_is_hidden_by_others(path: Path, space: float) -> None:
    hidden = []
    for sheet in sheets(path, space):
        painting = sheet.painting
        for symbol in sheet.symbols:
            assert painting.whole_areas[symbol.number] > 0, symbol
            if not painting.visible_areas[symbol.number]:
                hidden.append(symbol.kind)
    assert set(hidden) <= HIDDEN, hidden


# What other symbols can cover wholly.
HIDDEN: frozenset[str] = frozenset()
