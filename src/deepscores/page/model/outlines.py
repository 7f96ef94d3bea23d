"""What the symbols of a page ink, as rows and as columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from deepscores.page.geometry import Affine, Box


class Outline(NamedTuple):
    """What a symbol inks: the inside of closed contours, or an upright rectangle."""

    edges: NDArray[np.float64] | None  # (n, 4)
    to_page: Affine = Affine()  # its units → pixels of the page
    key: str = ""  # equal keys have equal edges; "" if it will not be seen again
    box: Box | None = None  # instead of edges, in pixels of the page


class Contours(NamedTuple):
    """What outlines have in common that differ in place and size alone."""

    edges: NDArray[np.float64]  # (n, 4)
    key: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Outlines(Sequence[Outline]):
    """The outlines of a page's symbols in columns; each is there as a row, too."""

    contours: Sequence[Contours]
    contour: NDArray[np.int32]  # (n,) which one; -1: the box is the outline
    to_page: NDArray[np.float64]  # (n, 6)
    box: NDArray[np.float64]  # (n, 4), where there is no contour

    @classmethod
    def of(cls, rows: Sequence[Outline]) -> "Outlines":
        """The columns of *rows*."""
        if isinstance(rows, Outlines):
            return rows
        contours: list[Contours] = []
        contour = [-1] * len(rows)
        for row, outline in enumerate(rows):
            if outline.edges is not None:
                contour[row] = len(contours)
                contours.append(Contours(outline.edges, outline.key))
        return cls(
            contours,
            np.array(contour, np.int32),
            np.array([outline.to_page for outline in rows], np.float64).reshape(-1, 6),
            np.array([outline.box or (0, 0, 0, 0) for outline in rows], np.float64).reshape(-1, 4),
        )

    def __len__(self) -> int:
        return len(self.contour)

    @overload
    def __getitem__(self, row: int) -> Outline: ...
    @overload
    def __getitem__(self, row: slice) -> list[Outline]: ...
    def __getitem__(self, row: int | slice) -> Outline | list[Outline]:
        if isinstance(row, slice):
            return [self[place] for place in range(*row.indices(len(self)))]
        place = int(self.contour[row])
        if place < 0:
            return Outline(None, box=Box(*self.box[row].tolist()))
        edges, key = self.contours[place]
        return Outline(edges, Affine(*self.to_page[row].tolist()), key)

    def __iter__(self) -> Iterator[Outline]:
        return (self[row] for row in range(len(self)))
