"""From a score to its pages in every style: read, engraved, painted, and fit to be kept or not."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from deepscores.dataset.splits import split_of
from deepscores.dataset.writer import Provenance
from deepscores.engraving.registry import engrave, find_engraver
from deepscores.errors import EngravingError
from deepscores.page.degrading.wear import Wear
from deepscores.page.labels.readability import unreadable
from deepscores.page.model import Elements, Marks, Music, Page, Score, Sheet, Style, Symbols
from deepscores.page.sheets import SheetMaker
from deepscores.recipe.recipe import Recipe
from deepscores.runs.streams import stream
from deepscores.scores import Source, read_score


class EnginePage(NamedTuple):
    """One page of a score in one style, as the engine drew it."""

    score: Score
    music: Music
    style: Style
    page: Page
    page_count: int  # of the score in this style
    notes: int  # that the engine drew, on the page and beyond its edge


class Exclusion(NamedTuple):
    """Why a dataset leaves a page out."""

    reason: str  # the kind, as in ``skipped.jsonl``
    detail: str


class FinishedPage(NamedTuple):
    """One page of a score in one style, painted."""

    score: Score
    music: Music
    font: str
    engraver: str
    page: Page
    notes: int  # that the engine drew, on the page and beyond its edge
    style: dict[str, Any]  # values drawn for the page by the recipe's styles
    sheet: Sheet
    exclusion: Exclusion | None  # None: a dataset keeps the page

    def provenance(self, split_seed: int) -> Provenance:
        """Where the page comes from, with its split under *split_seed*."""
        score, work = self.score.id, self.score.work
        split = split_of(work, split_seed)
        return Provenance(score, work, split, self.engraver, self.font, self.style)


def pages_of(
    source: Source | Score, recipe: Recipe, only: frozenset[tuple[str, int]] | None = None
) -> Iterator[FinishedPage]:
    """Every page of a score in every style of *recipe*, up to its limit of pages per score.

    Or *only* the pages of these (font, number), without that limit. Raise ScoreError for a score
    that cannot be read, EngravingError as soon as the engraving is seen to lose notes: an engine
    can draw broken input as blank or thinned pages without a word.
    """
    score = source if isinstance(source, Score) else read_score(source)
    limit = recipe.max_pages_per_score() if only is None else None
    return islice(_paint_pages(score, recipe, only), limit)


def engine_pages(score: Score, recipe: Recipe) -> Iterator[EnginePage]:
    """Every page of *score* in every style of *recipe*, not painted, up to its limit per font.

    Raise EngravingError where the engine understands too few notes.
    """
    styles = recipe.styles(score.id)
    engraving = engrave(score, styles)
    _check_notes(score, engraving.music.notes, "Verovio understands", recipe)
    for style, page, page_count in engraving.pages(recipe.max_pages_per_font()):
        notes = _count_notes(page)
        yield EnginePage(score, engraving.music, styles[style], page, page_count, notes)


def find_exclusion(drawn: EnginePage, symbols: Symbols, recipe: Recipe) -> Exclusion | None:
    """Why a dataset leaves the page with these *symbols* out; None if it keeps it."""
    heads = np.flatnonzero(symbols.role.are("notehead"))
    off_page = drawn.notes - len({symbols.element[row] for row in heads.tolist()})
    if off_page:
        lost = f"{off_page} of {drawn.notes} notes lie beyond the page's edge"
        return Exclusion("off page", lost)
    width, height = drawn.page.width, drawn.page.height
    defect = unreadable(symbols.box, symbols.kind, width, height, recipe.readability)
    return Exclusion("unreadable", defect) if defect else None


def _paint_pages(
    score: Score, recipe: Recipe, only: frozenset[tuple[str, int]] | None
) -> Iterator[FinishedPage]:
    notes_by_style: Counter[Style] = Counter()
    for drawn in engine_pages(score, recipe):
        style, page = drawn.style, drawn.page
        notes_by_style[style] += drawn.notes
        if page.number == drawn.page_count:
            verb = f"{find_engraver(style.engraver).title} draws in {style.music_font}"
            _check_notes(score, notes_by_style[style], verb, recipe)
        if only is None or (style.music_font, page.number) in only:
            yield _paint(drawn, recipe)


def _paint(drawn: EnginePage, recipe: Recipe) -> FinishedPage:
    score, music, style, page, _, notes = drawn
    font = style.music_font
    values = recipe.page_style(score.id, font, page.number)
    random = stream(recipe.seed, "wear", score.id, font, page.number)
    wear = Wear(values["wear"], random) if values.get("wear") else None
    maker = _sheet_maker(page.width, page.height, whole_masks=recipe.whole_masks)
    sheet = maker.make_sheet(page, music, wear)
    exclusion = find_exclusion(drawn, sheet.symbols, recipe)
    return FinishedPage(score, music, font, style.engraver, page, notes, values, sheet, exclusion)


@cache
def _sheet_maker(width: int, height: int, *, whole_masks: bool) -> SheetMaker:
    """This process's maker of sheets of one size, with its scratch memory."""
    return SheetMaker(width, height, whole_masks=whole_masks)


def _count_notes(page: Page) -> int:
    """The noteheads that the engine drew, on the page and beyond its edge."""
    drawn = np.zeros(len(page.elements), np.bool_)
    drawn[Marks.of(page.marks).element] = True
    return int((drawn & Elements.of(page.elements).kind.are("notehead")).sum())


def _check_notes(score: Score, notes: int, verb: str, recipe: Recipe) -> None:
    expected = score.notes or 0
    if expected and notes < expected * (1 - recipe.max_lost_notes):
        raise EngravingError(score.path, f"{verb} {notes} of {expected} notes")
