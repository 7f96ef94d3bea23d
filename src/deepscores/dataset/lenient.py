"""Reading a dataset of ours for an audit: leniently, for it may be damaged or old."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from deepscores.dataset.annotations import read_voc
from deepscores.dataset.audited import OwnPage, Patch, Symbols
from deepscores.dataset.layout import DATASET, IMAGES, IMPORTED, INSTANCES, MASKS, PATCHES, XML
from deepscores.dataset.png.codec import decode_png
from deepscores.errors import DatasetError
from deepscores.page.labels.readability import Readability
from deepscores.runs.caches import file_stamp

_PAGES_A_TASK = 32
_FARTHEST = 1e6  # pixels: what damaged tables hold beyond it is as wrong there
_UNREADABLE = (OSError, pa.ArrowException)
_BOX = ("x0", "y0", "x1", "y1")
_VISIBLE = tuple(f"visible_{side}" for side in _BOX)
_NUMBERS = ("number", "object", "class_id", "visible_area", "whole_area", "parent", "group")
_COLUMNS = ("page", "class", "kind", "smufl", "role", *_BOX, *_VISIBLE, *_NUMBERS)


@dataclass(frozen=True)
class OwnDataset:
    """What an audit needs of a dataset as a whole."""

    folder: Path
    info: dict[str, Any]  # dataset.json; empty if there is none
    pages: list[dict[str, Any]]  # pages.parquet
    class_names: tuple[str, ...]  # by id - 1
    patch_size: tuple[int, int]
    limits: Readability
    patches: dict[str, list[tuple[str, int]]]  # page → folder and number of each patch

    @property
    def imported(self) -> bool:
        """Whether its labels are another's."""
        return IMPORTED in self.info.get("recipe", {})


@dataclass(frozen=True, slots=True)
class OwnTask:
    """Some pages, and the row group that has their symbols."""

    dataset: Path
    part: Path | None  # None: no part has them
    group: int
    rows: list[dict[str, Any]]
    class_names: tuple[str, ...]
    patch_size: tuple[int, int]
    limits: Readability
    patches: dict[str, list[tuple[str, int]]]
    imported: bool = False


def is_own(folder: Path) -> bool:
    """Whether *folder* holds a dataset of ours, whole or damaged."""
    return (folder / "symbols").is_dir() and (folder / "pages.parquet").exists()


def open_own(folder: Path) -> OwnDataset:
    """The dataset in *folder*; raise DatasetError if the table of pages cannot be read."""
    info = read_json(folder / DATASET) if (folder / DATASET).exists() else {}
    classes = info.get("label_set", {}).get("class", [])
    width, height = info.get("recipe", {}).get("patches", (45, 170))
    return OwnDataset(
        folder,
        info,
        read_table(folder / "pages.parquet").to_pylist(),
        tuple(str(one.get("name")) for one in classes),
        (int(width), int(height)),
        _limits(info),
        _find_patches(folder / PATCHES),
    )


def _limits(info: dict[str, Any]) -> Readability:
    """The limits by which the dataset's pages were let in."""
    table = info.get("recipe", {}).get("readability", {})
    try:
        return Readability.from_table(table)
    except (AttributeError, TypeError, ValueError) as error:
        raise DatasetError(f"{DATASET}: {error}") from None


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; raise DatasetError where there is none."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path}: not readable JSON: {error}") from None
    if not isinstance(content, dict):
        raise DatasetError(f"{path}: not a JSON object")
    return content


def read_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """A whole Parquet file; raise DatasetError where it cannot be read."""
    try:
        return pq.ParquetFile(path).read(columns)
    except _UNREADABLE as error:
        raise DatasetError(f"{path}: not a readable table: {_line(error)}") from None


def _line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _find_patches(folder: Path) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for path in sorted(folder.glob("*/*.png")):
        stem, _, number = path.stem.rpartition("-")
        if number.isdecimal():
            found[stem].append((path.parent.name, int(number)))
    return dict(found)


def row_groups(folder: Path) -> Iterator[tuple[Path, int, list[str]]]:
    """Yield each row group of the symbol table with its pages; DatasetError if one is damaged."""
    for path in sorted((folder / "symbols").glob("*.parquet")):
        try:
            file = pq.ParquetFile(path)
            for group in range(file.num_row_groups):
                pages = file.read_row_group(group, columns=["page"])["page"]
                yield path, group, [str(page) for page in pages.unique().to_pylist()]
        except _UNREADABLE as error:
            raise DatasetError(f"{path}: not a readable table: {_line(error)}") from None


def plan_tasks(dataset: OwnDataset, chosen: set[str]) -> Iterator[OwnTask]:
    """The *chosen* pages in tasks, those of one row group together."""
    rows = {row["page"]: row for row in dataset.pages if row["page"] in chosen}
    for part, group, pages in row_groups(dataset.folder):
        mine = [rows.pop(page) for page in pages if page in rows]
        for first in range(0, len(mine), _PAGES_A_TASK):
            yield _task(dataset, part, group, mine[first : first + _PAGES_A_TASK])
    if rows:
        yield _task(dataset, None, 0, list(rows.values()))


def _task(
    dataset: OwnDataset, part: Path | None, group: int, rows: list[dict[str, Any]]
) -> OwnTask:
    return OwnTask(
        dataset.folder,
        part,
        group,
        rows,
        dataset.class_names,
        dataset.patch_size,
        dataset.limits,
        {row["page"]: dataset.patches.get(row["page"], []) for row in rows},
        dataset.imported,
    )


def load_page(task: OwnTask, row: dict[str, Any]) -> OwnPage:
    """Read one page of *task*; raise DatasetError for a file that is missing or damaged."""
    stem, folder = row["page"], task.dataset

    def pixels(kind: str) -> NDArray[np.uint8] | NDArray[np.uint16]:
        path = folder / kind / f"{stem}.png"
        return decode_png(read_bytes(path), str(path))

    image, classes, instances = pixels(IMAGES), pixels(MASKS), pixels(INSTANCES)
    for kind, array in ((MASKS, classes), (INSTANCES, instances)):
        if array.shape != image.shape:
            sizes = [f"{one.shape[1]} x {one.shape[0]} px" for one in (array, image)]
            raise DatasetError(f"{folder / kind / stem}.png: {sizes[0]}, the image is {sizes[1]}")
    xml = folder / XML / f"{stem}.xml"
    return OwnPage(
        stem,
        row,
        image.astype(np.uint8, copy=False),
        classes,
        instances.astype(np.uint16, copy=False),
        list(read_voc(read_bytes(xml), str(xml))),
        _symbols(task, stem),
        list(_patches(task, stem)),
        task.class_names,
        task.patch_size,
        task.limits,
        task.imported,
    )


def read_bytes(path: Path) -> bytes:
    """The content of a file; raise DatasetError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from None


def _patches(task: OwnTask, stem: str) -> Iterator[Patch]:
    for name, number in task.patches[stem]:
        path = task.dataset / PATCHES / name / f"{stem}-{number:05d}.png"
        pixels = decode_png(read_bytes(path), str(path))
        yield Patch(name, number, pixels.astype(np.uint8, copy=False))


@lru_cache(maxsize=1)  # a row group's pages come one after another
def _read_group(part: Path, group: int, _: tuple[int, int, int]) -> pa.Table:
    try:
        return pq.ParquetFile(part).read_row_group(group, columns=list(_COLUMNS))
    except _UNREADABLE as error:
        raise DatasetError(f"{part}: not a readable table: {_line(error)}") from None


@lru_cache(maxsize=1)
def _places(part: Path, group: int, stamp: tuple[int, int, int]) -> dict[str, NDArray[np.int64]]:
    """Where in the row group each page's rows are."""
    pages = _read_group(part, group, stamp)["page"].combine_chunks().dictionary_encode()
    codes = pages.indices.to_numpy(zero_copy_only=False)
    order = np.argsort(codes, kind="stable")
    cuts = np.searchsorted(codes[order], np.arange(len(pages.dictionary) + 1))
    names = pages.dictionary.to_pylist()
    return {str(name): order[cuts[i] : cuts[i + 1]] for i, name in enumerate(names)}


def _symbols(task: OwnTask, stem: str) -> Symbols:
    if task.part is None:
        return _columns(pa.table({name: [] for name in _COLUMNS}))
    stamp = file_stamp(task.part)
    table = _read_group(task.part, task.group, stamp)
    missing = sorted(set(_COLUMNS) - set(table.column_names))
    if missing:
        raise DatasetError(f"{task.part}: no column {missing[0]!r}")
    return _columns(table.take(_places(task.part, task.group, stamp)[stem]))


def _columns(table: pa.Table) -> Symbols:
    def values(name: str) -> NDArray[np.float64]:
        column = table[name].to_numpy().astype(np.float64)  # nulls become NaN
        known: NDArray[np.float64] = np.nan_to_num(column).clip(-_FARTHEST, _FARTHEST)
        return known

    def words(name: str) -> list[str]:
        return [word or "" for word in table[name].to_pylist()]

    numbers = {name: values(name).astype(np.int64) for name in _NUMBERS}
    return Symbols(
        numbers["number"],
        numbers["object"],
        numbers["class_id"],
        words("class"),
        words("kind"),
        words("smufl"),
        words("role"),
        np.stack([values(name) for name in _BOX], axis=1),
        np.stack([values(name) for name in _VISIBLE], axis=1).astype(np.int64),
        numbers["visible_area"],
        numbers["whole_area"],
        numbers["parent"],
        numbers["group"],
    )
