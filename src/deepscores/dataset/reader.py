"""Reading a dataset: pages, symbols and labels, one page at a time.

A finished dataset is opened by `open_dataset`. A check opens what is damaged, too: it asks for
`lenient` opening, which needs no more than the table of pages; whatever else is missing or damaged
is a DatasetError when it is asked for.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from deepscores.dataset.annotations import Annotation, read_voc
from deepscores.dataset.layout import (
    DATASET,
    IMAGES,
    IMPORTED,
    INSTANCES,
    MASKS,
    PATCHES,
    XML,
    require_dataset,
)
from deepscores.dataset.splits import SPLITS
from deepscores.dataset.symbol_files import SymbolFiles, open_symbol_files
from deepscores.dataset.tables import read_table
from deepscores.errors import DatasetError
from deepscores.page.labels.label_sets import LabelSet, parse_label_set_table
from deepscores.page.labels.readability import Readability
from deepscores.page.labels.run_lengths import decode_rle
from deepscores.page.model import Runs
from deepscores.runs.files import read_bytes, read_json

_PATCH_SIZE = (45, 170)  # of datasets that do not state it


@dataclass(frozen=True)
class DatasetPage:
    """One page: its row of ``pages.parquet``, and its files, read when asked for."""

    folder: Path
    row: dict[str, Any]
    symbol_files: SymbolFiles

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
        return decode_runs_png(read_bytes(path), str(path))

    @property
    def objects(self) -> list[Annotation]:
        """Labelled objects: class name and box ``x0 y0 x1 y1`` in pixels."""
        path = self.folder / XML / f"{self.name}.xml"
        return list(read_voc(read_bytes(path), str(path)))

    @property
    def symbols(self) -> pa.Table:
        """Rows of the symbol table, one per symbol, by number."""
        return self.symbol_files.of_page(self.name)

    def symbol_columns(self, columns: Sequence[str]) -> pa.Table:
        """The same rows with some *columns* alone, which is quicker."""
        return self.symbol_files.of_page(self.name, columns)

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
        return decode_png(read_bytes(path), str(path))


@dataclass(frozen=True)
class Dataset(Sequence[DatasetPage]):
    """A dataset. A sequence of pages; files are opened when a page is asked for them."""

    folder: Path
    info: dict[str, Any]  # dataset.json; empty if a lenient reader found none

    @cached_property
    def labels(self) -> LabelSet:
        return parse_label_set_table(self.info["label_set"], DATASET)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Rows of ``pages.parquet``."""
        return read_rows(self.folder / "pages.parquet")

    @cached_property
    def scores(self) -> list[dict[str, Any]]:
        """Rows of ``scores.parquet``: what each score says of itself."""
        return read_rows(self.folder / "scores.parquet")

    @property
    def skipped(self) -> list[dict[str, Any]]:
        """What the build left out and why: ``score``, ``page``, ``reason``, ``detail``."""
        path = self.folder / "skipped.jsonl"
        if not path.exists():
            return []
        try:
            return [json.loads(line) for line in read_bytes(path).splitlines() if line.strip()]
        except ValueError as error:
            raise DatasetError(f"{path}: not JSON lines: {error}") from None

    @cached_property
    def symbol_files(self) -> SymbolFiles:
        return open_symbol_files(self.folder)

    @cached_property
    def patches(self) -> dict[str, list[tuple[str, int]]]:
        """Files in ``patches/``, by page: folder and number of each."""
        patches: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for path in sorted((self.folder / PATCHES).glob("*/*.png")):
            page, _, number = path.stem.rpartition("-")
            if number.isdecimal():
                patches[page].append((path.parent.name, int(number)))
        return dict(patches)

    @property
    def class_names(self) -> tuple[str, ...]:
        """By class id - 1, as ``dataset.json`` states them; its rules are not looked at."""
        classes = self.info.get("label_set", {}).get("class", [])
        return tuple(str(label_class.get("name")) for label_class in classes)

    @property
    def patch_size(self) -> tuple[int, int]:
        """Width and height of patches."""
        width, height = self._recipe.get("patches", _PATCH_SIZE)
        return int(width), int(height)

    @property
    def readability(self) -> Readability:
        """The limits by which pages were let in."""
        try:
            return Readability.from_table(self._recipe.get("readability", {}))
        except (AttributeError, TypeError, ValueError) as error:
            raise DatasetError(f"{DATASET}: {error}") from None

    @property
    def is_imported(self) -> bool:
        """Whether its labels were made by others."""
        return IMPORTED in self._recipe

    @property
    def _recipe(self) -> dict[str, Any]:
        return dict(self.info.get("recipe", {}))

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        if isinstance(index, str):
            if index not in self._places:
                raise DatasetError(f"{self.folder}: no page {index!r}")
            index = self._places[index]
        return self.page_of(self.rows[index])

    def page_of(self, row: dict[str, Any]) -> DatasetPage:
        """The page of a row of ``pages.parquet`` that was found in another way, as by a query."""
        return DatasetPage(self.folder, row, self.symbol_files)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {row["page"]: place for place, row in enumerate(self.rows)}

    def split(self, name: str) -> list[DatasetPage]:
        """Pages of one split: ``train``, ``val`` or ``test``."""
        if name not in SPLITS:
            raise DatasetError(f"no split {name!r}; there are train, val and test")
        return [page for page in self if page.split == name]

    def symbols(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """The symbol table in pieces, all pages in order, without holding it all."""
        return self.symbol_files.tables(columns)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a Parquet file; raise DatasetError if it is missing or damaged."""
    rows: list[dict[str, Any]] = read_table(path).to_pylist()
    return rows


def holds_dataset(folder: Path) -> bool:
    """Whether *folder* holds a dataset that this program made, whole or damaged."""
    return (folder / "symbols").is_dir() and (folder / "pages.parquet").exists()


def open_dataset(folder: str | Path, *, lenient: bool = False) -> Dataset:
    """Open the finished dataset in *folder*; raise DatasetError if there is none.

    With *lenient*, ``dataset.json`` may be missing or be of another version.
    """
    folder = Path(folder)
    if not lenient:
        return Dataset(folder, require_dataset(folder))
    return Dataset(folder, read_json(folder / DATASET) if (folder / DATASET).exists() else {})
