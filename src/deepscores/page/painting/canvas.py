"""Picture and owners of a page, both from one rasterisation."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deepscores.page.geometry import Affine
from deepscores.page.model import Outline, Outlines, Painting, RunPicture
from deepscores.page.painting import kernels


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
        What lies outside the page is cut off. Raise ValueError for more outlines than a cell of the
        canvas can number.
        """
        if len(outlines) > kernels.LARGEST_NUMBER:
            raise ValueError(f"{len(outlines)} symbols, over {kernels.LARGEST_NUMBER}")
        edges, runs, maps, boxed = pack(outlines)
        whole_areas = np.zeros(len(outlines) + 1, np.int64)
        kernels.paint(edges, runs, maps, boxed, self._cells, self._tiles, whole_areas)
        visible = np.zeros(len(whole_areas), np.int64)
        boxes = np.zeros((len(whole_areas), 4), np.int64)
        shades, owners = self._shades, self._owners
        inked, owned = kernels.assign_owners(
            edges, runs, maps, self._cells, self._tiles, whole_areas, shades, owners, visible, boxes
        )
        return Painting(
            self.width,
            self.height,
            RunPicture(shades[:inked].copy(), self.width),
            RunPicture(owners[:owned].copy(), self.width),
            boxes,
            visible,
            whole_areas,
        )


def pack(
    outlines: Sequence[Outline],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], int]:
    """Edges of all outlines in one array, from where to where each has its own, and their maps.

    Outlines of one contour share its edges. Boxes come last; the last number returned is where
    they begin.
    """
    columns = Outlines.of(outlines)
    contour, boxed = columns.contour, columns.contour < 0
    used = np.unique(contour[~boxed])
    parts = [columns.contours[place].edges for place in used.tolist()]
    ends = np.cumsum([0, *(len(part) for part in parts)])
    place = np.zeros(len(columns.contours) + 1, np.int64)
    place[used] = np.arange(len(used))
    runs = (
        np.stack([ends[place[contour]], ends[place[contour] + 1]], axis=1)
        if parts
        else (np.zeros((len(columns), 2), np.int64))
    )
    corners = columns.box[boxed]
    # Down the left side and up the right: level edges bound nothing.
    sides = corners[:, [0, 1, 0, 3, 2, 3, 2, 1]].reshape(-1, 4)
    runs[boxed, 0] = ends[-1] + 2 * np.arange(len(corners))
    runs[boxed, 1] = runs[boxed, 0] + 2
    maps = columns.to_page.copy()
    maps[boxed] = Affine()
    return np.concatenate([*parts, sides]), runs, maps, int(ends[-1])
