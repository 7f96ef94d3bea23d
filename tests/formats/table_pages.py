"""What a dataset's files say of its objects, read without the code that exports use."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

_SIDES = ("x0", "y0", "x1", "y1")


@dataclass(frozen=True)
class TablePage:
    """One page by the tables: its objects by the number of their first symbols."""

    name: str
    split: str
    width: int
    height: int
    symbols: list[dict[str, Any]]  # rows of the symbol table
    objects: dict[int, list[dict[str, Any]]]  # those of each object
    owners: NDArray[np.uint16]

    @property
    def numbers(self) -> list[int]:
        return sorted(self.objects)

    @property
    def names(self) -> list[str]:
        return [self.objects[number][0]["class"] for number in self.numbers]

    @property
    def boxes(self) -> NDArray[np.float64]:
        """(n, 4) around all symbols of each object."""
        boxes = []
        for number in self.numbers:
            corners = np.array([[row[side] for side in _SIDES] for row in self.objects[number]])
            boxes.append([*corners[:, :2].min(axis=0), *corners[:, 2:].max(axis=0)])
        return np.array(boxes)

    @property
    def oriented(self) -> NDArray[np.float64]:
        """(n, 4, 2) corners: the symbol's own where an object is one symbol."""
        corners = []
        for number, (x0, y0, x1, y1) in zip(self.numbers, self.boxes, strict=True):
            rows = self.objects[number]
            upright = [x0, y0, x1, y0, x1, y1, x0, y1]
            is_one = [rows[0][side] for side in _SIDES] == [x0, y0, x1, y1]
            corners.append(rows[0]["oriented"] if is_one else upright)
        return np.array(corners).reshape(-1, 4, 2)


def read_table_pages(dataset: Path) -> list[TablePage]:
    """Every page, in the order of the table."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for path in sorted((dataset / "symbols").glob("*.parquet")):
        for row in pq.read_table(path).to_pylist():
            rows.setdefault(row["page"], []).append(row)
    pages = []
    for page in pq.read_table(dataset / "pages.parquet").to_pylist():
        objects: dict[int, list[dict[str, Any]]] = {}
        for row in rows[page["page"]]:
            if row["object"]:
                objects.setdefault(row["object"], []).append(row)
        with Image.open(dataset / "instances_png" / f"{page['page']}.png") as image:
            owners = np.asarray(image).astype(np.uint16)
        pages.append(
            TablePage(
                page["page"],
                page["split"],
                page["width"],
                page["height"],
                rows[page["page"]],
                objects,
                owners,
            )
        )
    return pages
