"""Picture and owners of a page, both from one rasterisation."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deepscores.geometry import Affine, Box
from deepscores.model import Outline, Painting
from deepscores.rendering import kernels


@dataclass(slots=True)
class Canvas:
    """Paints pages of one size, in the same memory: fresh memory costs page faults."""

    width: int
    height: int
    _cells: NDArray[np.uint32] = field(init=False)
    _tiles: NDArray[np.uint8] = field(init=False)  # where the page may be inked
    _shades: NDArray[np.int32] = field(init=False)
    _owners: NDArray[np.int32] = field(init=False)

    def __post_init__(self) -> None:
        self._cells = np.zeros((self.height, self.width), np.uint32)
        self._tiles = np.zeros((self.height, self.width // kernels.TILE + 1), np.uint8)
        self._shades = np.empty((self.height * (self.width + 1), 2), np.int32)
        self._owners = np.empty((self.height * (self.width + 1), 2), np.int32)

    def paint(self, outlines: Sequence[Outline]) -> Painting:
        """Paint symbol i+1 with ``outlines[i]``, black on white, and say who owns each pixel.

        A pixel is labelled if its ink, all symbols together, is at least half black. It belongs
        to the symbol that covers most of it; ties go to the one painted last. A symbol so thin
        that it nowhere covers half a pixel keeps, across its width, the pixels it covers most.
        What lies outside the page is cut off.
        """
        edges, runs, to, boxed = pack(outlines)
        whole = np.zeros(len(outlines) + 1, np.int64)
        kernels.paint(edges, runs, to, boxed, self._cells, self._tiles, whole)
        visible = np.zeros(len(whole), np.int64)
        boxes = np.zeros((len(whole), 4), np.int64)
        shades, owners = self._shades, self._owners
        inked, owned = kernels.own(
            edges, runs, to, self._cells, self._tiles, whole, shades, owners, visible, boxes
        )
        return Painting(
            self.width,
            self.height,
            shades[:inked].copy(),
            owners[:owned].copy(),
            boxes,
            visible,
            whole,
        )


def pack(
    outlines: Sequence[Outline],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], int]:
    """Edges of all outlines in one array, from where to where each has its own, and their maps.

    Boxes come last; the last number returned is where they begin.
    """
    parts: list[NDArray[np.float64]] = []
    sizes: list[int] = []
    maps: list[Affine] = []
    boxes: list[Box] = []
    order: list[int] = []  # outlines with edges, then those with boxes
    boxed: list[int] = []
    for index, (edges, to_page, _, box) in enumerate(outlines):
        if box is not None:
            boxes.append(box)
            boxed.append(index)
        elif edges is not None:
            parts.append(edges)
            sizes.append(len(edges))
            maps.append(to_page)
            order.append(index)
    corners = np.array(boxes, np.float64).reshape(-1, 4)
    # Down the left side and up the right: level edges bound nothing.
    sides = corners[:, [0, 1, 0, 3, 2, 3, 2, 1]].reshape(-1, 4)
    ends = np.cumsum(sizes + [2] * len(boxes), dtype=np.int64)
    runs = np.zeros((len(outlines), 2), np.int64)
    runs[order + boxed, 1] = ends
    runs[order + boxed, 0] = np.concatenate(([0], ends[:-1])) if len(ends) else ends
    to = np.zeros((len(outlines), 6))
    to[order] = np.array(maps, np.float64).reshape(-1, 6)
    to[boxed] = Affine()
    return np.concatenate([*parts, sides]), runs, to, sum(sizes)
