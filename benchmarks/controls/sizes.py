"""Pictures of pages in other sizes, and parts of them, as detectors take them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deepscores.dataset.labelled import Window

PAPER = 255


class Resized(NamedTuple):
    """A picture of a page in another size."""

    image: NDArray[np.uint8]
    scale: tuple[float, float]  # pixels of it for a pixel of the page, x and y

    def to_page(self, box: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 4) boxes of the picture in pixels of the page."""
        on_page: NDArray[np.float32] = (box / np.tile(np.array(self.scale), 2)).astype(np.float32)
        return on_page


def shrunk(image: NDArray[np.uint8], side: int) -> Resized:
    """*image* with *side* pixels along its longer side, by area; as it is if smaller, or for 0.

    >>> shrunk(np.zeros((2668, 1894), np.uint8), 640).image.shape
    (640, 454)
    """
    factor = side / max(image.shape)
    return resized(image, factor) if 0 < factor < 1 else Resized(image, (1.0, 1.0))


def resized(image: NDArray[np.uint8], factor: float) -> Resized:
    """*image* in *factor* times its size, to whole pixels: by area, or bilinear if larger."""
    height, width = image.shape
    size = max(round(width * factor), 1), max(round(height * factor), 1)
    how = Image.Resampling.BOX if factor < 1 else Image.Resampling.BILINEAR
    new = Image.fromarray(image).resize(size, how)
    return Resized(np.asarray(new), (size[0] / width, size[1] / height))


def padded(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """*image* with paper at the right and below."""
    wider = ((0, height - image.shape[0]), (0, width - image.shape[1]))
    return np.pad(image, wider, constant_values=PAPER)


def tile(image: NDArray[np.uint8], window: Window) -> NDArray[np.uint8]:
    """The part of *image* in *window*; beyond it is paper."""
    x, y, size = window
    return padded(image[y : y + size, x : x + size], size, size)


def letterboxed(image: NDArray[np.uint8], side: int) -> Resized:
    """*image*, shrunk if it is larger, in the top left of a square of *side* pixels."""
    small = shrunk(image, side)
    return Resized(padded(small.image, side, side), small.scale)
