"""The results of an evaluation, of any task: figures, tables, and what pictures need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Cell = str | int | float | bool | None
NOTHING = "nothing"  # in a confusion: no such object, or none found
_DECIMALS = 6


class Measure(NamedTuple):
    """One figure of the whole test set, with the interval that resampling its works gives."""

    value: float | None  # None: there is nothing to measure
    low: float | None = None  # 2.5 % of the resamples are lower
    high: float | None = None  # 2.5 % are higher


class ResultTable(NamedTuple):
    """Figures by class, size, font or page."""

    name: str  # stem of its files
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""  # how to read it

    def as_records(self) -> list[dict[str, Cell]]:
        """The rows as JSON has them, floats with six decimals."""
        return [
            dict(zip(self.columns, map(_plain, row), strict=True))  # a column each
            for row in self.rows
        ]


class Curve(NamedTuple):
    """Precision over recall of one class, at the 101 recalls 0, 0.01 … 1."""

    name: str  # of the class
    precision: NDArray[np.float64]  # (101,) the best at this recall or more; 0 where not reached
    score: NDArray[np.float64]  # (101,) of the detection that reaches the recall; NaN: not reached


class Confusion(NamedTuple):
    """How often what is one class was taken for which."""

    names: tuple[str, ...]  # of the classes; NOTHING last, where a task has it
    counts: NDArray[np.int64]  # (n, n): rows the truth, columns the prediction
    note: str = ""  # what counts as taken


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """How each object and each detection was matched: to draw on the pages.

    Boxes are x0 y0 x1 y1 in pixels of the page; classes are ids; a missed object or a false alarm
    has the partner -1. An object and a detection of another class in its place are
    partners, too: compare their classes.
    """

    pages: tuple[str, ...]
    truth_page: NDArray[np.int64]  # (n,) place in `pages`
    truth_class: NDArray[np.int64]  # (n,)
    truth_box: NDArray[np.float64]  # (n, 4)
    truth_partner: NDArray[np.int64]  # (n,) place of its detection
    found_page: NDArray[np.int64]  # (m,)
    found_class: NDArray[np.int64]  # (m,)
    found_box: NDArray[np.float64]  # (m, 4)
    found_score: NDArray[np.float64]  # (m,)
    found_partner: NDArray[np.int64]  # (m,) place of its object
    note: str = ""  # which detections count, and when they are partners


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All measured of one model's output."""

    task: str  # "detect" | "segment" | "classify"
    protocol: str  # "deepscores", or "deepscores-v2" for that toolkit's own way
    dataset: str
    predictions: str
    split: str
    label_set: str
    counts: Mapping[str, int]  # of pages, works, objects …
    measures: Mapping[str, Measure]  # the figures of the whole, in the order to show them
    tables: tuple[ResultTable, ...]
    warnings: tuple[str, ...] = ()  # what makes figures lower or less sure than they look
    settings: Mapping[str, Any] = field(default_factory=dict)  # thresholds, versions, seed
    curves: tuple[Curve, ...] = ()
    confusion: Confusion | None = None
    outcomes: Outcomes | None = None

    def table(self, name: str) -> ResultTable | None:
        """The table called *name*, if there is one."""
        return next((table for table in self.tables if table.name == name), None)

    def as_table(self) -> dict[str, Any]:
        """The evaluation as plain values, for JSON; without `outcomes`, which are for drawing."""
        head = {
            name: getattr(self, name)
            for name in ("task", "protocol", "dataset", "predictions", "split", "label_set")
        }
        return {
            **head,
            "counts": dict(self.counts),
            "measures": {
                name: {key: _plain(value) for key, value in measure._asdict().items()}
                for name, measure in self.measures.items()
            },
            "tables": {table.name: table.as_records() for table in self.tables},
            "warnings": list(self.warnings),
            "settings": dict(self.settings),
            "curves": {
                curve.name: [_plain(v) for v in curve.precision.tolist()] for curve in self.curves
            },
            "confusion": None
            if self.confusion is None
            else {"names": list(self.confusion.names), "counts": self.confusion.counts.tolist()},
        }


def _plain(value: Cell) -> Cell:
    """*value* for JSON: no NaN, no more decimals than are meaningful."""
    if isinstance(value, float):
        return round(value, _DECIMALS) if isfinite(value) else None
    return value
