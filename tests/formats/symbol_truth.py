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
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        if row["object"]:
            found.setdefault(row["object"], []).append(row)
    return {
        number: Truth(some[0]["class"], _around(some), [one["number"] for one in some], some[0])
        for number, some in found.items()
    }


def _around(rows: list[dict[str, Any]]) -> NDArray[np.float64]:
    sides = np.array([[row[side] for side in ("x0", "y0", "x1", "y1")] for row in rows])
    return np.concatenate([sides[:, :2].min(axis=0), sides[:, 2:].max(axis=0)])


def own_pixels(page: DatasetPage, truth: Truth) -> NDArray[np.bool_]:
    """(height, width): the pixels that the instance map gives to an object's symbols."""
    return np.isin(page.instances, truth.members)
