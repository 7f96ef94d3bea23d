"""Classification patches: the page around a symbol, centred on its box."""

from math import floor

import numpy as np
from numpy.typing import NDArray

from deepscores.page.geometry import Box

PAPER = 255


def cut_patch(image: NDArray[np.uint8], box: Box, width: int, height: int) -> NDArray[np.uint8]:
    """The *width* × *height* pixels around the centre of *box*, in full context.

    What lies beyond the page is paper.

    >>> cut_patch(np.zeros((4, 4), np.uint8), Box(0, 0, 1, 1), 3, 3).tolist()
    [[255, 255, 255], [255, 0, 0], [255, 0, 0]]
    """
    centre = box.centre
    left = floor(centre.x - width / 2 + 0.5)
    top = floor(centre.y - height / 2 + 0.5)
    if 0 <= left <= image.shape[1] - width and 0 <= top <= image.shape[0] - height:
        return image[top : top + height, left : left + width].copy()
    patch = np.full((height, width), PAPER, np.uint8)
    y0, x0 = max(top, 0), max(left, 0)
    y1, x1 = min(top + height, image.shape[0]), min(left + width, image.shape[1])
    if y1 > y0 and x1 > x0:
        patch[y0 - top : y1 - top, x0 - left : x1 - left] = image[y0:y1, x0:x1]
    return patch
