"""An evaluation as one HTML page, with all it needs inside."""

from collections.abc import Iterator, Sequence
from html import escape
from math import isfinite
from pathlib import Path
from typing import Literal

import numpy as np

from deepscores.evaluation.page.confusions import show_confusion
from deepscores.evaluation.page.mistakes import draw_worst
from deepscores.evaluation.request import Request
from deepscores.evaluation.results import Cell, Curve, Evaluation, ResultTable
from deepscores.inspection.pages import tables as shown_tables
from deepscores.inspection.pages.charts.plain import Bar, Line, draw_bars, draw_curves
from deepscores.inspection.pages.document import Part, block, document, facts, table_block
from deepscores.runs.files import write_file

PAGE = "index.html"
_TITLES = {"detect": "Detection", "segment": "Segmentation", "classify": "Classification"}
_MAX_ROWS = 300  # of a table; all are in its file
_OF_CLASSES = ("worst", "classes", "excluded")
_GROUPS = "groups"
_IN_MACRO = "in macro"
_AMOUNTS = ("objects", "pixels", "patches")


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
        Part("curves", "Precision and recall", _curves(evaluation)),
        Part("confusion", "Confusion", show_confusion(evaluation.confusion)),
        Part("groups", "Fonts and other groups", _groups(evaluation)),
        Part("mistakes", "What went wrong", pictures),
        Part("more", "More tables", "".join(_other_tables(evaluation))),
    )
    title = f"{_TITLES[evaluation.task]} on {evaluation.dataset}"
    parts = [part for part in sections if part.html]
    introduction = _introduction(evaluation)
    return document(title, introduction, parts)


def _introduction(evaluation: Evaluation) -> str:
    words = (
        f"{evaluation.predictions} against the {evaluation.split} split of {evaluation.dataset}, "
        f"label set {evaluation.label_set}, protocol {evaluation.protocol}."
    )
    fact_cards = facts((name, f"{value:,}") for name, value in evaluation.counts.items())
    lines = "".join(f"<li>{escape(warning)}</li>" for warning in evaluation.warnings)
    warned = f'<ul class="warnings">{lines}</ul>' if lines else ""
    return f'<p class="caption">{escape(words)}</p>{fact_cards}{warned}'


def _summary(evaluation: Evaluation) -> str:
    bars = draw_bars(Bar(name, *measure) for name, measure in evaluation.measures.items())
    caption = "With 95 % intervals from resampling the works."
    return block(
        "Figures of the whole", caption, bars + _settings(evaluation), kind="table", name="measures"
    )


def _settings(evaluation: Evaluation) -> str:
    """The settings, folded."""
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(_join_values(value))}</td></tr>"
        for name, value in evaluation.settings.items()
    )
    return (
        '<details><summary>how it was measured</summary><div class="scroll"><table><tbody>'
        f"{rows}</tbody></table></div></details>"
    )


def _join_values(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _of_classes(evaluation: Evaluation) -> Iterator[str]:
    for name in _OF_CLASSES:
        table = evaluation.table(name)
        if table is not None:
            yield _table(_most_first(table), filtered=name == "classes")


def _most_first(table: ResultTable) -> ResultTable:
    """*table* with the largest amount first, if it has a column of amounts."""
    place = next(
        (table.columns.index(column) for column in _AMOUNTS if column in table.columns), None
    )
    if place is None or table.name != "classes":
        return table
    rows = sorted(table.rows, key=lambda row: -float(row[place] or 0))
    return table._replace(rows=tuple(rows))


def _groups(evaluation: Evaluation) -> str:
    table = evaluation.table(_GROUPS)
    return "" if table is None else _table(table, html_above=_group_bars(table))


def _group_bars(table: ResultTable) -> str:
    """The first column of shares as bars, for each kind of group."""
    shares = (
        place
        for place in range(len(table.columns))
        if any(isinstance(row[place], float) for row in table.rows)
    )
    place = next(shares, None)
    if place is None:
        return ""
    kinds = dict.fromkeys(str(row[0]) for row in table.rows)
    return "".join(
        block(
            f"{table.columns[place]}, by {kind}",
            "",
            draw_bars(
                Bar(str(row[1]), _share(row[place])) for row in table.rows if str(row[0]) == kind
            ),
        )
        for kind in kinds
    )


def _share(cell: Cell) -> float | None:
    return cell if isinstance(cell, float) and isfinite(cell) else None


def _other_tables(evaluation: Evaluation) -> Iterator[str]:
    for table in evaluation.tables:
        if table.name not in (*_OF_CLASSES, _GROUPS):
            yield _table(table)


def _table(table: ResultTable, *, filtered: bool = False, html_above: str = "") -> str:
    file = f'<p class="files"><a href="tables/{table.name}.csv">CSV</a></p>'
    shown_table = as_shown(table)
    return html_above + table_block(shown_table, filtered=filtered, footer=file)


def as_shown(table: ResultTable) -> shown_tables.Table:
    """*table* as reports show it: columns with their kinds, and the first rows.

    Classes that count are marked by a tick.
    """
    rows = tuple(tuple(map(_as_shown, row)) for row in table.rows[:_MAX_ROWS])
    columns = tuple(
        shown_tables.Column(name, _kind([row[place] for row in rows]))
        for place, name in enumerate(table.columns)
    )
    cut = len(table.rows) > _MAX_ROWS
    note = f"{table.note} The first {_MAX_ROWS} of {len(table.rows):,} rows." if cut else table.note
    return shown_tables.Table(table.name, table.title, note, columns, rows)


def _as_shown(cell: Cell) -> str | int | float | None:
    if isinstance(cell, bool):
        return "✓" if cell else ""
    return None if isinstance(cell, float) and not isfinite(cell) else cell


def _kind(cells: Sequence[Cell]) -> Literal["text", "count", "number"]:
    filled = [cell for cell in cells if cell is not None]
    if any(isinstance(cell, str) for cell in filled):
        return "text"
    return "number" if any(isinstance(cell, float) for cell in filled) else "count"


def _curves(evaluation: Evaluation) -> str:
    macro_curves = _in_macro(evaluation)
    if not macro_curves:
        return ""
    recall = np.linspace(0, 1, len(macro_curves[0].precision))
    mean = np.mean([curve.precision for curve in macro_curves], axis=0)
    lines = [
        Line(
            curve.name, recall, curve.precision, f"average precision {np.mean(curve.precision):.3f}"
        )
        for curve in evaluation.curves
    ]
    words = f"average precision {np.mean(mean):.3f}"
    macro = Line(f"mean of {len(macro_curves)} classes", recall, mean, words)
    caption = (
        f"At an intersection over union of 0.5: the mean of the {len(macro_curves)} classes in "
        f"macro averages, thick ({words}), and each class, pale; hover to see its name."
    )
    drawn = draw_curves("precision-recall", macro, lines, ("recall", "precision"))
    return block("Precision over recall", caption, drawn)


def _in_macro(evaluation: Evaluation) -> list[Curve]:
    """The curves of the classes that count in macro averages; all where none does."""
    table = evaluation.table("classes")
    if table is None or _IN_MACRO not in table.columns:
        return [*evaluation.curves]
    place = table.columns.index(_IN_MACRO)
    names = {str(row[0]) for row in table.rows if row[place]}
    return [curve for curve in evaluation.curves if curve.name in names] or [*evaluation.curves]
