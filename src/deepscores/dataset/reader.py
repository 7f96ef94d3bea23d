"""Reading a dataset back: pages, symbols and labels, one page at a time."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from deepscores.dataset.annotations import Annotation, read_voc
from deepscores.dataset.columns import SYMBOLS
from deepscores.dataset.layout import IMAGES, INSTANCES, MASKS, XML, require_dataset
from deepscores.errors import DatasetError
from deepscores.page.labels.label_sets import LabelSet, parse_label_set_table
from deepscores.page.labels.run_lengths import decode_rle
from deepscores.page.model import Runs


@dataclass(frozen=True)
class DatasetPage:
    """One page: its row of ``pages.parquet``, and its files, read when asked for."""

    folder: Path
    row: dict[str, Any]
    _symbols: "_SymbolFiles"

    @property
    def name(self) -> str:
        return str(self.row["page"])

    @property
    def split(self) -> str:
        """``train``, ``val`` or ``test``."""
        return str(self.row["split"])

    @property
    def image(self) -> NDArray[np.uint8]:
        """(height, width), 255 = paper."""
        return self._pixels(IMAGES).astype(np.uint8, copy=False)

    @property
    def mask(self) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """(height, width), class id per pixel, 0 = paper or unlabelled."""
        return self._pixels(MASKS)

    @property
    def instances(self) -> NDArray[np.uint16]:
        """(height, width), symbol number per pixel, 0 = paper."""
        return self._pixels(INSTANCES).astype(np.uint16, copy=False)

    @property
    def instance_runs(self) -> tuple[Runs, int]:
        """`instances` as runs of one number, and the width; quicker, for most of it is paper."""
        from deepscores.dataset.png.codec import decode_runs_png

        path = self.folder / INSTANCES / f"{self.name}.png"
        return decode_runs_png(_read(path), str(path))

    @property
    def objects(self) -> list[Annotation]:
        """Labelled objects: class name and box ``x0 y0 x1 y1`` in pixels."""
        path = self.folder / XML / f"{self.name}.xml"
        return list(read_voc(_read(path), str(path)))

    @property
    def symbols(self) -> pa.Table:
        """Rows of the symbol table, one a symbol, by number."""
        return self._symbols.of_page(self.name)

    def whole_mask(self, number: int) -> NDArray[np.bool_]:
        """(height, width): the pixels symbol *number* would own if nothing else were drawn.

        Raise DatasetError for a dataset that was built without whole masks.
        """
        symbols = self.symbols
        if "whole_mask" not in symbols.column_names:
            raise DatasetError(f"{self.folder}: was built without whole masks")
        counts = symbols["whole_mask"][number - 1].as_py()
        return decode_rle(counts, self.row["width"], self.row["height"])

    def _pixels(self, kind: str) -> NDArray[np.uint8] | NDArray[np.uint16]:
        # Compiled loops: tables are read without them.
        from deepscores.dataset.png.codec import decode_png

        path = self.folder / kind / f"{self.name}.png"
        return decode_png(_read(path), str(path))


@dataclass(frozen=True)
class Dataset(Sequence[DatasetPage]):
    """A finished dataset. A sequence of pages; files are opened when a page is asked for them."""

    folder: Path
    info: dict[str, Any]  # dataset.json

    @cached_property
    def labels(self) -> LabelSet:
        return parse_label_set_table(self.info["label_set"], "dataset.json")

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        return [
            row for part in _row_groups(self.folder / "pages.parquet") for row in part.to_pylist()
        ]

    @cached_property
    def scores(self) -> list[dict[str, Any]]:
        """Rows of ``scores.parquet``: what each score says of itself."""
        return [
            row for part in _row_groups(self.folder / "scores.parquet") for row in part.to_pylist()
        ]

    @property
    def skipped(self) -> list[dict[str, Any]]:
        """What the build left out and why: ``score``, ``page``, ``reason``, ``detail``."""
        path = self.folder / "skipped.jsonl"
        if not path.exists():
            return []
        try:
            return [json.loads(line) for line in _read(path).splitlines() if line.strip()]
        except ValueError as error:
            raise DatasetError(f"{path}: not JSON lines: {error}") from None

    @cached_property
    def _symbol_files(self) -> "_SymbolFiles":
        return _SymbolFiles(self.folder / "symbols")

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        if isinstance(index, str):
            if index not in self._places:
                raise DatasetError(f"{self.folder}: no page {index!r}")
            index = self._places[index]
        return self.page_of(self._rows[index])

    def page_of(self, row: dict[str, Any]) -> DatasetPage:
        """The page of a row of ``pages.parquet`` that was found in another way, as by a query."""
        return DatasetPage(self.folder, row, self._symbol_files)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {row["page"]: place for place, row in enumerate(self._rows)}

    def split(self, name: str) -> list[DatasetPage]:
        """Pages of one split: ``train``, ``val`` or ``test``."""
        if name not in ("train", "val", "test"):
            raise DatasetError(f"no split {name!r}; there are train, val and test")
        return [page for page in self if page.split == name]

    def symbols(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """The symbol table in pieces, all pages in order, without holding it all."""
        for path in self._symbol_files.paths:
            yield from _row_groups(path, columns)


class _SymbolFiles:
    """Finds a page's rows by the row groups' statistics: pages do not straddle row groups."""

    def __init__(self, folder: Path) -> None:
        self.paths = sorted(folder.glob("*.parquet"))
        self._groups: list[tuple[Path, int, Any, Any]] = []  # with the first and last page's name
        self._last: tuple[tuple[Path, int], pa.Table, dict[str, pa.Table]] | None = None
        for path in self.paths:
            metadata = _open(path).metadata
            for group in range(metadata.num_row_groups):
                statistics = metadata.row_group(group).column(0).statistics
                if statistics is not None and statistics.has_min_max:
                    self._groups.append((path, group, statistics.min, statistics.max))

    def of_page(self, stem: str) -> pa.Table:
        found = [
            self._read(path, group, stem)
            for path, group, low, high in self._groups
            if low <= stem <= high
        ]
        return pa.concat_tables(found or [SYMBOLS.empty_table()])

    def _read(self, path: Path, group: int, stem: str) -> pa.Table:
        if self._last is None or self._last[0] != (path, group):
            table = _open(path).read_row_group(group)
            self._last = ((path, group), table, _stretches(table))
        _, table, stretches = self._last
        return stretches.get(stem, table.slice(0, 0))


def _stretches(table: pa.Table) -> dict[str, pa.Table]:
    """The rows of each page: views of *table*, where a page's rows stand together."""
    if not table.num_rows:
        return {}
    runs = pc.run_end_encode(table["page"].combine_chunks())
    ends, names = runs.run_ends.to_pylist(), runs.values.to_pylist()
    if len(set(names)) < len(names):  # somebody has sorted them otherwise
        return {name: table.filter(pc.field("page") == name) for name in set(names)}
    return {
        name: table.slice(start, end - start)
        for name, start, end in zip(names, [0, *ends[:-1]], ends, strict=True)
    }


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror or error}") from None
    except pa.ArrowException as error:
        raise DatasetError(f"{path}: not a readable table: {error}") from None


def _row_groups(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    file = _open(path)
    for group in range(file.num_row_groups):
        yield file.read_row_group(group, columns=list(columns) if columns else None)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from None


def open_dataset(folder: str | Path) -> Dataset:
    """Open the finished dataset in *folder*; raise DatasetError if there is none."""
    return Dataset(Path(folder), require_dataset(Path(folder)))
