"""Masks of objects, as sources have them: run lengths, polygons.

Pixels are places in the ravelled picture.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from deepscores.page.labels.run_lengths import pixels_of_rle
from deepscores.page.model import Outline
from deepscores.page.painting.whole_masks import whole_masks

Pixels: TypeAlias = NDArray[np.int64]


class Mask(Protocol):
    """The pixels of one object."""

    def pixels(self, width: int, height: int) -> Pixels:
        """Those on a page of this size; raise ValueError for a mask of another size."""


class Rle(NamedTuple):
    """Run lengths in COCO's encoding."""

    counts: str | Sequence[int]
    width: int
    height: int

    def pixels(self, width: int, height: int) -> Pixels:
        if (self.width, self.height) != (width, height):
            raise ValueError(f"a mask of {self.width} x {self.height} px on {width} x {height}")
        return pixels_of_rle(self.counts, width, height)


class Polygons(NamedTuple):
    """Polygons ``x y x y …`` that together cover the object."""

    corners: tuple[tuple[float, ...], ...]
    in_shares: bool = False  # of the page
    of_ink: bool = False  # they surround the object: its pixels are the ink within

    def pixels(self, width: int, height: int) -> Pixels:
        """The pixels that they cover by half, or where they are too thin for that, most."""
        scale = (width, height) if self.in_shares else (1, 1)
        outlines = [Outline(_edges(polygon, scale)) for polygon in self.corners]
        places = [
            pixels_of_rle(counts, width, height) for counts in whole_masks(outlines, width, height)
        ]
        return np.unique(np.concatenate(places)) if places else np.empty(0, np.int64)


def _edges(corners: Sequence[float], scale: tuple[int, int]) -> NDArray[np.float64]:
    if len(corners) < 6 or len(corners) % 2 or not np.isfinite(corners).all():
        raise ValueError(f"a polygon of {len(corners)} numbers")
    points = np.array(corners, np.float64).reshape(-1, 2) * scale
    return np.concatenate([points, np.roll(points, -1, axis=0)], axis=1)


def pixel_boxes(
    places: NDArray[np.int64], numbers: NDArray[np.int64], width: int, n: int
) -> NDArray[np.int64]:
    """Boxes (n, 4) of the numbers 1…n, zeros for those without pixel; *places* ascend.

    >>> pixel_boxes(np.array([3, 4, 7]), np.array([2, 2, 2]), 4, 2).tolist()
    [[0, 0, 0, 0], [0, 0, 4, 2]]
    """
    y, x = np.divmod(places, width)
    starts = np.flatnonzero(
        (np.diff(numbers, prepend=-1) != 0) | (np.diff(places, prepend=-2) != 1)
    )
    ends = np.append(starts[1:], len(places)) - 1
    is_numbered = (numbers[starts] >= 1) & (numbers[starts] <= n) if len(starts) else starts
    starts, ends = starts[is_numbered], ends[is_numbered]
    turns = np.flatnonzero(y[ends] > y[starts])  # a run that continues in the next row
    boxes = np.zeros((n, 4), np.int64)
    boxes[:, :2] = np.iinfo(np.int64).max
    rows = numbers[starts] - 1
    np.minimum.at(boxes[:, 0], rows, x[starts])
    np.maximum.at(boxes[:, 2], rows, x[ends] + 1)
    boxes[rows[turns], 0], boxes[rows[turns], 2] = 0, width
    np.minimum.at(boxes[:, 1], rows, y[starts])
    np.maximum.at(boxes[:, 3], rows, y[ends] + 1)
    boxes[boxes[:, 2] == 0] = 0
    return boxes
