"""Fonts to look at: what each holds, and one passage in all of them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from deepscores import fonts
from deepscores.dataset.png.codec import decode_png
from deepscores.engraving.lilypond.glyphs import smufl_names
from deepscores.engraving.lilypond.program import glyphs_of
from deepscores.errors import DatasetError
from deepscores.inspection.galleries.fonts.entries import list_fonts
from deepscores.inspection.galleries.fonts.picture import draw_passage, draw_rows, engrave_passage
from deepscores.page.labels.label_sets import load_label_set
from deepscores.recipe.recipe import Recipe, apply

Maker = Callable[..., Path]


def test_the_passage_is_one_system_in_every_font() -> None:
    rows = list(engrave_passage(Recipe()))
    assert [(row.engraver, row.font) for row in rows] == [
        ("verovio", one) for one in Recipe().fonts
    ]
    assert len({row.picture.tobytes() for row in rows}) == len(rows)
    for row in rows:
        assert row.picture.shape[0] < 250  # another system would be as much again
        assert row.picture.shape[1] > 1200
        assert (row.picture[[0, -1]] < 255).any(axis=1).all()  # cut to its ink
    assert [row.font for row in rows if row.borrowed] == ["Gootville"]


def test_lilypond_has_rows_of_its_own() -> None:
    pytest.importorskip("lilypond")
    recipe = apply(Recipe(), {"engraver": "both", "fonts": "Leland,Emmentaler"})
    leland, emmentaler = engrave_passage(recipe)
    assert (leland.engraver, emmentaler.engraver) == ("verovio", "lilypond")
    assert emmentaler.picture.shape[0] < 250
    assert emmentaler.picture.shape[1] > 1200
    assert not emmentaler.borrowed
    entry = fonts().entries[-1]
    assert (entry.engraver, entry.font, entry.missing) == ("lilypond", "Emmentaler", ())
    assert entry.glyphs > 100
    assert "GNU General Public License" in entry.facts.licence


def test_a_glyph_that_lilyponds_font_draws_is_one_that_it_is_said_to_have() -> None:
    pytest.importorskip("lilypond")
    names = smufl_names(glyphs_of("Emmentaler"))
    recipe = apply(Recipe(), {"engraver": "lilypond"})
    (drawing,) = draw_passage(recipe)
    drawn = {one.glyph for one in drawing.sheet.symbols if one.glyph}
    drawn.discard("tremolo3")  # strokes, no glyph
    assert len(drawn) > 15
    assert drawn <= names


def test_rows_stand_below_each_other_with_their_pictures() -> None:
    rows = list(engrave_passage(Recipe(fonts=("Leland", "Petaluma"))))
    table = draw_rows(rows)
    top = 0
    for row in rows:
        height, width = row.picture.shape
        left = table.shape[1] - max(one.picture.shape[1] for one in rows) - 14
        assert (table[top + 14 : top + 14 + height, left : left + width] == row.picture).all()
        assert (table[top : top + height, :left] < 128).any()  # its name
        top += height + 28
    assert top == table.shape[0]


def test_picture_and_page_are_the_same_every_time(music_font: Maker, tmp_path: Path) -> None:
    path = music_font(tmp_path / "quill.otf", without=[0xE4C0, 0xE566])
    for name in ("one", "other"):
        book = fonts(["Leland", path], tmp_path / name)
        assert (book.picture, book.page) == tuple(
            tmp_path / name / file for file in ("fonts.png", "fonts.md")
        )
    for file in ("fonts.png", "fonts.md"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()
    picture = decode_png((tmp_path / "one/fonts.png").read_bytes())
    assert picture.dtype == np.uint8
    text = (tmp_path / "one/fonts.md").read_text("utf-8")
    assert "| Quill | verovio | quill.otf |" in text
    assert "* Quill: Leipzig lends `fermataAbove`, `ornamentTrill`" in text
    assert "* Quill: `fermataAbove`, `ornamentTrill`" in text
    assert str(tmp_path) not in text


def test_what_is_lent_is_what_the_lender_has(music_font: Maker, tmp_path: Path) -> None:
    path = music_font(tmp_path / "quill.otf", without=[0xE4C0])
    recipe = apply(Recipe(), {"fonts": ["Leipzig", str(path)]})
    labels = load_label_set("deepscores-118")
    leipzig, quill = list_fonts(recipe, labels)
    assert leipzig.missing == ()
    assert quill.missing == ("fermataAbove",)


def test_without_a_folder_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    book = fonts(engraver="verovio")
    assert [one.font for one in book.entries] == list(Recipe().fonts)
    assert (book.picture, book.page) == (None, None)
    assert not list(tmp_path.iterdir())


def test_fonts_are_not_written_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "fonts").write_text("a file")
    with pytest.raises(DatasetError, match="is a file"):
        fonts("Leland", tmp_path / "fonts")
