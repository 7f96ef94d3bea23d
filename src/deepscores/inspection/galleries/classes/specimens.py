"""Real crops of classes from the zoo's pages: the best one for each class and font."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from deepscores.building.pages import FinishedPage, pages_of
from deepscores.inspection.galleries.classes.inventory import zoo_scores
from deepscores.page.geometry import Box
from deepscores.page.labels.label_sets import LabelledObject, LabelSet
from deepscores.page.model import FontFile, Sheet, Symbol
from deepscores.page.painting.overlay import class_colour, tint
from deepscores.recipe.recipe import Recipe

_Pixel = TypeVar("_Pixel", np.uint8, np.uint16)

CELL = (132, 72)  # pixels: width, height of a crop
_MARGIN = 10  # pixels around a specimen, where it fits
_SMALLEST = 0.2  # minimum scale; larger objects are cut


class Specimen(NamedTuple):
    """One object of a class, cut from its page, alone in colour."""

    score: str
    page: int
    scale: float  # at which it fits the cell; at most 1
    lenders: tuple[str, ...]  # fonts other than the page's that drew it
    picture: NDArray[np.uint8]  # (height, width, 3), at full scale


@dataclass(slots=True)
class Collection:
    """Counts and specimens of one label set's classes on the zoo's pages."""

    labels: LabelSet
    fonts: tuple[str, ...]
    counts: dict[tuple[str, str], Counter[int]] = field(default_factory=dict)  # by score, font
    specimens: dict[tuple[int, str], Specimen] = field(default_factory=dict)  # by class, font
    loans: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # by font, lender

    def add(self, score: str, drawn: FinishedPage) -> None:
        """Count the objects of a page, and keep those that are the best specimens so far."""
        sheet, font = drawn.sheet, drawn.font
        objects = self.labels.label(sheet.symbols)
        counts = self.counts.setdefault((score, font), Counter())
        counts.update(labelled.class_id for labelled in objects)
        for symbol in sheet.symbols:
            if symbol.glyph and symbol.font != font:
                self.loans.setdefault((font, symbol.font), set()).add(symbol.glyph)
        best_by_class: dict[int, tuple[tuple[bool, ...], float, LabelledObject]] = {}
        for labelled in objects:
            merit = (not _lenders(labelled, sheet.symbols, font), _is_shown(labelled, sheet))
            rank = (merit, _scale(labelled.box), labelled)
            best = best_by_class.get(labelled.class_id)
            if best is None or rank[:2] > best[:2]:
                best_by_class[labelled.class_id] = rank
        image, owners = sheet.painting.image, sheet.painting.owners
        for class_id, ((is_own, _), scale, labelled) in best_by_class.items():
            specimen = self.specimens.get((class_id, font))
            if specimen is None or (is_own, scale) > (not specimen.lenders, specimen.scale):
                lenders = _lenders(labelled, sheet.symbols, font)
                picture = _cut(image, owners, labelled, scale)
                self.specimens[class_id, font] = Specimen(
                    score, drawn.page.number, scale, lenders, picture
                )


def engrave_zoo(
    fonts: Sequence[str], files: Sequence[FontFile] = ()
) -> Iterator[tuple[str, FinishedPage]]:
    """Yield score id and page of every page of the zoo in each of *fonts*.

    *files* are the files of those fonts that the user provides.
    """
    recipe = replace(zoo_recipe(fonts), font_files=tuple(files))
    for source in zoo_scores():
        for drawn in pages_of(source, recipe):
            yield source.id, drawn


def zoo_recipe(fonts: Sequence[str]) -> Recipe:
    """The recipe of the zoo: pages so wide that lines break at the same place in all fonts."""
    return Recipe(fonts=tuple(fonts), pages=None, page_size=(1894, 1340), margin=60)


def _lenders(labelled: LabelledObject, symbols: Sequence[Symbol], font: str) -> tuple[str, ...]:
    members = (symbols[number - 1] for number in labelled.members)
    return tuple(sorted({symbol.font for symbol in members if symbol.glyph} - {font}))


def _is_shown(labelled: LabelledObject, sheet: Sheet) -> bool:
    """Whether little of *labelled* is covered by what is painted over it."""
    places = list(labelled.members)
    painting = sheet.painting
    return bool(painting.visible_areas[places].sum() >= 0.8 * painting.whole_areas[places].sum())


def _scale(box: Box) -> float:
    width, height = (side - 2 * _MARGIN for side in CELL)
    fits = min(width / max(box.x1 - box.x0, 1), height / max(box.y1 - box.y0, 1), 1.0)
    return max(fits, _SMALLEST)


def _cut(
    image: NDArray[np.uint8], owners: NDArray[np.uint16], labelled: LabelledObject, scale: float
) -> NDArray[np.uint8]:
    """The cell's window around *labelled*, which has its class's colour; paper beyond the page."""
    width, height = (round(side / scale) for side in CELL)
    box = labelled.box
    left = min((box.x0 + box.x1 - width) / 2, box.x0 - _MARGIN / scale)
    top = min((box.y0 + box.y1 - height) / 2, box.y0 - _MARGIN / scale)
    if box.x1 - box.x0 <= width:
        left = (box.x0 + box.x1 - width) / 2
    if box.y1 - box.y0 <= height:
        top = (box.y0 + box.y1 - height) / 2
    x, y = round(left), round(top)
    grey = _window(image, x, y, width, height, 255)
    is_object = np.isin(_window(owners, x, y, width, height, 0), labelled.members)
    colours = np.array([(0, 0, 0), class_colour(labelled.class_id)])
    return tint(grey, is_object.astype(np.int64), colours)


def _window(
    page: NDArray[_Pixel], x: int, y: int, width: int, height: int, paper: int
) -> NDArray[_Pixel]:
    window = np.full((height, width), paper, page.dtype)
    x0, y0 = max(x, 0), max(y, 0)
    part = page[y0 : y + height, x0 : x + width]
    window[y0 - y : y0 - y + part.shape[0], x0 - x : x0 - x + part.shape[1]] = part
    return window


def by_class(counts: Mapping[tuple[str, str], Counter[int]], font: str) -> Counter[int]:
    """The number of objects of each class in *font*, over all scores."""
    return sum(
        (class_counts for (_, drawn), class_counts in counts.items() if drawn == font), Counter()
    )
