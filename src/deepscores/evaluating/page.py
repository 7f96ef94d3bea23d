"""An evaluation as one HTML page, with all it needs inside."""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluating.charts import SCRIPT, STYLE, Bar, Line, draw_bars, draw_curves, draw_matrix
from deepscores.evaluating.mistakes import draw_worst
from deepscores.evaluating.request import Request
from deepscores.evaluating.results import NOTHING, Cell, Confusion, Curve, Evaluation, Measure, Table
from deepscores.pipeline.files import write_file
from deepscores.reporting import tables as shown_tables
from deepscores.reporting.document import Part, block, document, facts, table_block

PAGE = "index.html"
_TITLES = {"detect": "Detection", "segment": "Segmentation", "classify": "Classification"}
_MOST_ROWS = 300  # of a table; all are in its file
_MOST_CLASSES = 30  # of a confusion matrix
_MOST_PAIRS = 100  # of the table beside it
_OTHERS = "other classes"
_OF_CLASSES = ("worst", "classes", "excluded")
_BY = "by-"


def write_page(evaluation: Evaluation, request: Request, folder: Path) -> Path:
    """Write the page of *evaluation* to *folder*, which gets its tables as CSV, too; its path.

    Raise DatasetError for pages, patches or masks that cannot be read.
    """
    page = assemble(evaluation, draw_worst(evaluation, request))
    write_file(folder / PAGE, page.encode())
    return folder / PAGE


def assemble(evaluation: Evaluation, pictures: str = "") -> str:
    """The page; *pictures* are the HTML of what went wrong."""
    sections = (
        Part("summary", "Summary", _summary(evaluation)),
        Part("classes", "Classes", "".join(_of_classes(evaluation))),
        Part("curves", "Precision and recall", _curves(evaluation.curves)),
        Part("confusion", "Confusion", _confusion(evaluation.confusion)),
        Part("groups", "Fonts and other groups", "".join(_groups(evaluation))),
        Part("mistakes", "What went wrong", pictures),
        Part("more", "More tables", "".join(_more(evaluation))),
    )
    title = f"{_TITLES[evaluation.task]} on {Path(evaluation.dataset).resolve().name}"
    parts = [one for one in sections if one.html]
    introduction = _introduction(evaluation)
    return document(title, introduction, parts, script=SCRIPT, style=STYLE)


def _introduction(evaluation: Evaluation) -> str:
    words = (
        f"{evaluation.predictions} against the {evaluation.split} split of {evaluation.dataset}, "
        f"label set {evaluation.label_set}, protocol {evaluation.protocol}."
    )
    told = facts((name, f"{value:,}") for name, value in evaluation.counts.items())
    lines = "".join(f"<li>{escape(one)}</li>" for one in evaluation.warnings)
    warned = f'<ul class="warnings">{lines}</ul>' if lines else ""
    return f'<p class="caption">{escape(words)}</p>{told}{warned}'


def _summary(evaluation: Evaluation) -> str:
    bars = draw_bars(Bar(name, one) for name, one in evaluation.measures.items())
    caption = "With the interval that holds 95 % of each figure when works are drawn again."
    settings = ", ".join(f"{name} {value}" for name, value in evaluation.settings.items())
    small = f'<p class="files">Settings: {escape(settings)}</p>' if settings else ""
    return block("Figures of the whole", caption, bars + small, kind="table", name="measures")


def _of_classes(evaluation: Evaluation) -> Iterator[str]:
    for name in _OF_CLASSES:
        table = evaluation.table(name)
        if table is not None:
            yield _table(table, filtered=name == "classes")


def _groups(evaluation: Evaluation) -> Iterator[str]:
    for table in evaluation.tables:
        if table.name.startswith(_BY):
            yield _table(table, above=_group_bars(table))


def _group_bars(table: Table) -> str:
    """Bars of the first column of shares; "" without one."""
    for place, column in enumerate(table.columns):
        values = [row[place] for row in table.rows]
        if any(isinstance(value, float) for value in values) and all(
            value is None or (isinstance(value, float) and 0 <= value <= 1) for value in values
        ):
            bars = draw_bars(
                Bar(str(row[0]), Measure(value if isinstance(value, float) else None))
                for row, value in zip(table.rows, values, strict=True)
            )
            return f'<p class="caption">{escape(column)}</p>{bars}'
    return ""


def _more(evaluation: Evaluation) -> Iterator[str]:
    for table in evaluation.tables:
        if table.name not in _OF_CLASSES and not table.name.startswith(_BY):
            yield _table(table)


def _table(table: Table, *, filtered: bool = False, above: str = "") -> str:
    file = f'<p class="files"><a href="tables/{table.name}.csv">CSV</a></p>'
    shown = as_shown(table)
    return above + table_block(shown, filtered=filtered, more=file)


def as_shown(table: Table) -> shown_tables.Table:
    """*table* as reports have it: its columns with their kinds, its rows as far as they are shown.

    Classes that count are marked by a tick.
    """
    rows = tuple(
        tuple(("✓" if cell else "") if isinstance(cell, bool) else cell for cell in row)
        for row in table.rows[:_MOST_ROWS]
    )
    columns = tuple(
        shown_tables.Column(name, _kind([row[place] for row in rows]))
        for place, name in enumerate(table.columns)
    )
    cut = len(table.rows) > _MOST_ROWS
    note = f"{table.note} The first {_MOST_ROWS} of {len(table.rows):,} rows." if cut else table.note
    return shown_tables.Table(table.name, table.title, note, columns, rows)


def _kind(cells: Sequence[Cell]) -> Literal["text", "count", "number"]:
    known = [cell for cell in cells if cell is not None]
    if any(isinstance(cell, str) for cell in known):
        return "text"
    return "number" if any(isinstance(cell, float) for cell in known) else "count"


def _curves(curves: Sequence[Curve]) -> str:
    if not curves:
        return ""
    recall = np.linspace(0, 1, len(curves[0].precision))
    mean = np.mean([one.precision for one in curves], axis=0)
    others = [
        Line(one.name, recall, one.precision, f"average precision {np.mean(one.precision):.3f}")
        for one in curves
    ]
    words = f"average precision {np.mean(mean):.3f}"
    macro = Line(f"mean of {len(curves)} classes", recall, mean, words)
    caption = (
        f"At an intersection over union of .5: the mean of {len(curves)} classes, thick ({words}), "
        "and each class, pale; a pointer on one tells its name."
    )
    drawn = draw_curves("precision-recall", macro, others, ("recall", "precision"))
    return block("Precision over recall", caption, drawn)


def _confusion(confusion: Confusion | None) -> str:
    if confusion is None:
        return ""
    counts = confusion.counts.copy()
    nothing = confusion.names.index(NOTHING) if NOTHING in confusion.names else None
    if nothing is not None:
        counts[nothing, nothing] = 0  # paper that is taken for paper
    places = _most_confused(counts, nothing)
    if not len(places):
        return ""
    caption = (
        f"Rows are what there is, columns what it was taken for; the stronger, the larger the share "
        f"of the row. {_told(len(places), len(counts) - (nothing is not None))} {confusion.note}"
    )
    matrix = block("Confusion matrix", caption, _matrix(confusion.names, counts, places, nothing))
    return matrix + table_block(_pairs(confusion.names, counts))


def _told(shown: int, every: int) -> str:
    return "" if shown == every else f"The {shown} classes of {every} with most mistakes."


def _most_confused(counts: NDArray[np.int64], nothing: int | None) -> NDArray[np.int64]:
    """The classes with most mistakes, in their order; of those that occur at all."""
    mistakes = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diagonal(counts)
    there = (counts.sum(axis=0) + counts.sum(axis=1)) > 0
    if nothing is not None:
        there[nothing] = False
    some = np.flatnonzero(there)
    return np.sort(some[np.argsort(-mistakes[some], kind="stable")[:_MOST_CLASSES]])


def _matrix(
    names: Sequence[str],
    counts: NDArray[np.int64],
    places: NDArray[np.int64],
    nothing: int | None,
) -> str:
    """The rows and columns at *places*, then the other classes together, then nothing."""
    last = [] if nothing is None else [nothing]
    rest = np.setdiff1d(np.arange(len(counts)), [*places.tolist(), *last])
    rows = [*places.tolist(), *last]
    shown = np.concatenate(
        [counts[np.ix_(rows, places)], counts[np.ix_(rows, rest)].sum(axis=1, keepdims=True),
         counts[np.ix_(rows, last)]], axis=1,
    )  # fmt: skip
    heads = [*(names[place] for place in places), _OTHERS, *(NOTHING for _ in last)]
    return draw_matrix(shown, [names[place] for place in rows], heads)


def _pairs(names: Sequence[str], counts: NDArray[np.int64]) -> shown_tables.Table:
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:_MOST_PAIRS]
    every = counts.sum(axis=1)
    rows = []
    for place in order.tolist():
        one, other = divmod(place, len(counts))
        number = int(wrong[one, other])
        if number:
            rows.append((names[one], names[other], number, number / int(every[one])))
    columns = (
        shown_tables.Column("is", "text"), shown_tables.Column("taken for", "text"),
        shown_tables.Column("times"), shown_tables.Column("share", "share"),
    )  # fmt: skip
    return shown_tables.Table(
        "confusions",
        "Most frequent confusions",
        f"The {_MOST_PAIRS} most frequent, and their share of all that is so. Taken for nothing is "
        "missed; nothing that is taken for something is a false alarm.",
        columns,
        tuple(rows),
    )
