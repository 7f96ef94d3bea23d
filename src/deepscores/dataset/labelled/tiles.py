"""Square parts of a page, with the objects that show in them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.labelled.page import LabelledPage, PixelsInMemory
from deepscores.page.geometry import Affine, compose

PAPER = 255
_SMALLEST_SIDE = 0.05  # pixels

_Depth = TypeVar("_Depth", bound=np.generic)


class Window(NamedTuple):
    """A square of a picture, in its pixels; it may reach beyond."""

    x: int
    y: int
    size: int


def windows(width: int, height: int, size: int, overlap: int) -> Iterator[Window]:
    """Yield the tiles that cover a picture, row after row, neighbours sharing *overlap* pixels.

    The last of a row or column ends at the picture's edge and so shares more. A picture smaller
    than a tile has one, which reaches beyond it.

    >>> [window.x for window in windows(2500, 1000, 1024, 128)]
    [0, 896, 1476]
    """
    for y in _starts(height, size, overlap):
        for x in _starts(width, size, overlap):
            yield Window(x, y, size)


def _starts(length: int, size: int, overlap: int) -> list[int]:
    last = max(length - size, 0)
    return [*range(0, last, size - overlap), last]


def cut(page: LabelledPage, window: Window) -> LabelledPage:
    """The part of *page* in *window*; beyond the page is paper.

    An object is in the part if one of its pixels is; `share` is how much of it shows. A cut
    object's box is around what shows of it, its oriented box is the window's part of the whole one.
    """
    x, y, size = window
    image, owners = cut_pixels(page.image, window, PAPER), cut_pixels(page.owners, window, 0)
    objects = page.objects
    inked = objects.of_symbol[owners[owners > 0]]
    areas = np.bincount(inked, minlength=len(objects) + 1)[1:]
    rows = np.flatnonzero(areas)
    share = areas[rows] / page.areas[rows] * objects.share[rows]
    box = (objects.box[rows] - (x, y, x, y)).clip(0, size)
    oriented = objects.oriented[rows] - (x, y) * 4
    part = replace(
        page,
        name=f"{page.name}--x{x}-y{y}",
        pixels=PixelsInMemory(image, owners),
        to_picture=compose(Affine(e=-x, f=-y), page.to_picture),
        objects=objects.select(rows, box=box, oriented=oriented, share=share),
    )
    # The window's part of a slur's box can reach far beyond what shows of the slur.
    is_cut = share < 1
    visible = part.visible_boxes[is_cut]
    box[is_cut, :2] = np.maximum(box[is_cut, :2], visible[:, :2])
    box[is_cut, 2:] = np.minimum(box[is_cut, 2:], visible[:, 2:])
    # Ink on the very edge of a window may own a pixel within and have its vectors without, or so
    # little of them that a format's decimals would leave none.
    thin = (box[:, 2:] - box[:, :2] < _SMALLEST_SIDE).any(axis=1)
    box[thin] = part.visible_boxes[thin]
    for row in np.flatnonzero(is_cut).tolist():
        oriented[row] = _within(oriented[row], size)
    return part


def cut_pixels(pixels: NDArray[_Depth], window: Window, paper: int) -> NDArray[_Depth]:
    """The part of *pixels* (height, width) in *window*, *paper* beyond them."""
    x, y, size = window
    inner_pixels = pixels[y : y + size, x : x + size]
    if inner_pixels.shape == (size, size):
        return inner_pixels.copy()
    padded = np.full((size, size), paper, pixels.dtype)
    padded[: inner_pixels.shape[0], : inner_pixels.shape[1]] = inner_pixels
    return padded


def _within(corners: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """The box, turned as the one with these *corners*, around that one's part in the window."""
    polygon = corners.reshape(4, 2)
    clipped = polygon
    for axis, limit, sign in ((0, 0, 1), (0, size, -1), (1, 0, 1), (1, size, -1)):
        clipped = _clip(clipped, axis, limit, sign)
        if not len(clipped):
            return corners  # only its pixels reach in
    direction = polygon[1] - polygon[0]
    length = float(np.hypot(*direction))
    direction = direction / length if length else np.array([1.0, 0.0])
    axes = np.stack([direction, [-direction[1], direction[0]]])
    placed = clipped @ axes.T
    (u0, v0), (u1, v1) = placed.min(axis=0), placed.max(axis=0)
    back: NDArray[np.float64] = np.array([[u0, v0], [u1, v0], [u1, v1], [u0, v1]]) @ axes
    if (polygon[3] - polygon[0]) @ axes[1] < 0:  # as it went round before
        back = back[[3, 2, 1, 0]]
    return back.reshape(8)


def _clip(polygon: NDArray[np.float64], axis: int, limit: float, sign: int) -> NDArray[np.float64]:
    """The part of a convex *polygon* on one side of a line (Sutherland and Hodgman)."""
    is_inside = (polygon[:, axis] - limit) * sign >= 0
    points = []
    for place in range(len(polygon)):
        corner, previous_corner = polygon[place], polygon[place - 1]
        if is_inside[place] != is_inside[place - 1]:
            t = (limit - previous_corner[axis]) / (corner[axis] - previous_corner[axis])
            points.append(previous_corner + t * (corner - previous_corner))
        if is_inside[place]:
            points.append(corner)
    return np.array(points).reshape(-1, 2)
