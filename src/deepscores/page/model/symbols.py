"""The symbols of a page, as rows and as columns, both from one declaration."""

from collections import namedtuple
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from deepscores.page.model.attributes import (
    AsColumns,
    AsRow,
    Attribute,
    BoxAttribute,
    CornersAttribute,
    FlagAttribute,
    NameAttribute,
    NumberAttribute,
    OptionalRealAttribute,
    OptionalWholeAttribute,
    RareTextAttribute,
    WordAttribute,
)

_new = tuple.__new__  # a named tuple from all its fields, in a third of its constructor's time


class SymbolAttributes:
    """What a symbol knows of itself, independent of any label set.

    This is the one place where an attribute is declared: `Symbol`, `Symbols`, the symbol table of
    a dataset and its documentation have the attributes in this order.
    """

    __slots__ = ()

    kind = WordAttribute("class in the label set `full`")
    glyph = WordAttribute(
        "SMuFL name of the glyph that was drawn; empty for lines, shapes and text",
        table_name="smufl",
    )
    role = WordAttribute(
        "MEI element, or the engraver's name of its part (`notehead`, `stem`, `ledgerLines`)"
    )
    font = WordAttribute(
        "the music font that drew the glyph: the page's, or the fallback where it lacks the "
        "glyph; empty for lines"
    )
    box = BoxAttribute(
        "tight around the vectors, cut at the page",
        unit="pixels",
        table_names=("x0", "y0", "x1", "y1"),
    )
    oriented = CornersAttribute(
        "corners x y of the tight rotated box (the upright box where that is meant)", unit="pixels"
    )
    element = NameAttribute("`xml:id` in `scores/ID.mei`")
    small = FlagAttribute("drawn in grace, cue or small-staff size")
    grace = FlagAttribute("a grace note's")
    part = WordAttribute("the part's id in the score", default="")
    system = NumberAttribute("on the page, from 1; 0 outside systems")
    staff = NumberAttribute("in the score, from 1; 0 where it has none")
    voice = NumberAttribute("in the score, from 1; 0 where it has none")
    measure = WordAttribute("as numbered in the score", default="")
    staff_position = OptionalWholeAttribute(
        "above the bottom line (even = on a line); null off the staff", unit="half staff spaces"
    )
    step = WordAttribute("pitch of noteheads: c…b; else empty", default="")
    alter = OptionalRealAttribute(
        "of noteheads, as sounding; else null", unit="semitones", table_type="float32"
    )
    octave = OptionalWholeAttribute("of noteheads, 4 = the octave of middle C; else null")
    duration = OptionalRealAttribute(
        "of notes and rests, as written; else null", unit="quarter notes", table_type="float64"
    )
    onset = OptionalRealAttribute(
        "of notes and rests, from the start of the score; else null",
        unit="quarter notes",
        table_type="float64",
    )
    parent = NumberAttribute(
        "number of the symbol it belongs to: accidental, flag, dot, articulation, lyric → "
        "notehead; notehead → stem; stem → beam; 0 = none"
    )
    group = NumberAttribute(
        "number of the first symbol of those that one element draws (letters of a dynamic, digits "
        "of a time signature, lines of a staff)"
    )
    text = RareTextAttribute("the words, for text")


ATTRIBUTES: tuple[Attribute[Any, Any], ...] = tuple(
    attribute for attribute in vars(SymbolAttributes).values() if isinstance(attribute, Attribute)
)
_NAMES = frozenset(attribute.name for attribute in ATTRIBUTES)


def _row_type() -> type[tuple[Any, ...]]:
    optional = list(takewhile(lambda attribute: not attribute.is_required, reversed(ATTRIBUTES)))
    return namedtuple(
        "_Row",
        ("number", *(attribute.name for attribute in ATTRIBUTES)),
        defaults=[attribute.default for attribute in reversed(optional)],
    )


_Row = _row_type()


class Symbol(_Row, AsRow, SymbolAttributes):  # type: ignore[misc, valid-type]
    """One atomic symbol on a page: its number, then its attributes as they are declared."""

    __slots__ = ()

    number: int  # 1…n in painting order: the value in the instance map


class Symbols(AsColumns, SymbolAttributes, Sequence[Symbol]):
    """The symbols of a page in columns, numbered from 1; each is there as a row, too.

    Numbers that a symbol need not have are NaN where it has none. Columns that are not given have
    their attribute's default in every row.
    """

    def __init__(self, **columns: Any) -> None:
        unknown = columns.keys() - _NAMES
        if unknown:
            raise TypeError(f"symbols have no {min(unknown)}")
        count = len(columns["element"])
        for attribute in ATTRIBUTES:
            if attribute.name not in columns:
                if attribute.is_required:
                    raise TypeError(f"symbols need {attribute.name}")
                columns[attribute.name] = attribute.column([attribute.default] * count)
        vars(self).update(columns)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"symbols do not change: {name} cannot be set; see `with_columns`")

    @classmethod
    def of(cls, rows: Sequence[Symbol]) -> "Symbols":
        """The columns of *rows*, which are numbered from 1."""
        if isinstance(rows, Symbols):
            return rows
        columns = list(zip(*rows, strict=True))[1:] or [()] * len(ATTRIBUTES)
        return cls(
            **{
                attribute.name: attribute.column(values)
                for attribute, values in zip(ATTRIBUTES, columns, strict=True)
            }
        )

    def with_columns(self, **columns: Any) -> "Symbols":
        """The same symbols with these columns instead of their own."""
        return Symbols(**{**vars(self), **columns})

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

    def rows(self, places: NDArray[np.int64]) -> list[Symbol]:
        """The symbols at *places*, in that order."""
        columns = (attribute.values(vars(self)[attribute.name], places) for attribute in ATTRIBUTES)
        return [_new(Symbol, row) for row in zip((places + 1).tolist(), *columns, strict=True)]
