"""The labelled objects of pages, as counting needs them of any dataset."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from deepscores.dataset.reader import Dataset
from deepscores.page.measuring.staff_space import known_staff_space
from deepscores.page.model.packing import pack

_COLUMNS = (
    "page", "number", "object", "class_id", "x0", "y0", "x1", "y1", "visible_area", "whole_area"
)  # fmt: skip

_ALIKE = 0.9  # of an object's box: a symbol that covers so much of it is all of it


class PageObjects(NamedTuple):
    """The labelled objects of one page."""

    name: str
    width: int  # pixels; 0 if the dataset does not say
    height: int
    classes: NDArray[np.int64]  # of each object, as in the source's `names`
    boxes: NDArray[np.float64]  # (n, 4), x0 y0 x1 y1 in pixels
    staff_space: float | None = None  # pixels; None: unknown
    numbers: NDArray[np.int64] | None = None  # of each object's first symbol
    hidden: NDArray[np.float64] | None = None  # share of each object's pixels that others own


@dataclass(frozen=True)
class Source:
    """A dataset as a stream of pages, read once."""

    title: str
    layout: str
    names: dict[str, int]  # classes; some readers learn of them while they read
    pages: Iterable[PageObjects]


def own_source(dataset: Dataset, title: str) -> Source:
    """A built dataset; class *i* is the one with id *i* + 1."""
    names = {label_class.name: label_class.id - 1 for label_class in dataset.labels.classes}
    return Source(title, "deepscores", names, own_pages(dataset))


def own_pages(dataset: Dataset) -> Iterator[PageObjects]:
    """Yield every page in the order of the symbol table, then those without a symbol."""
    rows = {page.name: page.row for page in dataset}
    for table in dataset.symbols(_COLUMNS):
        for name, objects in _objects_by_page(table):
            row = rows.pop(name)
            size = int(row["width"]), int(row["height"])
            classes, boxes, numbers, hidden = objects
            space = known_staff_space(row["staff_space"])
            yield PageObjects(name, *size, classes, boxes, space, numbers, hidden)
    no_ids, no_shares = np.empty(0, np.int64), np.empty(0)
    for name, row in rows.items():
        size = int(row["width"]), int(row["height"])
        space = known_staff_space(row["staff_space"])
        yield PageObjects(name, *size, no_ids, np.empty((0, 4)), space, no_ids, no_shares)


_Objects = tuple[
    NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]
]  # classes, boxes, numbers, hidden


def _objects_by_page(table: pa.Table) -> Iterator[tuple[str, _Objects]]:
    """The pages of some rows of the symbol table: whole pages, one after another."""
    pages = table["page"].combine_chunks().dictionary_encode()
    names, codes = pages.dictionary.to_pylist(), pages.indices.to_numpy()
    column = {name: table[name].to_numpy() for name in _COLUMNS[1:]}
    labelled = np.flatnonzero(column["object"] > 0)
    members = column["object"][labelled]
    key = pack([codes[labelled], members], [len(names), int(members.max(initial=0)) + 1])
    order = np.argsort(key, kind="stable")  # an object's rows together, its first symbol first
    rows, key = labelled[order], key[order]
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    objects = rows[starts] if len(rows) else rows

    def add_up(name: str, ufunc: np.ufunc) -> NDArray[np.float64]:
        values = column[name][rows].astype(np.float64)
        return np.asarray(ufunc.reduceat(values, starts)) if len(rows) else values

    lows = [add_up(side, np.minimum) for side in ("x0", "y0")]
    highs = [add_up(side, np.maximum) for side in ("x1", "y1")]
    boxes = np.stack([*lows, *highs], axis=1)
    visible_area, whole_area = (add_up(name, np.add) for name in ("visible_area", "whole_area"))
    doubled = _multiplicity(column, rows, starts, boxes)
    hidden = np.clip(1 - visible_area / np.maximum(whole_area / doubled, 1), 0, 1)
    classes = column["class_id"][objects].astype(np.int64) - 1
    numbers = column["object"][objects].astype(np.int64)
    ends = np.searchsorted(codes[objects], np.arange(len(names) + 1))
    for code, name in enumerate(names):
        of_page = slice(ends[code], ends[code + 1])
        yield str(name), (classes[of_page], boxes[of_page], numbers[of_page], hidden[of_page])


def _multiplicity(
    column: dict[str, NDArray[np.float64]],
    rows: NDArray[np.int64],
    starts: NDArray[np.int64],
    boxes: NDArray[np.float64],
) -> NDArray[np.int64]:
    """How many symbols of each object lie one upon the other, as those of a unison do; at least 1.

    They have the same pixels, so these must not count again.
    """
    if not len(rows):
        return np.empty(0, np.int64)
    sizes = np.diff(np.append(starts, len(rows)))
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    widths, heights = (column[f"{axis}1"][rows] - column[f"{axis}0"][rows] for axis in "xy")
    alike = widths * heights >= _ALIKE * np.repeat(areas, sizes)
    return np.maximum(np.add.reduceat(alike.astype(np.int64), starts), 1)
