"""The objects of a dataset in files of numbers that are mapped into memory, not read.

A worker that loads pages needs each page's row and objects, a sampler the objects of each class.
Read from the tables, that is the whole of them in every worker. So they are written once, under one
label set, as columns in the user's cache; all processes share what the system keeps of them.
"""

import json
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from hashlib import file_digest
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from deepscores.dataset.labelled.objects import Objects, labelled_objects, stored_objects
from deepscores.dataset.reader import Dataset, open_dataset
from deepscores.dataset.splits import SPLITS
from deepscores.dataset.symbol_files import rows_by_page
from deepscores.dataset.symbol_table import UPRIGHT_CORNERS
from deepscores.dataset.tables import open_table
from deepscores.errors import DatasetError, RecipeError
from deepscores.page.labels.label_sets import LabelSet
from deepscores.page.model.packing import pack
from deepscores.runs.caches import cache_folders
from deepscores.version import __version__

_FORM = 1  # of the files below
_HEAD = "index.json"
_PAGES = "pages.arrow"
_BUCKETS = (*SPLITS, "")  # by which objects are sorted; "": of no split
_CHUNK = 1 << 20  # objects sorted at once

# Columns: type and width. Most have a row per object, others say what they have a row for.
_COLUMNS: dict[str, tuple[type[np.generic], int]] = {
    "number": (np.uint16, 1),  # of the object's first symbol
    "class_id": (np.uint16, 1),
    "box": (np.float32, 4),
    "of_symbol": (np.uint16, 1),  # per symbol: place among the page's objects + 1, or 0
    "turned_row": (np.uint32, 1),  # objects whose oriented box is not upright
    "turned": (np.float32, 8),
    "object_end": (np.int64, 1),  # per page: objects up to its end
    "symbol_end": (np.int64, 1),
    "by_class": (np.uint32, 1),  # objects by split, class and page
    "patched": (np.uint32, 1),  # the same, only those with a file in patches/
}


@dataclass(frozen=True)
class Index:
    """All pages of a dataset and their objects under one label set."""

    folder: Path  # in the cache

    def __reduce__(self) -> tuple[Any, ...]:
        return Index, (self.folder,)  # another process maps the files itself

    @cached_property
    def head(self) -> dict[str, Any]:
        return dict(json.loads(self._bytes(_HEAD)))

    @cached_property
    def pages(self) -> pa.Table:
        """Rows of ``pages.parquet``."""
        try:
            return pa.ipc.open_file(pa.memory_map(str(self.folder / _PAGES))).read_all()
        except (OSError, pa.ArrowException) as error:
            raise DatasetError(f"{self.folder / _PAGES}: {error}; delete this folder") from None

    def row(self, place: int) -> dict[str, Any]:
        """The row of the page at *place*."""
        return dict(self.pages.slice(place, 1).to_pylist()[0])

    def places(self, split: str) -> NDArray[np.int32]:
        """The places of a split's pages; ``all`` is a split of all pages."""
        if split == "all":
            return np.arange(self.pages.num_rows, dtype=np.int32)
        if split not in SPLITS:
            raise RecipeError(f"split: {split!r} is none of {', '.join(SPLITS)}, all")
        fits = pc.equal(self.pages["split"], split).to_numpy()
        return np.flatnonzero(fits).astype(np.int32)

    @property
    def names(self) -> tuple[str, ...]:
        """Class names, by id - 1."""
        return tuple(self.head["classes"])

    def column(self, name: str) -> NDArray[Any]:
        """One of `_COLUMNS`, mapped into memory."""
        kind, width = _COLUMNS[name]
        path = self.folder / name
        try:
            flat = np.memmap(path, kind, "r") if path.stat().st_size else np.empty(0, kind)
        except OSError as error:
            raise DatasetError(f"{path}: {error.strerror or error}") from None
        return np.asarray(flat if width == 1 else flat.reshape(-1, width))

    @cached_property
    def columns(self) -> dict[str, NDArray[Any]]:
        return {name: self.column(name) for name in _COLUMNS}

    def span(self, unit: str, place: int) -> tuple[int, int]:
        """Start and end of a page's rows; *unit* is ``object`` or ``symbol``."""
        ends = self.columns[f"{unit}_end"]
        return int(ends[place - 1]) if place else 0, int(ends[place])

    def page_of(self, row: int) -> int:
        """The place of the page that an object is on."""
        return int(np.searchsorted(self.columns["object_end"], row, side="right"))

    def symbols(self, place: int) -> int:
        """The number of symbols on a page."""
        start, end = self.span("symbol", place)
        return end - start

    def objects(self, place: int) -> Objects:
        """The labelled objects of a page."""
        start, end = self.span("object", place)
        first, last = self.span("symbol", place)
        columns = self.columns
        box = columns["box"][start:end].astype(np.float64)
        oriented = box[:, UPRIGHT_CORNERS]
        low, high = np.searchsorted(columns["turned_row"], [start, end])
        oriented[columns["turned_row"][low:high] - start] = columns["turned"][low:high]
        of_symbol = np.zeros(last - first + 1, np.int32)
        of_symbol[1:] = columns["of_symbol"][first:last]
        return Objects(
            columns["number"][start:end].astype(np.int32),
            columns["class_id"][start:end].astype(np.int32),
            box,
            oriented,
            np.ones(end - start),
            of_symbol,
        )

    def of_class(self, kind: str, split: str, class_id: int) -> tuple[int, int]:
        """Start and end of a class and split in ``by_class`` or ``patched``."""
        if not 1 <= class_id <= len(self.names):
            raise ValueError(f"class {class_id} is not within 1…{len(self.names)}")
        starts = self.head[f"{kind}_starts"]
        place = _BUCKETS.index(split) * len(self.names) + class_id - 1
        return starts[place], starts[place + 1]

    def _bytes(self, name: str) -> bytes:
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise DatasetError(f"{self.folder / name}: {error.strerror}") from None


def open_index(folder: str | Path, labels: LabelSet | None = None) -> Index:
    """The index of the dataset in *folder* under a label set, by default its own; built if needed.

    Raise DatasetError for a missing or damaged dataset.
    """
    dataset = open_dataset(folder)
    name = f"objects-{_key(dataset, labels)}"
    for cache in cache_folders():
        place = cache / name
        if (place / _HEAD).exists():
            return Index(place)
        with suppress(OSError):
            cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(cache, os.W_OK):
            return _build(dataset, labels, place)
    raise RecipeError("no writable cache folder for an index; set XDG_CACHE_HOME")


def _key(dataset: Dataset, labels: LabelSet | None) -> str:
    manifest = dataset.folder / "manifest.tsv"
    is_finished = manifest.exists()  # else only its place and recipe identify the dataset
    with open(manifest if is_finished else dataset.folder / "dataset.json", "rb") as file:
        digest = file_digest(file, "sha256")
    location = "" if is_finished else str(dataset.folder.resolve())
    label_set = json.dumps(labels.as_table() if labels else None, sort_keys=True)
    digest.update(f"{_FORM} {__version__} {location} {label_set}".encode())
    return digest.hexdigest()[:32]


def _build(dataset: Dataset, labels: LabelSet | None, place: Path) -> Index:
    """Build the index beside *place* and move it there, unless another process was faster."""
    partial = Path(tempfile.mkdtemp(prefix=f"{place.name}-", dir=place.parent))
    try:
        head = {"classes": [label_class.name for label_class in (labels or dataset.labels).classes]}
        _write_objects(dataset, labels, partial)
        index = Index(partial)
        (partial / _HEAD).write_text(json.dumps(head), "utf-8")
        head |= _write_sorted(index, dataset, with_patches=labels is None)
        (partial / _HEAD).write_text(json.dumps(head), "utf-8")
        with suppress(OSError):  # another process built the same
            partial.rename(place)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Index(place)


def _write_objects(dataset: Dataset, labels: LabelSet | None, folder: Path) -> None:
    """Write all columns that follow the order of the pages, page by page."""
    for name in _COLUMNS:
        (folder / name).touch()
    ends = {"object": 0, "symbol": 0}
    names = ("number", "class_id", "box", "of_symbol", "turned_row", "turned", "object_end")
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(open(folder / name, "wb")) for name in (*names, "symbol_end")
        }

        def append(name: str, values: Any) -> None:
            files[name].write(np.ascontiguousarray(values, _COLUMNS[name][0]).tobytes())

        for symbols in _symbols_of_pages(dataset, folder / _PAGES):
            objects = labelled_objects(symbols, labels) if labels else stored_objects(symbols)
            turned = np.flatnonzero(
                (objects.oriented != objects.box[:, UPRIGHT_CORNERS]).any(axis=1)
            )
            append("number", objects.number)
            append("class_id", objects.class_id)
            append("box", objects.box)
            append("of_symbol", objects.of_symbol[1:])
            append("turned_row", turned + ends["object"])
            append("turned", objects.oriented[turned])
            ends["object"] += len(objects)
            ends["symbol"] += symbols.num_rows
            append("object_end", ends["object"])
            append("symbol_end", ends["symbol"])


def _symbols_of_pages(dataset: Dataset, copy: Path) -> Iterator[pa.Table]:
    """Yield each page's symbols in the order of ``pages.parquet``, which is copied to *copy*."""
    source = open_table(dataset.folder / "pages.parquet")
    tables = _pieces(dataset)
    waiting = next(tables, None)
    with pa.ipc.new_file(str(copy), source.schema_arrow) as sink:
        for batch in source.iter_batches():
            sink.write_batch(batch)
            for row in batch.to_pylist():
                if waiting is not None and waiting[0] == row["page"]:
                    symbols = waiting[1]
                    waiting = next(tables, None)
                else:  # it has none, or the tables are in another order
                    symbols = dataset.page_of(row).symbols
                if symbols["number"].to_pylist() != list(range(1, symbols.num_rows + 1)):
                    raise DatasetError(
                        f"{dataset.folder}: {row['page']}: its symbols are not numbered 1, 2, 3 …"
                    )
                yield symbols


def _pieces(dataset: Dataset) -> Iterator[tuple[str, pa.Table]]:
    """The symbol table, page by page in its own order, with the pages' names."""
    for table in dataset.symbols():
        yield from rows_by_page(table).items()


def _write_sorted(index: Index, dataset: Dataset, *, with_patches: bool) -> dict[str, Any]:
    """Write the columns sorted by split and class; return where each split and class begins."""
    classes = len(index.names)
    splits = np.array([_bucket(split) for split in index.pages["split"].to_pylist()], np.int64)
    ends, ids = index.columns["object_end"], index.columns["class_id"]
    if len(ids) and not 1 <= ids.min() <= ids.max() <= classes:
        raise DatasetError(
            f"{dataset.folder}: an object of class {ids.min()}…{ids.max()}; the label set has "
            f"1…{classes}"
        )

    def keys(rows: NDArray[Any]) -> NDArray[np.int64]:
        pages = np.searchsorted(ends, rows, side="right")
        return pack([splits[pages], ids[rows].astype(np.int64) - 1], [len(_BUCKETS), classes])

    def row_chunks() -> Iterator[NDArray[np.int64]]:
        for start in range(0, len(ids), _CHUNK):
            yield np.arange(start, min(start + _CHUNK, len(ids)))

    patched = [_patched(index, dataset)] if with_patches else []
    return {
        "by_class_starts": _sorted_by(keys, row_chunks, classes, index.folder / "by_class"),
        "patched_starts": _sorted_by(
            keys, lambda: iter(patched), classes, index.folder / "patched"
        ),
    }


def _bucket(split: str) -> int:
    return SPLITS.index(split) if split in SPLITS else len(SPLITS)


def _sorted_by(
    keys: Callable[[NDArray[Any]], NDArray[np.int64]],
    chunks: Callable[[], Iterator[NDArray[np.int64]]],
    classes: int,
    path: Path,
) -> list[int]:
    """Write the rows of *chunks* sorted by their keys; return where each key begins.

    One chunk at a time is in memory.
    """
    room = len(_BUCKETS) * classes
    counts = sum(
        (np.bincount(keys(rows), minlength=room) for rows in chunks()), np.zeros(room, np.int64)
    )
    starts = np.concatenate([[0], np.cumsum(counts)])
    if starts[-1]:
        sink = np.memmap(path, np.uint32, "w+", shape=(int(starts[-1]),))
        free = starts[:-1].copy()
        for rows in chunks():
            key = keys(rows)
            order = np.argsort(key, kind="stable")
            key = key[order]
            rank = np.arange(len(key)) - np.searchsorted(key, key)
            sink[free[key] + rank] = rows[order]
            free += np.bincount(key, minlength=room)
        sink.flush()
    return [int(start) for start in starts]


def _patched(index: Index, dataset: Dataset) -> NDArray[np.int64]:
    """The objects that have a file in ``patches/``, in order."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for name in index.names:
        folder = dataset.folder / "patches" / name
        if folder.is_dir():
            for entry in os.scandir(folder):
                stem, _, number = entry.name.removesuffix(".png").rpartition("-")
                if entry.name.endswith(".png") and number.isdecimal():
                    numbers[stem].append(int(number))
    rows = []
    for place, page in enumerate(index.pages["page"].to_pylist()):
        start, end = index.span("object", place)
        has_patch = np.isin(index.columns["number"][start:end], numbers.pop(page, ()))
        rows.append(start + np.flatnonzero(has_patch))
    if numbers:
        raise DatasetError(f"{dataset.folder}: patches of no page: {min(numbers)}")
    return np.concatenate(rows) if rows else np.empty(0, np.int64)
