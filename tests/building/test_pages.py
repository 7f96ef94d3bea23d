"""Pages of a score in every style: how many, which are kept, and when an engraving is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from deepscores.building.pages import pages_of
from deepscores.errors import EngravingError
from deepscores.recipe.recipe import Recipe, apply
from deepscores.scores import Source, find_scores, read_score

OPTIONS = {
    "page-size": "800x600", "staff-space": 10, "margin": 40, "fonts": "Bravura,Leland",
    "pages": "all",
}  # fmt: skip


@pytest.fixture
def recipe() -> Recipe:
    return apply(Recipe(), OPTIONS)


@pytest.fixture
def source(tune: Callable[..., str], tmp_path: Path) -> Source:
    (tmp_path / "song.musicxml").write_text(tune(9))
    (source,) = find_scores([tmp_path / "song.musicxml"])
    return source


def test_each_font_gives_all_pages_in_order(source: Source, recipe: Recipe) -> None:
    pages = list(pages_of(source, recipe))
    assert [(page.font, page.page.number) for page in pages] == [
        ("Bravura", 1), ("Bravura", 2), ("Leland", 1), ("Leland", 2)
    ]  # fmt: skip
    assert all(page.exclusion is None for page in pages)
    assert sum(page.notes for page in pages) == 2 * (read_score(source).notes or 0)
    origin = pages[2].provenance(recipe.seed)
    assert (origin.score, origin.engraver, origin.font) == ("song", "verovio", "Leland")


def test_a_score_that_was_read_gives_the_pages_of_its_file(source: Source, recipe: Recipe) -> None:
    for page, again in zip(
        pages_of(source, recipe), pages_of(read_score(source), recipe), strict=True
    ):
        assert (page.sheet.painting.image == again.sheet.painting.image).all()


def test_the_limit_of_a_score_counts_all_fonts_together(source: Source, recipe: Recipe) -> None:
    limited = replace(recipe, pages_per_score=3)
    pages = [(page.font, page.page.number) for page in pages_of(source, limited)]
    assert pages == [("Bravura", 1), ("Bravura", 2), ("Leland", 1)]


def test_pages_that_were_picked_are_made_whatever_the_limit(source: Source, recipe: Recipe) -> None:
    limited = replace(recipe, pages_per_score=3)
    picked = frozenset({("Bravura", 2), ("Leland", 1), ("Leland", 2)})
    pages = {(page.font, page.page.number) for page in pages_of(source, limited, picked)}
    assert pages == picked


def test_an_unreadable_page_comes_with_the_reason(source: Source, recipe: Recipe) -> None:
    limits = replace(recipe.readability, least_notes=10_000)
    for page in pages_of(source, replace(recipe, readability=limits)):
        assert page.exclusion is not None
        assert page.exclusion.reason == "unreadable"
        assert page.exclusion.detail.startswith("empty")


def test_notes_that_the_engine_does_not_understand_cost_the_score(
    source: Source, recipe: Recipe
) -> None:
    score = replace(read_score(source), notes=1000)
    with pytest.raises(EngravingError, match=r"Verovio understands \d+ of 1000 notes"):
        next(pages_of(score, recipe))


def test_notes_that_are_not_drawn_cost_the_score_at_its_last_page_in_a_font(
    source: Source, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deepscores.building.pages._count_notes", lambda _: 7)
    pages = pages_of(source, replace(recipe, pages_per_score=None))
    assert next(pages).page.number == 1
    notes = read_score(source).notes
    with pytest.raises(EngravingError, match=f"Verovio draws in Bravura 14 of {notes} notes"):
        next(pages)
