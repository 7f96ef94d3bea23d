"""One passage of music, engraved in every font, one row per font."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from deepscores.building.pages import FinishedPage, pages_of
from deepscores.engraving.styling import Distribution
from deepscores.recipe.recipe import Recipe
from deepscores.scores import find_scores

_LABEL = 170  # pixels of the first column
_GAP = 14  # pixels around a passage
_WHITE, _RULE, _FAINT, _INK = 255, 210, 110, 30

Pixels = NDArray[np.uint8]


class Row(NamedTuple):
    """The passage in one font."""

    engraver: str
    font: str
    picture: Pixels  # cut to its ink
    borrowed: tuple[str, ...]  # glyphs that other fonts drew


def engrave_passage(recipe: Recipe) -> Iterator[Row]:
    """Yield the passage in each style of *recipe*, in order."""
    for drawn in draw_passage(recipe):
        lent = {
            symbol.glyph
            for symbol in drawn.sheet.symbols
            if symbol.glyph and symbol.font != drawn.font
        }
        image = drawn.sheet.painting.image
        yield Row(drawn.engraver, drawn.font, _cut(image), tuple(sorted(lent)))


def draw_passage(recipe: Recipe) -> Iterator[FinishedPage]:
    """The page that holds the passage in each style of *recipe*."""
    small = replace(recipe, page_size=(1340, 520), staff_space=10.0, margin=20, pages=None)
    # LilyPond stretches a single line only if told to.
    small = replace(small, style=(("ragged-right", Distribution((False,))),))
    (source,) = find_scores([Path(str(files(__package__))) / "passage.mei"])
    return pages_of(source, small, frozenset((font, 1) for font in small.fonts))


def draw_rows(rows: Sequence[Row]) -> Pixels:
    """A table of the rows: engraver and font at the left, the passage at the right."""
    width = _LABEL + max(row.picture.shape[1] for row in rows) + _GAP
    tops = [0]
    for row in rows:
        tops.append(tops[-1] + row.picture.shape[0] + 2 * _GAP)
    picture = Image.new("L", (width, tops[-1]), _WHITE)
    pen = ImageDraw.Draw(picture)
    for row, top, bottom in zip(rows, tops, tops[1:], strict=False):
        middle = (top + bottom) // 2
        pen.text((_GAP, middle - 20), row.font, fill=_INK, font=ImageFont.load_default(17))
        pen.text((_GAP, middle + 4), row.engraver, fill=_FAINT, font=ImageFont.load_default(12))
        picture.paste(Image.fromarray(row.picture), (_LABEL, top + _GAP))
        if top:
            pen.line((0, top, width, top), fill=_RULE)
    return np.asarray(picture)


def _cut(image: Pixels) -> Pixels:
    """*image* without the paper around its ink."""
    ink = image < _WHITE
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    cut: Pixels = np.ascontiguousarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    return cut
