"""Pages by what they have in common: the font, the engraver, the degradation."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.reader import DatasetPage

# Columns of pages.parquet; those that a dataset lacks are skipped.
_COLUMNS = ("font", "engraver", "style", "degradation")
_ALWAYS = ("font",)
_MAX_VALUES = 24  # distinct values; a column that differs on every page makes no groups


class Group(NamedTuple):
    """Pages that agree in one column."""

    kind: str  # the column
    name: str  # the value
    pages: NDArray[np.int64]  # their places


def groups_of(pages: Sequence[DatasetPage]) -> list[Group]:
    """The groups of *pages* by font, and by engraver, style and degradation where these differ."""
    groups = []
    for kind in _COLUMNS:
        values = np.array([str(page.row.get(kind) or "") for page in pages], dtype=np.str_)
        names = np.unique(values)
        if kind in _ALWAYS or 1 < len(names) <= _MAX_VALUES:
            groups += [
                Group(kind, str(name) or "none", np.flatnonzero(values == name)) for name in names
            ]
    return groups
