"""The labelled objects of a picture in columns, and how they follow from the symbol table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from deepscores.dataset.symbol_table import UPRIGHT_CORNERS, boxes_of, corners_of, symbols_of
from deepscores.page.labels.label_sets import LabelledObject, LabelSet


@dataclass(frozen=True, slots=True, eq=False)
class Objects:
    """Labelled objects in columns, in the order of their first symbols.

    Places are in pixels of the picture that they come with; boxes are half open and within it.
    """

    number: NDArray[np.int32]  # (n,) of the first symbol, on the whole page
    class_id: NDArray[np.int32]  # (n,) from 1
    box: NDArray[np.float64]  # (n, 4) tight around the vectors
    oriented: NDArray[np.float64]  # (n, 8) corners x y of the tight rotated box
    share: NDArray[np.float64]  # (n,) of its pixels on the page, those in this picture; 1: not cut
    of_symbol: NDArray[np.int32]  # (symbols + 1,) by symbol number: place here from 1, or 0

    def __len__(self) -> int:
        return len(self.number)

    def members(self) -> list[list[int]]:
        """The numbers of each object's symbols, in order."""
        members: list[list[int]] = [[] for _ in range(len(self))]
        for number in np.flatnonzero(self.of_symbol).tolist():
            members[self.of_symbol[number] - 1].append(number)
        return members

    def select(self, rows: NDArray[np.int64], **columns: Any) -> "Objects":
        """Those of *rows*, with new *columns* (of these rows) in the place of the old."""
        place = np.zeros(len(self) + 1, np.int32)
        place[rows + 1] = np.arange(1, len(rows) + 1, dtype=np.int32)
        columns_of_rows = {
            name: columns.get(name, getattr(self, name)[rows])
            for name in ("number", "class_id", "box", "oriented", "share")
        }
        return Objects(**columns_of_rows, of_symbol=place[self.of_symbol])


def stored_objects(symbols: pa.Table) -> Objects:
    """The objects as the dataset labels them.

    *symbols* are the rows of one page of the symbol table, by number.
    """
    numbers = symbols["object"].to_numpy()
    object_numbers = np.unique(numbers[numbers > 0])
    of_symbol = np.zeros(len(numbers) + 1, np.int32)
    labelled = np.flatnonzero(numbers)
    of_symbol[labelled + 1] = np.searchsorted(object_numbers, numbers[labelled]) + 1
    return _objects(
        symbols, object_numbers, symbols["class_id"].to_numpy()[object_numbers - 1], of_symbol
    )


def labelled_objects(symbols: pa.Table, labels: LabelSet) -> Objects:
    """The objects that another label set makes of the same symbols, as `stored_objects`.

    What owns no pixel is left out, as it is when a dataset is built.
    """
    is_visible = symbols["visible_area"].to_numpy() > 0
    objects = [
        labelled
        for labelled in labels.label(symbols_of(symbols))
        if any(is_visible[n - 1] for n in labelled.members)
    ]
    of_symbol = np.zeros(symbols.num_rows + 1, np.int32)
    for place, labelled in enumerate(objects, start=1):
        of_symbol[list(labelled.members)] = place
    return _objects(symbols, *_first(objects), of_symbol)


def _first(objects: Sequence[LabelledObject]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    columns = np.array(
        [(labelled.number, labelled.class_id) for labelled in objects], np.int32
    ).reshape(-1, 2)
    return columns[:, 0], columns[:, 1]


def _objects(
    symbols: pa.Table,
    numbers: NDArray[np.int32],
    class_ids: NDArray[np.int32],
    of_symbol: NDArray[np.int32],
) -> Objects:
    members = np.flatnonzero(of_symbol)
    place = of_symbol[members] - 1
    symbol_boxes = boxes_of(symbols)
    box = np.full((len(numbers), 4), np.inf)
    box[:, 2:] = -np.inf
    np.minimum.at(box[:, :2], place, symbol_boxes[members - 1, :2])
    np.maximum.at(box[:, 2:], place, symbol_boxes[members - 1, 2:])
    # A symbol that is all of its object lends it its oriented box.
    oriented = box[:, UPRIGHT_CORNERS].copy()
    alone = (symbol_boxes[numbers - 1] == box).all(axis=1)
    oriented[alone] = corners_of(symbols)[numbers[alone] - 1]
    return Objects(
        numbers.astype(np.int32), class_ids.astype(np.int32), box, oriented, np.ones(len(numbers)),
        of_symbol,
    )  # fmt: skip
