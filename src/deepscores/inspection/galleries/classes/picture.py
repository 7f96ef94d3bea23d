"""The zoo as one picture: a row per class, with a crop from each font's pages."""

from collections.abc import Callable
from textwrap import wrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deepscores.inspection.galleries.classes.specimens import CELL, Collection, Specimen
from deepscores.page.labels.label_sets import LabelClass
from deepscores.page.painting.overlay import class_colour

_NAME_WIDTH = 240  # pixels of the first column
_HEAD = 26  # pixels of the first row
_LINE = (200, 200, 200)
_INK = (40, 40, 40)
_FAINT = (110, 110, 110)
_COLOURS = 200  # of the picture's palette

Reason = Callable[[LabelClass, str], str]


def draw_table(
    collection: Collection, classes: list[LabelClass], missing_reason: Reason
) -> Image.Image:
    """Rows for *classes*, columns for fonts; *missing_reason* where there is no specimen."""
    width, height = CELL[0] + 1, CELL[1] + 1
    fonts = collection.fonts
    size = (_NAME_WIDTH + width * len(fonts), _HEAD + height * len(classes))
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    for column, font in enumerate(fonts):
        pen.text((_NAME_WIDTH + column * width + 6, 6), font, fill=_INK, font=_letters(13))
    for row, label_class in enumerate(classes):
        top = _HEAD + row * height
        pen.line((0, top, size[0], top), fill=_LINE)
        _write_name(pen, label_class, top)
        for column, font in enumerate(fonts):
            place = (_NAME_WIDTH + column * width, top + 1)
            specimen = collection.specimens.get((label_class.id, font))
            if specimen:
                picture.paste(_shrunk(specimen), place)
                _write(pen, place[0] + 3, top + CELL[1] - 12, ", ".join(specimen.lenders))
            else:
                _write(
                    pen,
                    place[0] + 3,
                    top + 4,
                    "\n".join(wrap(missing_reason(label_class, font), 24)),
                )
    return picture.quantize(_COLOURS, dither=Image.Dither.NONE)


def _write_name(pen: ImageDraw.ImageDraw, label_class: LabelClass, top: int) -> None:
    pen.text((8, top + 16), f"{label_class.id}", fill=_FAINT, font=_letters(12))
    for line, part in enumerate(_halves(label_class.name)):
        pen.text(
            (44, top + 14 + 16 * line), part, fill=class_colour(label_class.id), font=_letters(13)
        )


def _halves(name: str) -> list[str]:
    """A long class name in two lines, cut before a capital.

    >>> _halves("graceNoteAcciaccaturaStemDown")
    ['graceNoteAcciaccatura', 'StemDown']
    """
    cuts = [place for place in range(1, min(len(name), 24)) if name[place].isupper()]
    if len(name) <= 26 or not cuts:
        return [name]
    return [name[: cuts[-1]], name[cuts[-1] :]]


def _write(pen: ImageDraw.ImageDraw, x: int, y: int, words: str) -> None:
    if words:
        pen.multiline_text((x, y), words, fill=_FAINT, font=_letters(9))


def _letters(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _shrunk(specimen: Specimen) -> Image.Image:
    image = Image.fromarray(np.ascontiguousarray(specimen.picture))
    return image if image.size == CELL else image.resize(CELL, Image.Resampling.LANCZOS)
