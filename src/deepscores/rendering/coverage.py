"""Exact area coverage: how much of each pixel the inside of an outline fills.

The method is the signed-area accumulation of FreeType's and font-rs' rasterisers, in NumPy and for
many outlines at once: every edge adds the area between itself and the right border of its pixel
row, and a running sum over the row turns that into coverage. There is no sampling, so coverage is
right to rounding error at any size, and the same on every machine.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Edges = NDArray[np.float64]  # (n, 4): x0 y0 x1 y1, directed edges of closed contours, y down


class Coverage(NamedTuple):
    """Pixels an outline touches: where, and how much of each it fills (0…255)."""

    ys: NDArray[np.int32]  # rows, from *top*
    xs: NDArray[np.int32]  # columns, from *left*
    alpha: NDArray[np.uint8]
    top: int = 0
    left: int = 0


def rasterise(outlines: Sequence[Edges]) -> list[Coverage]:
    """Cover the pixel grid with each of *outlines* by itself, in pixel units.

    Inside is what the contours wind around (non-zero rule; contours that overlap in opposite
    directions cancel). A pixel less than 1/510 covered is left out. Pixels are in row order.

    >>> rasterise([np.array([[0.5, 0, 0.5, 2], [2, 2, 2, 0]])])[0].alpha.tolist()
    [128, 255, 128, 255]
    """
    if not outlines:
        return []
    sizes = [len(edges) for edges in outlines]
    edges = np.concatenate(outlines)
    owner = np.repeat(np.arange(len(outlines)), sizes)
    x_min, x_max = _extent(edges[:, 0::2], sizes)
    y_min, y_max = _extent(edges[:, 1::2], sizes)
    left, top = np.floor(x_min).astype(np.int64), np.floor(y_min).astype(np.int64)
    # One spare column takes what the last pixel of a row hands to its right.
    widths = np.ceil(x_max).astype(np.int64) - left + 1
    heights = np.ceil(y_max).astype(np.int64) - top
    starts = np.concatenate(([0], np.cumsum(widths * heights)))
    cells = _accumulate(edges, owner, left, top, widths, starts)
    alpha = np.minimum(np.abs(np.cumsum(cells)) * 255 + 0.5, 255).astype(np.uint8)
    return _unpack(alpha, left, top, widths, starts)


def _extent(
    values: NDArray[np.float64], sizes: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    firsts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    low, high = values.min(axis=1), values.max(axis=1)
    return np.minimum.reduceat(low, firsts), np.maximum.reduceat(high, firsts)


def _accumulate(
    edges: Edges,
    owner: NDArray[np.int64],
    left: NDArray[np.int64],
    top: NDArray[np.int64],
    widths: NDArray[np.int64],
    starts: NDArray[np.int64],
) -> NDArray[np.float64]:
    x0, y0, x1, y1 = edges.T
    slanted = y0 != y1  # a horizontal edge bounds no area to its right
    x0, y0, x1, y1, owner = x0[slanted], y0[slanted], x1[slanted], y1[slanted], owner[slanted]
    sign = np.where(y0 < y1, 1.0, -1.0)
    down = y0 < y1
    ax, ay = np.where(down, x0, x1), np.where(down, y0, y1)
    bx, by = np.where(down, x1, x0), np.where(down, y1, y0)

    # Cut at pixel rows …
    slope = (bx - ax) / (by - ay)
    first, last = np.floor(ay), np.ceil(by)
    which, step = _spread((last - first).astype(np.int64))
    row = first[which] + step
    above = np.maximum(ay[which], row)
    below = np.minimum(by[which], row + 1)
    x_above = np.where(above == ay[which], ax[which], ax[which] + (above - ay[which]) * slope[which])
    x_below = np.where(below == by[which], bx[which], ax[which] + (below - ay[which]) * slope[which])
    height = (below - above) * sign[which]
    base = starts[owner[which]] + (row.astype(np.int64) - top[owner[which]]) * widths[owner[which]]
    base -= left[owner[which]]

    # … and at pixel columns.
    x_low, x_high = np.minimum(x_above, x_below), np.maximum(x_above, x_below)
    column = np.floor(x_low)
    count = np.maximum(np.ceil(x_high) - column, 1).astype(np.int64)
    run, step = _spread(count)
    column = column[run] + step
    low = np.maximum(x_low[run], column)
    high = np.minimum(x_high[run], column + 1)
    span = x_high[run] - x_low[run]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(span > 0, (high - low) / span, 1.0)
    area = height[run] * share
    right = area * ((low + high) / 2 - column)  # what falls beyond the middle goes one to the right
    cell = base[run] + column.astype(np.int64)
    total = int(starts[-1]) + 1
    into = np.bincount(cell, weights=area - right, minlength=total)
    into[1:] += np.bincount(cell, weights=right, minlength=total)[:-1]
    return into[:-1]


def _spread(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Repeat index i *counts[i]* times, with a running number 0, 1, … within each."""
    which = np.repeat(np.arange(len(counts)), counts)
    ends = np.cumsum(counts)
    return which, np.arange(len(which)) - np.repeat(ends - counts, counts)


def _unpack(
    alpha: NDArray[np.uint8],
    left: NDArray[np.int64],
    top: NDArray[np.int64],
    widths: NDArray[np.int64],
    starts: NDArray[np.int64],
) -> list[Coverage]:
    inked = np.flatnonzero(alpha)
    owner = np.searchsorted(starts, inked, side="right") - 1
    ys, xs = np.divmod(inked - starts[owner], widths[owner])
    ys = (ys + top[owner]).astype(np.int32)
    xs = (xs + left[owner]).astype(np.int32)
    shades = alpha[inked]
    cuts = np.searchsorted(owner, np.arange(len(widths) + 1)).tolist()
    return [
        Coverage(ys[a:b], xs[a:b], shades[a:b]) for a, b in zip(cuts, cuts[1:], strict=False)
    ]
