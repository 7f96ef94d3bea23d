"""Overlay pictures of predictions: 16 greys and the classes' colours in one palette."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from deepscores.inference.models.detections import Detections
from deepscores.inference.predicting.encoding import palette_png
from deepscores.page.measuring.staff_space import TYPICAL
from deepscores.page.painting.overlay import class_colour

_GREYS = 16
_COLOURS = 256 - _GREYS
_MIN_NAMED_SIZE = (
    1.0,
    2.5,
)  # staff spaces: shorter, longer side of a box with a name
_TEXT = 11  # pixels


def draw_boxes(
    image: NDArray[np.uint8],
    detections: Detections,
    classes: Sequence[str],
    staff_space: float | None,
) -> bytes:
    """A PNG of the page in pale grey and the boxes in class colours, big ones with their names."""
    canvas = Image.fromarray(_pale(image))
    pen = ImageDraw.Draw(canvas)
    pen.fontmode = "1"  # no greys at the edges: they would be other classes' colours
    font = ImageFont.load_default(_TEXT)
    size = detections.box[:, 2:] - detections.box[:, :2]
    min_size = np.array(_MIN_NAMED_SIZE) * (staff_space or TYPICAL)
    is_large = np.all(np.sort(size, axis=1) >= min_size, axis=1)
    ids = detections.class_id.tolist()
    for box, class_id, name in zip(detections.box.tolist(), ids, is_large.tolist(), strict=True):
        x0, y0, x1, y1 = (round(side) for side in box)
        pen.rectangle((x0 - 1, y0 - 1, x1, y1), outline=_place(class_id))
        if name:
            position = (x0, y0 - _TEXT - 3)
            pen.text(position, classes[class_id - 1], fill=_place(class_id), font=font)
    return palette_png(np.asarray(canvas), _palette())


def draw_classes(
    image: NDArray[np.uint8], classes: NDArray[np.uint8] | NDArray[np.uint16]
) -> bytes:
    """A PNG of the page in pale grey, but for pixels that have a class, in its colour."""
    colours = np.array([0, *map(_place, range(1, int(classes.max(initial=0)) + 1))], np.uint8)
    canvas = np.where(classes > 0, colours[classes], _pale(image))
    return palette_png(canvas, _palette())


def _place(class_id: int) -> int:
    """Of a class's colour in the palette; a label set of more classes uses them again."""
    return _GREYS + (class_id - 1) % _COLOURS


def _pale(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return image // np.uint8(256 // _GREYS)


def _palette() -> NDArray[np.uint8]:
    # Ink at two thirds of white, as in the overlays of `engrave`.
    greys = [(255 - (255 - level) // 3,) * 3 for level in np.linspace(0, 255, _GREYS).astype(int)]
    return np.array([*greys, *map(class_colour, range(1, _COLOURS + 1))], np.uint8)
