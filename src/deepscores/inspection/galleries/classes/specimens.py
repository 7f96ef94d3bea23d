"""Real crops of classes from the zoo's pages: the best one for each class and font."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from deepscores.building.shards import Drawing, draw, load
from deepscores.inspection.galleries.classes.inventory import zoo_scores
from deepscores.page.geometry import Box
from deepscores.page.labels.label_sets import LabelledObject, LabelSet
from deepscores.page.model import FontFile, Sheet, Symbol
from deepscores.page.painting.overlay import class_colour, tint
from deepscores.recipe.recipe import Recipe
from deepscores.scores import read_score

_Pixel = TypeVar("_Pixel", np.uint8, np.uint16)

CELL = (132, 72)  # pixels: width, height of a crop
_MARGIN = 10  # pixels around a specimen, where it fits
_SMALLEST = 0.2  # scale; what does not fit then is cut


class Specimen(NamedTuple):
    """One object of a class, cut from its page, alone in colour."""

    score: str
    page: int
    scale: float  # at which it fits the cell; at most 1
    lenders: tuple[str, ...]  # fonts other than the page's that drew it
    picture: NDArray[np.uint8]  # (height, width, 3), at full scale


@dataclass(slots=True)
class Collection:
    """What the zoo's pages hold of one label set."""

    labels: LabelSet
    fonts: tuple[str, ...]
    counts: dict[tuple[str, str], Counter[int]] = field(default_factory=dict)  # by score, font
    specimens: dict[tuple[int, str], Specimen] = field(default_factory=dict)  # by class, font
    loans: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # by font, lender

    def add(self, score: str, drawing: Drawing) -> None:
        """Count the objects of a page and keep those that show their class better."""
        sheet, font = drawing.sheet, drawing.font
        objects = self.labels.label(sheet.symbols)
        counts = self.counts.setdefault((score, font), Counter())
        counts.update(one.class_id for one in objects)
        for symbol in sheet.symbols:
            if symbol.glyph and symbol.font != font:
                self.loans.setdefault((font, symbol.font), set()).add(symbol.glyph)
        chosen: dict[int, tuple[tuple[bool, ...], float, LabelledObject]] = {}
        for one in objects:
            merit = (not _lenders(one, sheet.symbols, font), _is_shown(one, sheet))
            rank = (merit, _scale(one.box), one)
            known = chosen.get(one.class_id)
            if known is None or rank[:2] > known[:2]:
                chosen[one.class_id] = rank
        image, owners = sheet.painting.image, sheet.painting.owners
        for class_id, ((own, _), scale, one) in chosen.items():
            held = self.specimens.get((class_id, font))
            if held is None or (own, scale) > (not held.lenders, held.scale):
                lenders = _lenders(one, sheet.symbols, font)
                picture = _cut(image, owners, one, scale)
                self.specimens[class_id, font] = Specimen(
                    score, drawing.page.number, scale, lenders, picture
                )


def engrave_zoo(
    fonts: Sequence[str], files: Sequence[FontFile] = ()
) -> Iterator[tuple[str, Drawing]]:
    """Yield score id and drawing of every page of the zoo in each of *fonts*.

    *files* are those of them that the user brought.
    """
    recipe = replace(zoo_recipe(fonts), font_files=tuple(files))
    for source in zoo_scores():
        score = read_score(source)
        for drawing in draw(score, load(score, recipe), recipe):
            yield source.id, drawing


def zoo_recipe(fonts: Sequence[str]) -> Recipe:
    """How the zoo is engraved: on pages so wide that lines break at the same place in all fonts."""
    return Recipe(fonts=tuple(fonts), pages=None, page_size=(1894, 1340), margin=60)


def _lenders(one: LabelledObject, symbols: Sequence[Symbol], font: str) -> tuple[str, ...]:
    members = (symbols[number - 1] for number in one.members)
    return tuple(sorted({symbol.font for symbol in members if symbol.glyph} - {font}))


def _is_shown(one: LabelledObject, sheet: Sheet) -> bool:
    """Whether little of *one* is covered by what is painted over it."""
    places = list(one.members)
    painting = sheet.painting
    return bool(painting.visible_areas[places].sum() >= 0.8 * painting.whole_areas[places].sum())


def _scale(box: Box) -> float:
    width, height = (side - 2 * _MARGIN for side in CELL)
    fits = min(width / max(box.x1 - box.x0, 1), height / max(box.y1 - box.y0, 1), 1.0)
    return max(fits, _SMALLEST)


def _cut(
    image: NDArray[np.uint8], owners: NDArray[np.uint16], one: LabelledObject, scale: float
) -> NDArray[np.uint8]:
    """The cell's window around *one*, paper beyond the page; *one* in its class's colour."""
    width, height = (round(side / scale) for side in CELL)
    box = one.box
    left = min((box.x0 + box.x1 - width) / 2, box.x0 - _MARGIN / scale)
    top = min((box.y0 + box.y1 - height) / 2, box.y0 - _MARGIN / scale)
    if box.x1 - box.x0 <= width:
        left = (box.x0 + box.x1 - width) / 2
    if box.y1 - box.y0 <= height:
        top = (box.y0 + box.y1 - height) / 2
    x, y = round(left), round(top)
    grey = _window(image, x, y, width, height, 255)
    mine = np.isin(_window(owners, x, y, width, height, 0), one.members)
    colours = np.array([(0, 0, 0), class_colour(one.class_id)])
    return tint(grey, mine.astype(np.int64), colours)


def _window(
    page: NDArray[_Pixel], x: int, y: int, width: int, height: int, paper: int
) -> NDArray[_Pixel]:
    window = np.full((height, width), paper, page.dtype)
    x0, y0 = max(x, 0), max(y, 0)
    part = page[y0 : y + height, x0 : x + width]
    window[y0 - y : y0 - y + part.shape[0], x0 - x : x0 - x + part.shape[1]] = part
    return window


def by_class(counts: Mapping[tuple[str, str], Counter[int]], font: str) -> Counter[int]:
    """How many objects of each class all scores have in *font*."""
    return sum((one for (_, drawn), one in counts.items() if drawn == font), Counter())
