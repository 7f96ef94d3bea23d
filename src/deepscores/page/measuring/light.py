"""Scans turned into dark on white, evenly lit."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

_CELL = 8  # pixels each way, of a picture at a quarter: the paper shows in each such square
_CONTRAST = 32  # of 255, between dark and light in such a square
_WHITE = 250  # paper from here on is left as it is
_BLACK = 64  # ink up to here is left as it is
_FAINTEST = 176  # ink paler than this may be dirt
_PAPER = 0.25  # share of a scan's pixels, paper and its noise, from which all is white; ink is less
_INK = 0.003  # share of a page that is ink at least, where there is music on it


class EvenedPicture(NamedTuple):
    """A picture dark on white, and how it was made so."""

    image: NDArray[np.uint8]  # (height, width)
    inverted: bool
    evened: bool


def evenly_lit(image: NDArray[np.uint8]) -> EvenedPicture:
    """*image* (height, width) with the paper white and ink dark; a clean page as it is.

    Pages that are light on dark are inverted. The paper's own grey is estimated
    over the page, and all is divided by it; ink that is pale everywhere is made black.
    """
    inverted = _is_inverted(image)
    if inverted:
        image = 255 - image
    paper = _paper(image)
    evened = int(paper.min()) < _WHITE
    if evened:
        image = _divide(image, paper)
    black, white = _quantile(image, _INK), _quantile(image, _PAPER) if evened else 255
    pale = _BLACK < black < _FAINTEST
    if evened or pale:
        levels = (np.arange(256) - black * pale) * 255 / max(white - black * pale, 1)
        image = np.take(levels.clip(0, 255).round().astype(np.uint8), image)
    return EvenedPicture(image, inverted, evened or pale)


def _is_inverted(image: NDArray[np.uint8]) -> bool:
    """Whether most is dark wherever there is both dark and light."""
    cells = _cells(image)
    low, high = (cells.min(axis=(1, 3)).astype(int), cells.max(axis=(1, 3)).astype(int))
    excess = cells.mean(axis=(1, 3)) - (low + high) / 2
    return float(excess[high - low > _CONTRAST].sum()) < 0


def _cells(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(rows, 8, columns, 8): the picture at a quarter, in squares."""
    small = np.asarray(Image.fromarray(image).reduce(4))
    rows, columns = (-side % _CELL for side in small.shape)
    padded = np.pad(small, ((0, rows), (0, columns)), mode="edge")
    height, width = padded.shape[0] // _CELL, padded.shape[1] // _CELL
    return padded.reshape(height, _CELL, width, _CELL)


def _quantile(image: NDArray[np.uint8], share: float) -> int:
    counts = np.cumsum(Image.fromarray(image).histogram())
    return int(np.searchsorted(counts, share * image.size))


def _paper(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The paper's grey in cells of 32 pixels: the lightest in each once noise is smoothed away."""
    cells = _cells(image).max(axis=(1, 3))
    smooth = Image.fromarray(cells).filter(ImageFilter.MedianFilter(5))
    return np.asarray(smooth.filter(ImageFilter.BoxBlur(1))).clip(1)


def _divide(image: NDArray[np.uint8], paper: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = image.shape
    cell = 4 * _CELL
    # Cells go beyond the page's right and lower end.
    box = (0, 0, width / cell, height / cell)
    paper_light = Image.fromarray(paper).resize((width, height), Image.Resampling.BILINEAR, box=box)
    light: NDArray[np.uint16] = (
        image.astype(np.uint16) * np.uint16(255) // np.asarray(paper_light).clip(1)
    )
    return np.minimum(light, 255).astype(np.uint8)
