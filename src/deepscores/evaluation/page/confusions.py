"""The confusion matrix on an evaluation's page, and the pairs behind it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.results import NOTHING, Confusion
from deepscores.inspection.pages.charts.plain import draw_matrix
from deepscores.inspection.pages.document import block, table_block
from deepscores.inspection.pages.tables import Column, Table

_MAX_CLASSES = 30  # of the matrix
_MAX_PAIRS = 100  # of the table below
_OTHER_CLASSES = "other classes"


def show_confusion(confusion: Confusion | None) -> str:
    """The matrix of the classes with most mistakes, and the most frequent ones, as HTML."""
    if confusion is None:
        return ""
    counts = confusion.counts.copy()
    nothing = confusion.names.index(NOTHING) if NOTHING in confusion.names else None
    if nothing is not None:
        counts[nothing, nothing] = 0  # paper that is taken for paper
    places = most_confused(counts, nothing)
    if not len(places):
        return ""
    class_count = len(counts) - (nothing is not None)
    selection = (
        "" if len(places) == class_count else f"The {len(places)} classes with most mistakes. "
    )
    caption = (
        "Rows are what there is, columns what it was taken for; the stronger, the larger the share "
        f"of the row. {selection}{confusion.note}"
    )
    matrix = block("Confusion matrix", caption, _matrix(confusion.names, counts, places, nothing))
    return matrix + table_block(_pairs(confusion.names, counts))


def most_confused(counts: NDArray[np.int64], nothing: int | None) -> NDArray[np.int64]:
    """The classes with most mistakes, in their order; of those that occur at all.

    *nothing* is the place of no class.
    """
    totals = counts.sum(axis=0) + counts.sum(axis=1)
    mistakes = totals - 2 * np.diagonal(counts)
    if nothing is not None:
        totals[nothing] = 0
    present = np.flatnonzero(totals)
    return np.sort(present[np.argsort(-mistakes[present], kind="stable")[:_MAX_CLASSES]])


def _matrix(
    names: Sequence[str],
    counts: NDArray[np.int64],
    places: NDArray[np.int64],
    nothing: int | None,
) -> str:
    """The rows and columns at *places*, then the other classes together, then nothing."""
    last = [] if nothing is None else [nothing]
    rows = [*places.tolist(), *(place for place in last if counts[place].any())]
    rest = np.setdiff1d(np.arange(len(counts)), [*places.tolist(), *last])
    parts, heads = [counts[np.ix_(rows, places)]], [names[place] for place in places]
    if len(rest):
        parts.append(counts[np.ix_(rows, rest)].sum(axis=1, keepdims=True))
        heads.append(_OTHER_CLASSES)
    if counts[:, last].any():
        parts.append(counts[np.ix_(rows, last)])
        heads.append(NOTHING)
    return draw_matrix(np.concatenate(parts, axis=1), [names[row] for row in rows], heads)


def _pairs(names: Sequence[str], counts: NDArray[np.int64]) -> Table:
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    row_totals = counts.sum(axis=1)
    rows = []
    for place in np.argsort(-wrong, axis=None, kind="stable")[:_MAX_PAIRS].tolist():
        row, column = divmod(place, len(counts))
        number = int(wrong[row, column])
        if number:
            rows.append((names[row], names[column], number, number / int(row_totals[row])))
    columns = Column("is", "text"), Column("taken for", "text"), Column("times")
    return Table(
        "confusions",
        "Most frequent confusions",
        f"The {_MAX_PAIRS} most frequent, and their share of all that is so. What is taken for "
        "nothing is missed; nothing that is taken for something is a false alarm.",
        (*columns, Column("share", "share")),
        tuple(rows),
    )
