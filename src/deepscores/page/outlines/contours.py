"""Contours of an outline: take them apart, turn them the same way, move and bound them."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from deepscores.page.geometry import Affine, Box

Edges = NDArray[np.float64]


def contours(edges: Edges) -> list[Edges]:
    """The closed contours of an outline, in order."""
    breaks = np.flatnonzero((edges[1:, :2] != edges[:-1, 2:]).any(axis=1)) + 1
    return np.split(edges, breaks)


def map_edges(edges: Edges, to_page: Affine) -> Edges:
    """*edges* mapped by *to_page*."""
    a, b, c, d, e, f = to_page
    if b == c == 0:
        return edges * (a, d, a, d) + (e, f, e, f)
    xs, ys = edges[:, 0::2], edges[:, 1::2]
    return np.stack([a * xs + c * ys + e, b * xs + d * ys + f], axis=2).reshape(-1, 4)


def wind_positively(edges: Edges) -> Edges:
    """*edges* such that outer contours wind the positive way, so that outlines can be joined."""
    x0, y0, x1, y1 = edges.T
    return edges if float((x0 * y1 - x1 * y0).sum()) >= 0 else edges[::-1, [2, 3, 0, 1]]


def bounds(edges: Edges) -> Box:
    """Tight box of an outline.

    >>> bounds(np.array([[0.0, 0.0, 2.0, 1.0], [2.0, 1.0, 0.0, 0.0]]))
    Box(x0=0.0, y0=0.0, x1=2.0, y1=1.0)
    """
    if len(edges) <= 8:  # plain Python is faster for a beam
        xs, ys, _, _ = zip(*edges.tolist(), strict=True)
        return Box(min(xs), min(ys), max(xs), max(ys))
    low, high = edges[:, :2].min(axis=0).tolist(), edges[:, :2].max(axis=0).tolist()
    return Box(low[0], low[1], high[0], high[1])


def bounds_within(edges: Edges, width: float, height: float) -> Box | None:
    """Tight box of the part of an outline that lies on a page; None if none of it does.

    >>> bounds_within(np.array([[-4.0, 0.0, 4.0, 4.0], [4.0, 4.0, -4.0, 0.0]]), 9, 9)
    Box(x0=0.0, y0=2.0, x1=4.0, y1=4.0)
    """
    starts, steps = edges[:, :2], edges[:, 2:] - edges[:, :2]
    with np.errstate(divide="ignore", invalid="ignore"):
        # How far along each edge the page's sides are; 0/0 is an edge that runs along a side.
        sides = np.stack([-starts / steps, ((width, height) - starts) / steps])
    first = np.fmax(np.fmin.reduce(sides).max(axis=1), 0)
    last = np.fmin(np.fmax.reduce(sides).min(axis=1), 1)
    crosses = first <= last
    if not crosses.any():
        return None
    ends = [starts[crosses] + share[crosses, None] * steps[crosses] for share in (first, last)]
    x0, y0 = np.minimum.reduce(ends).min(axis=0).tolist()
    x1, y1 = np.maximum.reduce(ends).max(axis=0).tolist()
    return Box(x0, y0, x1, y1).clipped(width, height)


def rectangle(box: Box) -> Edges:
    """The outline of *box*."""
    x0, y0, x1, y1 = box
    return np.array([(x0, y0, x1, y0), (x1, y0, x1, y1), (x1, y1, x0, y1), (x0, y1, x0, y0)])


def make_disjoint(boxes: Iterable[Box]) -> list[Box]:
    """Boxes that cover the same and do not overlap: painting adds up areas.

    >>> make_disjoint([Box(0, 0, 4, 1), Box(3, 0, 4, 5)])
    [Box(x0=0, y0=0, x1=4, y1=1), Box(x0=3, y0=1, x1=4, y1=5)]
    """
    pieces: list[Box] = []
    for box in boxes:
        box_pieces = [box]
        for taken_piece in pieces:
            box_pieces = [part for piece in box_pieces for part in _minus(piece, taken_piece)]
        pieces += box_pieces
    return pieces


def _minus(box: Box, hole: Box) -> list[Box]:
    x0, y0 = max(box.x0, hole.x0), max(box.y0, hole.y0)
    x1, y1 = min(box.x1, hole.x1), min(box.y1, hole.y1)
    if x0 >= x1 or y0 >= y1:
        return [box]
    strips = (
        Box(box.x0, box.y0, box.x1, y0), Box(box.x0, y1, box.x1, box.y1),
        Box(box.x0, y0, x0, y1), Box(x1, y0, box.x1, y1),
    )  # fmt: skip
    return [part for part in strips if part.x0 < part.x1 and part.y0 < part.y1]


def on_page(edges: Edges | None, to_page: Affine, box: Box | None) -> Edges:
    """A mark's or symbol's outline in pixels of the page, winding the positive way."""
    if edges is None:
        return rectangle(box) if box else np.zeros((0, 4))
    return wind_positively(map_edges(edges, to_page))
