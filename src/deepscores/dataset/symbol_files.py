"""The files of the symbol table, and where in them the symbols of a page are."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from deepscores.dataset.columns import SYMBOLS
from deepscores.dataset.tables import open_table, read_row_group, read_row_groups


class RowGroup(NamedTuple):
    """A row group of one file of the symbol table."""

    path: Path
    place: int  # in the file
    first: str | None  # page by name; None: the file does not say
    last: str | None

    def may_have(self, page: str) -> bool:
        """Whether symbols of *page* may be in it; names of pages are ordered."""
        if self.first is None or self.last is None:
            return True
        return self.first <= page <= self.last

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Its rows, or some of their *columns*."""
        return read_row_group(self.path, self.place, columns)

    def pages(self) -> list[str]:
        """The pages that have symbols in it."""
        return [str(page) for page in self.read(["page"])["page"].unique().to_pylist()]


class SymbolFiles:
    """Finds the symbols of a page; the row group that was read last stays in memory."""

    def __init__(self, row_groups: Sequence[RowGroup]) -> None:
        self.row_groups = tuple(row_groups)
        self._latest: _Latest | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return SymbolFiles, (self.row_groups,)  # another process reads for itself

    def of_page(self, page: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of *page*, or some of their *columns*."""
        parts = [
            self._rows(group, page, columns) for group in self.row_groups if group.may_have(page)
        ]
        empty = SYMBOLS.empty_table()
        return pa.concat_tables(parts or [empty if columns is None else empty.select(columns)])

    def tables(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """The whole symbol table, row group by row group, or some *columns* of it."""
        for path in dict.fromkeys(group.path for group in self.row_groups):
            yield from read_row_groups(path, columns)

    def _rows(self, group: RowGroup, page: str, columns: Sequence[str] | None) -> pa.Table:
        key = (group.path, group.place, None if columns is None else tuple(columns))
        if self._latest is None or self._latest.key != key:
            table = group.read(columns)
            self._latest = _Latest(key, table, rows_by_page(table))
        return self._latest.by_page.get(page, self._latest.table.slice(0, 0))


class _Latest(NamedTuple):
    key: tuple[Path, int, tuple[str, ...] | None]
    table: pa.Table
    by_page: dict[str, pa.Table]


def open_symbol_files(folder: Path) -> SymbolFiles:
    """The symbol table of the dataset in *folder*; DatasetError if one of its files is damaged."""
    row_groups: list[RowGroup] = []
    for path in sorted((folder / "symbols").glob("*.parquet")):
        metadata = open_table(path).metadata
        for place in range(metadata.num_row_groups):
            if not metadata.row_group(place).num_rows:
                continue
            statistics = metadata.row_group(place).column(0).statistics
            bounds = (None, None)
            if statistics is not None and statistics.has_min_max:
                bounds = (statistics.min, statistics.max)
            row_groups.append(RowGroup(path, place, *bounds))
    return SymbolFiles(row_groups)


def rows_by_page(table: pa.Table) -> dict[str, pa.Table]:
    """The rows of each page, in the order of the table: views of it where they stand together."""
    if not table.num_rows:
        return {}
    runs = pc.run_end_encode(table["page"].combine_chunks())
    ends, pages = runs.run_ends.to_pylist(), runs.values.to_pylist()
    if len(set(pages)) < len(pages):  # the table was sorted in another way
        return {page: table.filter(pc.field("page") == page) for page in dict.fromkeys(pages)}
    return {
        page: table.slice(start, end - start)
        for page, start, end in zip(pages, [0, *ends[:-1]], ends, strict=True)
    }
