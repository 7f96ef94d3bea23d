"""The symbols of a page, as rows and as columns."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from deepscores.page.geometry import Affine, Box

_new = tuple.__new__  # a named tuple from all its fields, in a third of its constructor's time


class Symbol(NamedTuple):
    """One atomic symbol on a page, independent of any label set."""

    number: int  # 1…n in painting order: the value in the instance map
    kind: str  # class in the label set "full": SMuFL name of the glyph, or what the line or text is
    glyph: str  # SMuFL name of what was drawn, "" if no glyph
    role: str  # MEI name of the element, or the engraver's name of its part
    font: str  # the font that drew it; "" for lines
    box: Box  # tight around the vectors, pixels of the page
    oriented: tuple[float, ...]  # four corners x y x y x y x y of the tight rotated box
    element: str  # xml:id in the MEI
    small: bool = False  # grace, cue or small staff
    grace: bool = False
    part: str = ""
    system: int = 0  # on the page, from 1
    staff: int = 0  # in the score, from 1
    voice: int = 0
    measure: str = ""
    staff_position: int | None = None  # half staff spaces above the bottom line
    step: str = ""
    alter: float | None = None
    octave: int | None = None
    duration: float | None = None  # quarter notes
    onset: float | None = None
    parent: int = 0  # number of the symbol it belongs to, 0 = none
    group: int = 0  # symbols that one element draws share this number (dynamic letters, digits)
    text: str = ""


class Words(NamedTuple):
    """A column of words, of which there are few different ones."""

    codes: NDArray[np.int32]  # (n,) places in *words*
    words: Sequence[str]

    @classmethod
    def of(cls, column: Sequence[str]) -> "Words":
        known: dict[str, int] = {}
        codes = [known.setdefault(word, len(known)) for word in column]
        return cls(np.array(codes, np.int32), tuple(known))

    def tolist(self) -> list[str]:
        return [self.words[code] for code in self.codes.tolist()]

    def where(self, fits: Callable[[str], bool]) -> NDArray[np.bool_]:
        """(n,) whether the word *fits*, which is asked once of each."""
        return np.array([fits(word) for word in self.words] or [False], np.bool_)[self.codes]

    def are(self, *wanted: str) -> NDArray[np.bool_]:
        """(n,) whether it is one of *wanted*."""
        return self.where(wanted.__contains__)

    def among(self, wanted: Collection[str]) -> NDArray[np.bool_]:
        """(n,) whether it is one of *wanted*."""
        return self.where(wanted.__contains__)


@dataclass(frozen=True, slots=True, eq=False)
class Symbols(Sequence[Symbol]):
    """The symbols of a page in columns, numbered from 1; each is there as a row, too.

    Numbers that a symbol need not have are NaN where it has none.
    """

    kind: Words
    glyph: Words
    role: Words
    font: Words
    box: NDArray[np.float64]  # (n, 4)
    oriented: Mapping[int, tuple[float, ...]]  # by row; without those that are upright
    element: Sequence[str]
    small: NDArray[np.bool_]
    grace: NDArray[np.bool_]
    part: Words
    system: NDArray[np.int32]
    staff: NDArray[np.int32]
    voice: NDArray[np.int32]
    measure: Words
    staff_position: NDArray[np.float64]
    step: Words
    alter: NDArray[np.float64]
    octave: NDArray[np.float64]
    duration: NDArray[np.float64]
    onset: NDArray[np.float64]
    parent: NDArray[np.int32]
    group: NDArray[np.int32]
    text: Mapping[int, str]  # by row; without those that have none

    @classmethod
    def of(cls, rows: Sequence[Symbol]) -> "Symbols":
        """The columns of *rows*, which are numbered from 1."""
        if isinstance(rows, Symbols):
            return rows
        columns: dict[str, Any] = dict(
            zip(Symbol._fields, zip(*rows, strict=True), strict=True) if rows else ()
        )
        if not columns:
            columns = dict.fromkeys(Symbol._fields, ())
        for name in ("kind", "glyph", "role", "font", "part", "measure", "step"):
            columns[name] = Words.of(columns[name])
        for name in ("staff_position", "alter", "octave", "duration", "onset"):
            columns[name] = np.array(columns[name], np.float64)
        for name in ("system", "staff", "voice", "parent", "group"):
            columns[name] = np.array(columns[name], np.int32)
        for name in ("small", "grace"):
            columns[name] = np.array(columns[name], np.bool_)
        for name in ("oriented", "text"):
            columns[name] = {row: value for row, value in enumerate(columns[name]) if value}
        columns["box"] = np.array(columns["box"], np.float64).reshape(-1, 4)
        del columns["number"]
        return cls(**columns)

    def __len__(self) -> int:
        return len(self.element)

    @overload
    def __getitem__(self, row: int) -> Symbol: ...
    @overload
    def __getitem__(self, row: slice) -> list[Symbol]: ...
    def __getitem__(self, row: int | slice) -> Symbol | list[Symbol]:
        if isinstance(row, slice):
            return self.rows(np.arange(*row.indices(len(self))))
        place = row + len(self) if row < 0 else row
        if not 0 <= place < len(self):
            raise IndexError(f"no symbol {row} of {len(self)}")
        return self.rows(np.array([place]))[0]

    def __iter__(self) -> Iterator[Symbol]:
        return iter(self.rows(np.arange(len(self))))

    def rows(self, which: NDArray[np.int64]) -> list[Symbol]:
        """Those of *which* places, in that order."""
        numbers = which.tolist()
        columns = (
            (which + 1).tolist(),
            *(_words(column, which) for column in (self.kind, self.glyph, self.role, self.font)),
            [_new(Box, box) for box in self.box[which].tolist()],
            [self.oriented.get(row, ()) for row in numbers],
            [self.element[row] for row in numbers],
            self.small[which].tolist(),
            self.grace[which].tolist(),
            _words(self.part, which),
            *(column[which].tolist() for column in (self.system, self.staff, self.voice)),
            _words(self.measure, which),
            _optional(self.staff_position[which], int),
            _words(self.step, which),
            _optional(self.alter[which], float),
            _optional(self.octave[which], int),
            _optional(self.duration[which], float),
            _optional(self.onset[which], float),
            self.parent[which].tolist(),
            self.group[which].tolist(),
            [self.text.get(row, "") for row in numbers],
        )
        return [_new(Symbol, row) for row in zip(*columns, strict=True)]


def _words(column: Words, which: NDArray[np.int64]) -> list[str]:
    return [column.words[code] for code in column.codes[which].tolist()]


def _optional(column: NDArray[np.float64], kind: type[int] | type[float]) -> list[float | None]:
    return [None if value != value else kind(value) for value in column.tolist()]  # NaN


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
            np.array([one.to_page for one in rows], np.float64).reshape(-1, 6),
            np.array([one.box or (0, 0, 0, 0) for one in rows], np.float64).reshape(-1, 4),
        )

    def __len__(self) -> int:
        return len(self.contour)

    @overload
    def __getitem__(self, row: int) -> Outline: ...
    @overload
    def __getitem__(self, row: slice) -> list[Outline]: ...
    def __getitem__(self, row: int | slice) -> Outline | list[Outline]:
        if isinstance(row, slice):
            return [self[each] for each in range(*row.indices(len(self)))]
        place = int(self.contour[row])
        if place < 0:
            return Outline(None, box=Box(*self.box[row].tolist()))
        edges, key = self.contours[place]
        return Outline(edges, Affine(*self.to_page[row].tolist()), key)

    def __iter__(self) -> Iterator[Outline]:
        return (self[row] for row in range(len(self)))
