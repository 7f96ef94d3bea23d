"""Coverage of all outlines of a page: glyphs from a cache, rectangles in closed form, the rest painted."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deepscores.model import Outline
from deepscores.outlines.contours import Edges, moved
from deepscores.rendering.coverage import Coverage, rasterise

_CACHED_PIXELS = 30_000_000  # about 270 MB at nine bytes a pixel
_GRID = 4096  # cached positions are equal within 1/4096 px


class GlyphCache:
    """Coverages of glyphs by outline, size and position within the pixel.

    Engravers place glyphs on a grid, so that a notehead meets a few hundred such positions, not
    infinitely many. When full, the cache starts anew.
    """

    def __init__(self, capacity: int = _CACHED_PIXELS) -> None:
        self.capacity = capacity
        self.pixels = 0
        self.known: dict[tuple[str, float, float, int, int], Coverage] = {}

    def add(self, key: tuple[str, float, float, int, int], coverage: Coverage) -> None:
        if self.pixels > self.capacity:
            self.known.clear()
            self.pixels = 0
        self.known[key] = coverage
        self.pixels += len(coverage.ys)


def cover(outlines: Sequence[Outline], cache: GlyphCache) -> list[Coverage]:
    """The coverage of each of *outlines*, in pixels of the page."""
    found: list[Coverage | None] = [None] * len(outlines)
    boxes: list[tuple[float, float, float, float]] = []
    boxed: list[int] = []
    loose: list[Edges] = []
    waiting: list[tuple[int, tuple[str, float, float, int, int] | None, int, int]] = []
    for index, (edges, to, key, box) in enumerate(outlines):
        if box is not None:
            boxes.append(box)
            boxed.append(index)
            continue
        assert edges is not None
        if not len(edges):
            found[index] = _NOTHING
        elif key and not to.b and not to.c:
            left, top = int(to.e // 1), int(to.f // 1)
            phase = (key, to.a, to.d, round((to.e - left) * _GRID), round((to.f - top) * _GRID))
            known = cache.known.get(phase)
            if known is not None:
                found[index] = known._replace(left=left, top=top)
            else:
                inside = to._replace(e=phase[3] / _GRID, f=phase[4] / _GRID)
                loose.append(moved(edges, inside))
                waiting.append((index, phase, left, top))
        else:
            loose.append(moved(edges, to))
            waiting.append((index, None, 0, 0))
    for (index, key_, left, top), coverage in zip(waiting, rasterise(loose), strict=True):
        if key_ is not None:
            cache.add(key_, coverage)
        found[index] = coverage._replace(left=left, top=top)
    for index, coverage in zip(boxed, cover_boxes(np.array(boxes).reshape(-1, 4)), strict=True):
        found[index] = coverage
    return [one for one in found if one is not None]


def cover_boxes(boxes: NDArray[np.float64]) -> list[Coverage]:
    """The coverage of upright rectangles ``x0 y0 x1 y1``: width in the pixel times height in it.

    >>> cover_boxes(np.array([[0.5, 0, 2, 1]]))[0].alpha.tolist()
    [128, 255]
    """
    if not len(boxes):
        return []
    first = np.floor(boxes[:, :2]).astype(np.int64)
    size = np.maximum(np.ceil(boxes[:, 2:]).astype(np.int64) - first, 1)
    counts = size[:, 0] * size[:, 1]
    ends = np.cumsum(counts)
    which = np.repeat(np.arange(len(boxes)), counts)
    cell = np.arange(int(ends[-1])) - np.repeat(ends - counts, counts)
    ys, xs = np.divmod(cell, size[which, 0])
    xs += first[which, 0]
    ys += first[which, 1]
    wide = np.minimum(boxes[which, 2], xs + 1) - np.maximum(boxes[which, 0], xs)
    high = np.minimum(boxes[which, 3], ys + 1) - np.maximum(boxes[which, 1], ys)
    alpha = (wide * high * 255 + 0.5).astype(np.uint8)
    ys, xs = ys.astype(np.int32), xs.astype(np.int32)
    cuts = [0, *ends.tolist()]
    return [
        Coverage(ys[a:b], xs[a:b], alpha[a:b]) for a, b in zip(cuts, cuts[1:], strict=False)
    ]


_NOTHING = Coverage(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.uint8))
