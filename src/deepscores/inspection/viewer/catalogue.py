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
_LISTED = ("page", *_NAMES, "width", "height", "symbols", "objects")
ORDERS = ("dataset", "most symbols", "fewest symbols", "most of the class", "most findings")


class Filters(NamedTuple):
    """Which pages, in which order; what is empty or None leaves all in."""

    name: str = ""  # part of the page's name, in any case
    class_name: str = ""
    font: str = ""
    engraver: str = ""
    split: str = ""
    size: str = ""  # "1894x2668"
    least: int | None = None  # symbols
    most: int | None = None
    finding: str = ""  # a check of the audit, or ANY
    order: str = ORDERS[0]


ANY = "any"


def parse_filters(words: Mapping[str, str]) -> Filters:
    """Filters from the words of an address; raise RecipeError for what is none."""
    names = {one: words[one] for one in Filters._fields if words.get(one)}
    given: dict[str, Any] = dict(names)
    given["class_name"] = words.get("class", "")
    for name in ("least", "most"):
        if name in given:
            if not (given[name].isascii() and given[name].isdecimal()):
                raise RecipeError(f"{name}: {given[name]!r} is not a number")
            given[name] = int(given[name][:_DIGITS])
    if given.setdefault("order", ORDERS[0]) not in ORDERS:
        raise RecipeError(f"order: {given['order']!r} is none of {', '.join(ORDERS)}")
    return Filters(**given)


_DIGITS = 18  # of a number; more are more than any page has


class Catalogue:
    """What the page list shows and filters by. A page costs some 100 bytes."""

    def __init__(self, folder: Path) -> None:
        self._path = locate(folder, _TABLE)
        self._columns = read_columns(self._path, _LISTED, _NAMES)
        self._places = {name: at for at, name in enumerate(self._columns["page"].to_pylist())}
        wide, high = (self._columns[one].cast(pa.string()) for one in ("width", "height"))
        sizes = pc.binary_join_element_wise(wide, high, "x").dictionary_encode()
        # In one piece: a table of many row groups is searched many times slower.
        self._columns = self._columns.append_column("size", sizes).combine_chunks()

    def __len__(self) -> int:
        return len(self._columns)

    def place(self, name: str) -> int:
        """Where the page *name* stands; raise NotThereError if there is none."""
        if name not in self._places:
            raise NotThereError(f"no page {name!r}")
        return self._places[name]

    def places(self, names: Sequence[str]) -> Places:
        """Where pages stand; -1 for a name that no page has."""
        return np.array([self._places.get(one, -1) for one in names], np.int64)

    def choices(self) -> dict[str, list[tuple[str, int]]]:
        """The values that pages have in each column to choose by, and how many have each."""
        return {column: self._count(column) for column in (*_NAMES, "size")}

    def _count(self, column: str) -> list[tuple[str, int]]:
        counts = self._columns[column].value_counts().to_pylist()
        return sorted((str(one["values"]), int(one["counts"])) for one in counts)

    def extent(self) -> tuple[int, int]:
        """The fewest and the most symbols of a page."""
        found = pc.min_max(self._columns["symbols"]).as_py()
        return found["min"] or 0, found["max"] or 0

    def matching(self, wanted: Filters) -> NDArray[np.bool_]:
        """Which pages pass the filters that look at pages alone."""
        symbols = self._numbers("symbols")
        passed = np.ones(len(self), np.bool_)
        for column in (*_NAMES, "size"):
            value = getattr(wanted, column)
            if value:
                passed &= self._equals(column, value)
        if wanted.name:
            found = pc.match_substring(self._columns["page"], wanted.name, ignore_case=True)
            passed &= found.to_numpy(zero_copy_only=False)
        if wanted.least is not None:
            passed &= symbols >= wanted.least
        if wanted.most is not None:
            passed &= symbols <= wanted.most
        return passed

    def _equals(self, column: str, value: str) -> NDArray[np.bool_]:
        found = pc.fill_null(pc.equal(self._columns[column], value), False)
        return np.asarray(found.to_numpy(zero_copy_only=False), np.bool_)

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

    def listed(self, places: Places) -> list[dict[str, Any]]:
        """What the list shows of some pages."""
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
