"""Pages with staves and black squares at places that are known to a fraction of a pixel."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.inference.predicting.networks import BLOB, SPACE

_FINE = 8  # times finer is what is drawn first

PLACES = ((60, 50), (200, 50), (330, 171), (101, 300), (250, 333))  # x, y at a staff space of 16
TOPS = (100.0, 220.0)  # of staves


def drawn_page(
    space: float = SPACE,
    size: tuple[int, int] = (400, 400),
    places: Sequence[tuple[int, int]] = PLACES,
    tops: Sequence[float] = TOPS,
) -> NDArray[np.uint8]:
    """A page, all of it scaled from *size* (width, height) at a staff space of 16 to *space*."""
    factor = space / SPACE
    canvas = np.full([round(side * factor) * _FINE for side in size[::-1]], 255, np.uint8)
    scale = factor * _FINE
    for top in tops:
        for line in range(5):
            y = top + line * SPACE
            canvas[round((y - 0.8) * scale) : round((y + 0.8) * scale), round(20 * scale) :] = 0
    for x, y in places:
        canvas[
            round(y * scale) : round((y + BLOB) * scale),
            round(x * scale) : round((x + BLOB) * scale),
        ] = 0
    return np.asarray(Image.fromarray(canvas).reduce(_FINE))


def boxes_at(
    space: float = SPACE, places: Sequence[tuple[int, int]] = PLACES
) -> NDArray[np.float64]:
    """(n, 4) x0 y0 x1 y1 of the squares, sorted, in pixels of `drawn_page`."""
    corners = np.array(sorted(places), np.float64)
    return np.concatenate([corners, corners + BLOB], axis=1) * space / SPACE
