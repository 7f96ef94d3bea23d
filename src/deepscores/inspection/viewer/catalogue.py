"""The pages of a dataset, to choose from by columns that are held in memory."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from deepscores.errors import RecipeError
from deepscores.inspection.viewer.columns import read_columns
from deepscores.inspection.viewer.files import NotThereError, locate

Places = NDArray[np.int64]  # of pages in pages.parquet, from 0

_TABLE = "pages.parquet"
_NAMES = ("split", "engraver", "font")  # few values, many pages
_LIST_COLUMNS = ("page", *_NAMES, "width", "height", "symbols", "objects")
ORDERS = ("dataset", "most symbols", "fewest symbols", "most of the class", "most findings")


class Filters(NamedTuple):
    """Which pages, in which order; empty or None: all."""

    name: str = ""  # part of the page's name, in any case
    class_name: str = ""
    font: str = ""
    engraver: str = ""
    split: str = ""
    size: str = ""  # "1894x2668"
    min_symbols: int | None = None  # symbols
    max_symbols: int | None = None
    finding: str = ""  # a check of the audit, or ANY
    order: str = ORDERS[0]


ANY = "any"


def parse_filters(words: Mapping[str, str]) -> Filters:
    """Filters from the parameters of an address; raise RecipeError for invalid ones."""
    values: dict[str, Any] = {
        field: words[parameter]
        for field in Filters._fields
        if words.get(parameter := _PARAMETERS.get(field, field))
    }
    for field in ("min_symbols", "max_symbols"):
        if field in values:
            text = values[field]
            if not (text.isascii() and text.isdecimal()):
                raise RecipeError(f"{_PARAMETERS[field]}: {text!r} is not a number")
            values[field] = int(text[:_MAX_DIGITS])
    if values.setdefault("order", ORDERS[0]) not in ORDERS:
        raise RecipeError(f"order: {values['order']!r} is not one of {', '.join(ORDERS)}")
    return Filters(**values)


# Parameters of an address where they are called otherwise than the field.
_PARAMETERS = {"class_name": "class", "min_symbols": "least", "max_symbols": "most"}
_MAX_DIGITS = 18  # of a number; no page has more symbols


class Catalogue:
    """The columns that the page list shows and filters by; some 100 bytes per page."""

    def __init__(self, folder: Path) -> None:
        self._path = locate(folder, _TABLE)
        self._columns = read_columns(self._path, _LIST_COLUMNS, _NAMES)
        self._places = {name: place for place, name in enumerate(self._columns["page"].to_pylist())}
        widths, heights = (self._columns[side].cast(pa.string()) for side in ("width", "height"))
        sizes = pc.binary_join_element_wise(widths, heights, "x").dictionary_encode()
        # In one piece: a table of many row groups is searched many times slower.
        self._columns = self._columns.append_column("size", sizes).combine_chunks()

    def __len__(self) -> int:
        return len(self._columns)

    def place(self, name: str) -> int:
        """The place of the page *name*; raise NotThereError if there is none."""
        if name not in self._places:
            raise NotThereError(f"no page {name!r}")
        return self._places[name]

    def places(self, names: Sequence[str]) -> Places:
        """The places of pages; -1 for an unknown name."""
        return np.array([self._places.get(name, -1) for name in names], np.int64)

    def choices(self) -> dict[str, list[tuple[str, int]]]:
        """The values that pages have in each column to choose by, and how many have each."""
        return {column: self._count(column) for column in (*_NAMES, "size")}

    def _count(self, column: str) -> list[tuple[str, int]]:
        counts = self._columns[column].value_counts().to_pylist()
        return sorted((str(row["values"]), int(row["counts"])) for row in counts)

    def extent(self) -> tuple[int, int]:
        """The fewest and the most symbols of a page."""
        extremes = pc.min_max(self._columns["symbols"]).as_py()
        return extremes["min"] or 0, extremes["max"] or 0

    def matching(self, filters: Filters) -> NDArray[np.bool_]:
        """Which pages pass the filters that look at pages alone."""
        symbols = self._numbers("symbols")
        passed = np.ones(len(self), np.bool_)
        for column in (*_NAMES, "size"):
            value = getattr(filters, column)
            if value:
                passed &= self._equals(column, value)
        if filters.name:
            matches = pc.match_substring(self._columns["page"], filters.name, ignore_case=True)
            passed &= matches.to_numpy(zero_copy_only=False)
        if filters.min_symbols is not None:
            passed &= symbols >= filters.min_symbols
        if filters.max_symbols is not None:
            passed &= symbols <= filters.max_symbols
        return passed

    def _equals(self, column: str, value: str) -> NDArray[np.bool_]:
        matches = pc.fill_null(pc.equal(self._columns[column], value), False)
        return np.asarray(matches.to_numpy(zero_copy_only=False), np.bool_)

    def _numbers(self, column: str) -> NDArray[np.int64]:
        return np.asarray(self._columns[column].to_numpy(), np.int64)

    def ordered(self, places: Places, order: str, ranks: NDArray[np.int64] | None) -> Places:
        """*places* in *order*; *ranks*, by place, are what "most …" counts, if not symbols."""
        if order == "fewest symbols":
            ranks = -self._numbers("symbols")
        elif order == "most symbols":
            ranks = self._numbers("symbols")
        if ranks is None:
            return places
        return places[np.argsort(-ranks[places], kind="stable")]

    def list_rows(self, places: Places) -> list[dict[str, Any]]:
        """The list's rows of pages."""
        rows = self._columns.take(pa.array(places)).to_pylist()
        return [{"place": int(place), **row} for place, row in zip(places, rows, strict=True)]

    def row(self, place: int) -> dict[str, Any]:
        """A page's whole row, read from the file."""
        file = pq.ParquetFile(self._path)
        first = 0
        for group in range(file.num_row_groups):
            count = file.metadata.row_group(group).num_rows
            if place < first + count:
                row: dict[str, Any] = (
                    file.read_row_group(group).slice(place - first, 1).to_pylist()[0]
                )
                return row
            first += count
        raise NotThereError(f"no page at {place}")
