"""An engraved page as vectors: shapes, and the elements that they belong to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from deepscores.page.model.attributes import AsColumns
from deepscores.page.model.marks import Mark
from deepscores.page.model.symbols import ATTRIBUTES, SymbolAttributes
from deepscores.page.model.words import Words


class Element(NamedTuple):
    """A group of the engraver's output: an MEI element or a part of one."""

    kind: (
        str  # MEI name, or the engraver's name of a part: "note", "notehead", "stem", "ledgerLines"
    )
    id: str  # xml:id in the score's MEI; "" for parts without one
    parent: int  # index into Page.elements, -1 at the root
    qualifiers: tuple[str, ...] = ()  # "above", "cue", "spanning", …


@dataclass(frozen=True, slots=True, eq=False)
class Elements(Sequence[Element]):
    """The elements of a page in columns, each after the one it stands in; as rows, too."""

    kind: Words
    id: Sequence[str]
    parent: NDArray[np.int32]
    qualifiers: Mapping[int, tuple[str, ...]]  # by row; without those that have none

    @classmethod
    def of(cls, rows: Sequence[Element]) -> "Elements":
        """The columns of *rows*."""
        if isinstance(rows, Elements):
            return rows
        return cls(
            Words.of([row.kind for row in rows]),
            [row.id for row in rows],
            np.array([row.parent for row in rows], np.int32),
            {place: row.qualifiers for place, row in enumerate(rows) if row.qualifiers},
        )

    def __len__(self) -> int:
        return len(self.id)

    @overload
    def __getitem__(self, row: int) -> Element: ...
    @overload
    def __getitem__(self, row: slice) -> list[Element]: ...
    def __getitem__(self, row: int | slice) -> Element | list[Element]:
        if isinstance(row, slice):
            return [self[place] for place in range(*row.indices(len(self)))]
        kind, parent = self.kind.words[self.kind.codes[row]], int(self.parent[row])
        return Element(kind, self.id[row], parent, self.qualifiers.get(row, ()))

    def __iter__(self) -> Iterator[Element]:
        return (self[row] for row in range(len(self)))

    def inherited(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) *values* of each, and where that is 0, that of the nearest element around it."""
        inherited = values.copy()
        enclosing = self.parent.copy()
        while len(rows := np.flatnonzero((inherited == 0) & (enclosing >= 0))):
            inherited[rows] = values[enclosing[rows]]
            enclosing[rows] = self.parent[enclosing[rows]]
        return inherited


@dataclass(frozen=True, slots=True)
class Page:
    """One engraved page."""

    number: int  # from 1
    width: int  # pixels
    height: int
    staff_space: float  # pixels
    elements: Sequence[Element]
    marks: Sequence[Mark]  # in painting order
    missing_text: str = ""  # characters that no packaged font can draw


class Facts(NamedTuple):
    """What the score says about one element, whatever page it lands on."""

    staff: int = 0  # staff number in the score, from 1
    voice: int = 0
    measure: str = ""  # as numbered in the score
    part: str = ""
    step: str = ""  # pitch name c…b
    alter: float = 0.0  # semitones, as sounding
    octave: int | None = None
    duration: float | None = None  # quarter notes, as written
    onset: float | None = None  # quarter notes from the start of the score
    grace: bool = False
    attributes: Mapping[str, str] = {}


class FactColumns(AsColumns, SymbolAttributes):
    """The facts of a score in columns, as the attributes of symbols that have the same names.

    Row 0 is of what has none; unknown numbers are NaN.
    """

    place: Mapping[str, int]  # row by element id
    rows: Sequence[Facts]
    cue: NDArray[np.bool_]

    def __init__(self, facts: Mapping[str, Facts]) -> None:
        self.place = {identity: row for row, identity in enumerate(facts, start=1)}
        self.rows = [Facts(), *facts.values()]
        self.cue = np.array([row.attributes.get("cue") == "true" for row in self.rows], np.bool_)
        values = dict(zip(Facts._fields, zip(*self.rows, strict=True), strict=True))
        for attribute in ATTRIBUTES:
            if attribute.name in values:
                vars(self)[attribute.name] = attribute.column(values[attribute.name])


@dataclass(frozen=True)
class Music:
    """The score as the engraver understood it, by element id."""

    mei: str
    facts: Mapping[str, Facts]
    parts: tuple[str, ...]
    measures: int
    notes: int

    @cached_property
    def columns(self) -> FactColumns:
        """The same facts in columns, made once for all pages."""
        return FactColumns(self.facts)
