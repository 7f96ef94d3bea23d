"""What a page's objects are, straight from the symbol table and the instance map."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.reader import DatasetPage


class Truth(NamedTuple):
    """One labelled object."""

    class_name: str
    box: NDArray[np.float64]  # x0 y0 x1 y1
    members: list[int]  # numbers of its symbols
    row: dict[str, Any]  # of its first symbol


def objects_of(page: DatasetPage) -> dict[int, Truth]:
    """The objects of a page by number."""
    rows = page.symbols.to_pylist()
    rows_of: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        if row["object"]:
            rows_of.setdefault(row["object"], []).append(row)
    return {
        number: Truth(
            members[0]["class"],
            _box_around(members),
            [row["number"] for row in members],
            members[0],
        )
        for number, members in rows_of.items()
    }


def _box_around(rows: list[dict[str, Any]]) -> NDArray[np.float64]:
    sides = np.array([[row[side] for side in ("x0", "y0", "x1", "y1")] for row in rows])
    return np.concatenate([sides[:, :2].min(axis=0), sides[:, 2:].max(axis=0)])


def own_pixels(page: DatasetPage, truth: Truth) -> NDArray[np.bool_]:
    """(height, width): the pixels that the instance map gives to an object's symbols."""
    return np.isin(page.instances, truth.members)
