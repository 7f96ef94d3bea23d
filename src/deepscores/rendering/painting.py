"""Picture and owner map of a page, both from one rasterisation."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deepscores.rendering.coverage import Coverage

HALF = 128  # of 255: the ink from which a pixel is labelled


@dataclass(frozen=True, slots=True)
class Painting:
    """A painted page. Symbols are numbered 1…n in painting order; 0 is paper."""

    image: NDArray[np.uint8]  # (height, width), 255 = paper
    owners: NDArray[np.uint16]  # (height, width), number of the owning symbol
    visible_areas: NDArray[np.int64]  # (n + 1,), pixels owned
    whole_areas: NDArray[np.int64]  # (n + 1,), pixels that would be owned if nothing else were drawn
    visible_boxes: NDArray[np.int64]  # (n + 1, 4), x0 y0 x1 y1 around owned pixels; zeros if none


@dataclass(slots=True)
class Canvas:
    """Paints pages of one size. Its scratch memory is used again: fresh memory costs page faults."""

    width: int
    height: int
    _paper: NDArray[np.float32] = field(init=False)  # what shows through, 1 where untouched
    _most: NDArray[np.uint8] = field(init=False)  # the most that one symbol covers

    def __post_init__(self) -> None:
        self._paper = np.ones(self.width * self.height, np.float32)
        self._most = np.zeros(self.width * self.height, np.uint8)

    def paint(self, coverages: Sequence[Coverage]) -> Painting:
        """Paint symbol i+1 with ``coverages[i]``, black on white, and say who owns each pixel.

        A pixel is labelled if its ink, all symbols together, is at least half black. It belongs
        to the symbol that covers most of it; ties go to the one painted last. A symbol so thin
        that it nowhere covers half a pixel keeps, across its width, the pixels it covers most.
        What lies outside the page is cut off.
        """
        ys, xs, alpha, sizes = _flatten(coverages, self.width, self.height)
        where = ys.astype(np.int64)
        where *= self.width
        where += xs
        number = np.repeat(np.arange(1, len(sizes) + 1, dtype=np.uint16), sizes)
        paper, most = self._paper, self._most
        np.multiply.at(paper, where, _CLEAR[alpha])
        np.maximum.at(most, where, alpha)
        shade = np.rint(paper[where] * np.float32(255)).astype(np.uint8)
        image = np.full(self.width * self.height, 255, np.uint8)
        image[where] = shade
        dark = shade <= 255 - HALF
        strongest = alpha == most[where]
        paper[where] = 1
        most[where] = 0

        solid = alpha >= HALF
        claims = strongest & dark
        count = len(sizes) + 1
        whole = np.bincount(number[solid], minlength=count)
        thin = np.flatnonzero((whole[1:] == 0) & (sizes > 0))
        if len(thin):
            ridge = _ridges(ys, xs, alpha, np.concatenate(([0], np.cumsum(sizes))), thin)
            claims |= ridge & (strongest | ~dark)
            whole = np.bincount(number[solid | ridge], minlength=count)
        owners = np.zeros(self.width * self.height, np.uint16)
        owners[where[claims]] = number[claims]  # of equal claims the last one stays
        owned = claims
        owned[claims] = owners[where[claims]] == number[claims]
        visible = np.bincount(number[owned], minlength=count)
        return Painting(
            image.reshape(self.height, self.width),
            owners.reshape(self.height, self.width),
            visible,
            whole,
            _boxes(ys[owned], xs[owned], visible),
        )


_CLEAR = ((255 - np.arange(256)) / 255).astype(np.float32)


def _flatten(
    coverages: Sequence[Coverage], width: int, height: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8], NDArray[np.int64]]:
    if not coverages:
        empty = np.zeros(0, np.int32)
        return empty, empty, np.zeros(0, np.uint8), np.zeros(0, np.int64)
    sizes = np.array([len(one.ys) for one in coverages])
    ys = np.concatenate([one.ys for one in coverages])
    xs = np.concatenate([one.xs for one in coverages])
    ys += np.repeat(np.array([one.top for one in coverages], np.int32), sizes)
    xs += np.repeat(np.array([one.left for one in coverages], np.int32), sizes)
    alpha = np.concatenate([one.alpha for one in coverages])
    if len(ys) and (ys.min() < 0 or xs.min() < 0 or ys.max() >= height or xs.max() >= width):
        inside = (xs >= 0) & (xs < width) & (ys >= 0) & (ys < height)
        number = np.repeat(np.arange(len(sizes)), sizes)
        sizes = np.bincount(number[inside], minlength=len(sizes))
        ys, xs, alpha = ys[inside], xs[inside], alpha[inside]
    return ys, xs, alpha, sizes


def _ridges(
    ys: NDArray[np.int32],
    xs: NDArray[np.int32],
    alpha: NDArray[np.uint8],
    starts: NDArray[np.int64],
    thin: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Mark the pixels that each of the *thin* symbols covers most, in each slice across it."""
    ridge = np.zeros(len(ys), np.bool_)
    for one in thin.tolist():
        part = slice(starts[one], starts[one + 1])
        lying = np.ptp(xs[part]) >= np.ptp(ys[part])
        along = xs[part] if lying else ys[part]
        order = np.lexsort((alpha[part], along))
        last = np.flatnonzero(np.diff(along[order], append=-1))
        ridge[starts[one] + order[last]] = True
    return ridge


def _boxes(
    ys: NDArray[np.int32], xs: NDArray[np.int32], counts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Boxes of runs of pixels, *counts[i]* for symbol i."""
    boxes = np.zeros((len(counts), 4), np.int64)
    shown = np.flatnonzero(counts)
    if len(shown):
        starts = (np.cumsum(counts) - counts)[shown]
        boxes[shown, 0] = np.minimum.reduceat(xs, starts)
        boxes[shown, 1] = np.minimum.reduceat(ys, starts)
        boxes[shown, 2] = np.maximum.reduceat(xs, starts) + 1  # half open, hence + 1
        boxes[shown, 3] = np.maximum.reduceat(ys, starts) + 1
    return boxes
