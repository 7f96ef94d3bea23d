"""Sheets: no page has more symbols than its instance map can number."""

import pytest

from deepscores.errors import EngravingError
from deepscores.page import sheets
from deepscores.page.model import Music, Page
from deepscores.page.sheets import SheetMaker

PAGE = Page(3, 40, 30, 10.0, (), ())
MUSIC = Music("", {}, (), 0, 0)


def test_an_empty_page_is_a_blank_sheet() -> None:
    sheet = SheetMaker(40, 30).make_sheet(PAGE, MUSIC)
    assert sheet.painting.image.shape == (30, 40)
    assert len(sheet.symbols) == 0
    assert not sheet.painting.owners.any()


def test_more_symbols_than_can_be_numbered_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "place_symbols", lambda *_: [None] * 65_536)
    with pytest.raises(EngravingError, match="page 3: 65536 symbols, over 65535"):
        SheetMaker(40, 30).make_sheet(PAGE, MUSIC)
