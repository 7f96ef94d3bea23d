"""Picture and owner map of a page, both from one rasterisation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepscores.rendering.coverage import Coverage

HALF = 128  # of 255: the ink from which a pixel is labelled


@dataclass(frozen=True, slots=True)
class Painting:
    """A painted page. Symbols are numbered 1…n in painting order; 0 is paper."""

    image: NDArray[np.uint8]  # (height, width), 255 = paper
    owners: NDArray[np.uint16]  # (height, width), number of the owning symbol
    visible_area: NDArray[np.int64]  # (n + 1,), pixels owned
    whole_area: NDArray[np.int64]  # (n + 1,), pixels that would be owned if nothing else were drawn
    visible_box: NDArray[np.int64]  # (n + 1, 4), x0 y0 x1 y1 around owned pixels; zeros if none


def paint(coverages: Sequence[Coverage], width: int, height: int) -> Painting:
    """Paint symbol i+1 with ``coverages[i]``, black on white, and say who owns each pixel.

    A pixel is labelled if its ink, all symbols together, is at least half black. It belongs to
    the symbol that covers most of it; ties go to the one painted last. A symbol so thin that it
    nowhere covers half a pixel keeps, across its width, the pixels that it covers most.
    What lies outside the page is cut off.
    """
    where, alpha, number = _flatten(coverages, width, height)
    count = len(coverages)
    paper = np.ones(width * height, np.float32)
    np.multiply.at(paper, where, (255 - alpha).astype(np.float32) / np.float32(255))
    image = np.full(width * height, 255, np.uint8)
    image[where] = np.rint(paper[where] * 255).astype(np.uint8)

    most = np.zeros(width * height, np.uint8)
    np.maximum.at(most, where, alpha)
    solid = alpha >= HALF
    claims = (alpha == most[where]) & (image[where] <= 255 - HALF)
    thin = np.setdiff1d(number, number[solid])
    if len(thin):
        ridge = _ridges(where, alpha, number, thin, width)
        claims = (claims | ridge) & ((alpha == most[where]) | (image[where] > 255 - HALF))
        solid |= ridge
    owners = np.zeros(width * height, np.uint16)
    owners[where[claims]] = number[claims]  # of equal claims the last one stays

    owned = where[claims]
    owned = owned[owners[owned] == number[claims]]
    return Painting(
        image.reshape(height, width),
        owners.reshape(height, width),
        np.bincount(owners[owned], minlength=count + 1),
        np.bincount(number[solid], minlength=count + 1),
        _boxes(owned, owners[owned], count, width),
    )


def _flatten(
    coverages: Sequence[Coverage], width: int, height: int
) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint16]]:
    if not coverages:
        return np.zeros(0, np.int64), np.zeros(0, np.uint8), np.zeros(0, np.uint16)
    ys = np.concatenate([one.ys for one in coverages])
    xs = np.concatenate([one.xs for one in coverages])
    alpha = np.concatenate([one.alpha for one in coverages])
    number = np.repeat(
        np.arange(1, len(coverages) + 1, dtype=np.uint16), [len(one.ys) for one in coverages]
    )
    inside = (xs >= 0) & (xs < width) & (ys >= 0) & (ys < height)
    if not inside.all():
        ys, xs, alpha, number = ys[inside], xs[inside], alpha[inside], number[inside]
    return ys.astype(np.int64) * width + xs, alpha, number


def _ridges(
    where: NDArray[np.int64],
    alpha: NDArray[np.uint8],
    number: NDArray[np.uint16],
    thin: NDArray[np.uint16],
    width: int,
) -> NDArray[np.bool_]:
    """Mark the pixels that each of the *thin* symbols covers most, in each slice across it."""
    ridge = np.zeros(len(where), np.bool_)
    for one in thin:
        mine = np.flatnonzero(number == one)
        ys, xs = np.divmod(where[mine], width)
        lying = np.ptp(xs) >= np.ptp(ys)
        along = xs if lying else ys
        order = np.lexsort((alpha[mine], along))
        last = np.flatnonzero(np.diff(along[order], append=-1))
        ridge[mine[order[last]]] = True
    return ridge


def _boxes(
    owned: NDArray[np.int64], owner: NDArray[np.uint16], count: int, width: int
) -> NDArray[np.int64]:
    ys, xs = np.divmod(owned, width)
    far = np.iinfo(np.int64).max
    low = np.full((count + 1, 2), far)
    high = np.zeros((count + 1, 2), np.int64)
    np.minimum.at(low[:, 0], owner, xs)
    np.minimum.at(low[:, 1], owner, ys)
    np.maximum.at(high[:, 0], owner, xs + 1)  # half open, hence + 1
    np.maximum.at(high[:, 1], owner, ys + 1)
    low[low == far] = 0
    return np.concatenate([low, high], axis=1)
