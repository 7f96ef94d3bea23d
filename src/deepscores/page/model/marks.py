"""What an engraver drew on a page: shapes in painting order, as rows and as columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from deepscores.page.geometry import Affine, Box

SHAPES = ("glyph", "path", "polygon", "polyline", "line", "rect", "ellipse", "circle", "text")
SHAPE_CODES = {shape: code for code, shape in enumerate(SHAPES)}
BOX = -1  # instead of a drawing: the mark is an upright rectangle


class Mark(NamedTuple):
    """One drawn shape. Marks come in painting order: later ones cover earlier ones."""

    edges: NDArray[np.float64] | None  # (n, 4) closed contours, in the mark's own units
    to_page: Affine  # own units → pixels of the page
    element: int  # index into Page.elements
    shape: str  # one of SHAPES
    glyph: str = ""  # SMuFL name
    font: str = ""  # the font that drew it
    scale: float = 1.0  # glyph: size against a full-size glyph of its staff; text: font size in px
    text: str = ""
    stroke: float = 0.0  # line width in pixels, 0 for fills
    part: str = ""  # of a composite glyph
    box: Box | None = None  # instead of edges: an upright rectangle, in pixels of the page
    key: str = ""  # equal keys have equal edges; "" if they will not be seen again


class Drawing(NamedTuple):
    """What marks have in common that differ in place and size alone."""

    edges: NDArray[np.float64]
    glyph: str = ""
    font: str = ""
    part: str = ""
    text: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Marks(Sequence[Mark]):
    """The marks of a page in columns; each is there as a row, too."""

    drawings: tuple[Drawing, ...]
    drawing: NDArray[np.int32]  # (n,) which one, or BOX
    to_page: NDArray[np.float64]  # (n, 6)
    element: NDArray[np.int32]
    shape: NDArray[np.uint8]  # place in SHAPES
    scale: NDArray[np.float64]
    stroke: NDArray[np.float64]
    box: NDArray[np.float64]  # (n, 4), where drawing is BOX

    @classmethod
    def of(cls, rows: Sequence[Mark]) -> "Marks":
        """The columns of *rows*."""
        if isinstance(rows, Marks):
            return rows
        drawings: list[Drawing] = []
        place_of_key: dict[tuple[str, ...], int] = {}
        drawing = [BOX] * len(rows)
        for row, mark in enumerate(rows):
            if mark.edges is None:
                continue
            drawn = Drawing(mark.edges, mark.glyph, mark.font, mark.part, mark.text, mark.key)
            place = place_of_key.setdefault(drawn[1:], len(drawings)) if mark.key else len(drawings)
            if place == len(drawings):
                drawings.append(drawn)
            drawing[row] = place
        return cls(
            tuple(drawings),
            np.array(drawing, np.int32),
            np.array([mark.to_page for mark in rows], np.float64).reshape(-1, 6),
            np.array([mark.element for mark in rows], np.int32),
            np.array([SHAPE_CODES[mark.shape] for mark in rows], np.uint8),
            np.array([mark.scale for mark in rows], np.float64),
            np.array([mark.stroke for mark in rows], np.float64),
            np.array([mark.box or (0, 0, 0, 0) for mark in rows], np.float64).reshape(-1, 4),
        )

    def select(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Marks":
        """Those of *rows*, in that order."""
        return Marks(
            self.drawings,
            self.drawing[rows],
            self.to_page[rows],
            self.element[rows],
            self.shape[rows],
            self.scale[rows],
            self.stroke[rows],
            self.box[rows],
        )

    def __len__(self) -> int:
        return len(self.drawing)

    @overload
    def __getitem__(self, row: int) -> Mark: ...
    @overload
    def __getitem__(self, row: slice) -> list[Mark]: ...
    def __getitem__(self, row: int | slice) -> Mark | list[Mark]:
        if isinstance(row, slice):
            return [self[place] for place in range(*row.indices(len(self)))]
        to_page = Affine(*self.to_page[row].tolist())
        element, shape = int(self.element[row]), SHAPES[self.shape[row]]
        scale, stroke = float(self.scale[row]), float(self.stroke[row])
        place = self.drawing[row]
        if place == BOX:
            box = Box(*self.box[row].tolist())
            return Mark(None, to_page, element, shape, stroke=stroke, scale=scale, box=box)
        edges, glyph, font, part, text, key = self.drawings[place]
        return Mark(
            edges, to_page, element, shape, glyph, font, scale, text, stroke, part, None, key
        )

    def __iter__(self) -> Iterator[Mark]:
        return (self[row] for row in range(len(self)))


class OrderedMarks(NamedTuple):
    """Some of a page's marks, with numbers that order them among all."""

    marks: Marks
    order: NDArray[np.int64]


def join(parts: Sequence[OrderedMarks]) -> Marks:
    """All marks of *parts* in order; equal numbers as they stand."""
    parts = [part for part in parts if len(part.order)]
    if not parts:
        return Marks.of(())
    columns = [part.marks for part in parts]
    shifts = np.cumsum([0, *(len(part.drawings) for part in columns)])
    drawing = [
        np.where(part.drawing == BOX, BOX, part.drawing + shift)
        for part, shift in zip(columns, shifts[:-1].tolist(), strict=True)
    ]
    order = np.concatenate([part.order for part in parts]).argsort(kind="stable")
    return Marks(
        tuple(drawing for part in columns for drawing in part.drawings),
        np.concatenate(drawing).astype(np.int32)[order],
        np.concatenate([part.to_page for part in columns])[order],
        np.concatenate([part.element for part in columns])[order],
        np.concatenate([part.shape for part in columns])[order],
        np.concatenate([part.scale for part in columns])[order],
        np.concatenate([part.stroke for part in columns])[order],
        np.concatenate([part.box for part in columns])[order],
    )
