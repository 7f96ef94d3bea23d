"""The kinds of attributes that a symbol can have: each as a value of a row and as a column.

An attribute is declared once, in `deepscores.page.model.symbols.SymbolAttributes`. Rows, columns,
the symbol table of a dataset and its documentation follow from the declaration.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Generic, Self, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from deepscores.page.geometry import Box
from deepscores.page.model.words import Words

Value = TypeVar("Value")  # of one symbol
Column = TypeVar("Column")  # of many symbols
Rows = NDArray[np.int64]

REQUIRED: Any = object()  # instead of a default
_new = tuple.__new__  # a named tuple from all its fields, in a third of its constructor's time


class AsRow:
    """Marks the class in which an attribute is one value."""

    __slots__ = ()


class AsColumns:
    """Marks the class in which an attribute is a column."""


class Attribute(Generic[Value, Column]):
    """What is known of a symbol under one name, and how the symbol table holds it.

    A symbol that is made without the attribute has its default, and so has a symbol of a dataset
    that was built before the attribute existed.
    """

    name: str  # in rows and columns
    table_names: tuple[str, ...]  # of its columns in the symbol table

    def __init__(
        self,
        meaning: str,
        *,
        unit: str = "",
        default: Value = REQUIRED,
        table_type: str,
        table_names: Sequence[str] = (),
    ) -> None:
        self.meaning = meaning  # as docs/dataset.md states it
        self.unit = unit
        self.default = default
        self.table_type = table_type  # Arrow's name of it
        self.table_names = tuple(table_names)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.table_names = self.table_names or (name,)

    @property
    def is_required(self) -> bool:
        return self.default is REQUIRED

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: AsRow, owner: type) -> Value: ...
    @overload
    def __get__(self, instance: AsColumns, owner: type) -> Column: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        # Rows and columns hold theirs themselves, where Python finds it before it asks here.
        if instance is None:
            return self
        raise AttributeError(f"{owner.__name__} has no {self.name}")

    @abstractmethod
    def column(self, values: Sequence[Value]) -> Column:
        """The column of these values, row by row."""

    @abstractmethod
    def values(self, column: Column, rows: Rows) -> list[Any]:
        """The values of *rows* of the column, in that order."""


class WordAttribute(Attribute[str, Words]):
    """One of few different words."""

    def __init__(self, meaning: str, *, default: str = REQUIRED, table_name: str = "") -> None:
        names = (table_name,) if table_name else ()
        super().__init__(meaning, default=default, table_type="string", table_names=names)

    def column(self, values: Sequence[str]) -> Words:
        return Words.of(values)

    def values(self, column: Words, rows: Rows) -> list[str]:
        return [column.words[code] for code in column.codes[rows].tolist()]


class NameAttribute(Attribute[str, Sequence[str]]):
    """A string that few symbols share."""

    def __init__(self, meaning: str, *, default: str = REQUIRED) -> None:
        super().__init__(meaning, default=default, table_type="string")

    def column(self, values: Sequence[str]) -> Sequence[str]:
        return values

    def values(self, column: Sequence[str], rows: Rows) -> list[str]:
        return [column[row] for row in rows.tolist()]


class RareTextAttribute(Attribute[str, Mapping[int, str]]):
    """A string that most symbols do not have: the column has rows that have one alone."""

    def __init__(self, meaning: str) -> None:
        super().__init__(meaning, default="", table_type="string")

    def column(self, values: Sequence[str]) -> dict[int, str]:
        return {row: value for row, value in enumerate(values) if value}

    def values(self, column: Mapping[int, str], rows: Rows) -> list[str]:
        return [column.get(row, "") for row in rows.tolist()]


class FlagAttribute(Attribute[bool, NDArray[np.bool_]]):
    """Yes or no."""

    def __init__(self, meaning: str, *, default: bool = False) -> None:
        super().__init__(meaning, default=default, table_type="bool")

    def column(self, values: Sequence[bool]) -> NDArray[np.bool_]:
        return np.array(values, np.bool_)

    def values(self, column: NDArray[np.bool_], rows: Rows) -> list[bool]:
        flags: list[bool] = column[rows].tolist()
        return flags


class NumberAttribute(Attribute[int, NDArray[np.int32]]):
    """A whole number; 0 stands for none."""

    def __init__(self, meaning: str, *, default: int = 0) -> None:
        super().__init__(meaning, default=default, table_type="int32")

    def column(self, values: Sequence[int]) -> NDArray[np.int32]:
        return np.array(values, np.int32)

    def values(self, column: NDArray[np.int32], rows: Rows) -> list[int]:
        numbers: list[int] = column[rows].tolist()
        return numbers


class OptionalWholeAttribute(Attribute[int | None, NDArray[np.float64]]):
    """A whole number that a symbol need not have: NaN in the column, null in the table."""

    def __init__(self, meaning: str, *, unit: str = "") -> None:
        super().__init__(meaning, unit=unit, default=None, table_type="int32")

    def column(self, values: Sequence[int | None]) -> NDArray[np.float64]:
        return np.array(values, np.float64)

    def values(self, column: NDArray[np.float64], rows: Rows) -> list[int | None]:
        return [None if value != value else int(value) for value in column[rows].tolist()]


class OptionalRealAttribute(Attribute[float | None, NDArray[np.float64]]):
    """A number that a symbol need not have: NaN in the column, null in the table."""

    def __init__(self, meaning: str, *, unit: str = "", table_type: str) -> None:
        super().__init__(meaning, unit=unit, default=None, table_type=table_type)

    def column(self, values: Sequence[float | None]) -> NDArray[np.float64]:
        return np.array(values, np.float64)

    def values(self, column: NDArray[np.float64], rows: Rows) -> list[float | None]:
        return [None if value != value else value for value in column[rows].tolist()]


class BoxAttribute(Attribute[Box, NDArray[np.float64]]):
    """An upright box; the column is (n, 4), the table has a column per side."""

    def __init__(self, meaning: str, *, unit: str, table_names: Sequence[str]) -> None:
        super().__init__(meaning, unit=unit, table_type="float32", table_names=table_names)

    def column(self, values: Sequence[Box]) -> NDArray[np.float64]:
        return np.array(values, np.float64).reshape(-1, 4)

    def values(self, column: NDArray[np.float64], rows: Rows) -> list[Box]:
        return [_new(Box, box) for box in column[rows].tolist()]


class CornersAttribute(Attribute[tuple[float, ...], Mapping[int, tuple[float, ...]]]):
    """The corners of a turned box, x y x y x y x y; () where that is the upright box.

    The column has the rows that are turned alone; the table has the upright corners of the others.
    """

    def __init__(self, meaning: str, *, unit: str) -> None:
        super().__init__(meaning, unit=unit, default=(), table_type="float32")

    def column(self, values: Sequence[tuple[float, ...]]) -> dict[int, tuple[float, ...]]:
        return {row: value for row, value in enumerate(values) if value}

    def values(
        self, column: Mapping[int, tuple[float, ...]], rows: Rows
    ) -> list[tuple[float, ...]]:
        return [column.get(row, ()) for row in rows.tolist()]
