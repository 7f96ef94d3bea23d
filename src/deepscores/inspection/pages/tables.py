"""A table, as CSV, as Markdown and as HTML that can be sorted."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal, NamedTuple

Kind = Literal["text", "count", "number", "share"]
Value = str | int | float | None


class Column(NamedTuple):
    """A column; a *number* is shown in so many significant *digits*, a *share* as a percentage."""

    name: str
    kind: Kind = "count"
    digits: int = 4


@dataclass(frozen=True)
class Table:
    """Rows of plain values; None is unknown."""

    name: str  # stem of its files
    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{self.name}: a row of {len(row)} in {len(self.columns)} columns")


def format_value(value: Value, column: Column) -> str:
    """*value* as a table shows it.

    >>> (
    ...     format_value(0.1234, Column("share", "share")),
    ...     format_value(1234567, Column("n")),
    ...     format_value(None, Column("n")),
    ... )
    ('12.3 %', '1,234,567', '–')
    """
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if column.kind == "share":
        return _percent(value)
    if column.kind == "count" and float(value).is_integer():
        return f"{int(value):,}"
    return _plain(value, column.digits)


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %" if value >= 0.001 or not value else f"{100 * value:.2g} %"


def _plain(value: float, digits: int) -> str:
    """*value* with so many significant digits, but never fewer than before the point.

    >>> _plain(1234.5, 3), _plain(0.012345, 3)
    ('1,234', '0.0123')
    """
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def to_csv(table: Table) -> str:
    """Plain values, shares between 0 and 1; unknown values are empty."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    for row in table.rows:
        writer.writerow(["" if value is None else value for value in row])
    return sink.getvalue()


def to_markdown(table: Table) -> str:
    names = [_cell(column.name) for column in table.columns]
    rules = ["---" if column.kind == "text" else "--:" for column in table.columns]
    lines = [names, rules]
    lines += [
        [
            _cell(format_value(value, column))
            for value, column in zip(row, table.columns, strict=True)
        ]
        for row in table.rows
    ]
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"# {table.title}\n\n{table.caption}\n\n{body}\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def to_html(table: Table) -> str:
    """A table whose columns sort when their heads are clicked; values stand in ``data-v``."""
    heads = "".join(
        f'<th scope="col" aria-sort="none"{_class(column)}><button type="button">'
        f"{escape(column.name)}</button></th>"
        for column in table.columns
    )
    rows = "".join(_row(row, table.columns) for row in table.rows)
    return (
        f'<div class="scroll"><table class="sortable" id="{table.name}"><thead><tr>{heads}</tr>'
        f"</thead><tbody>{rows}</tbody></table></div>"
    )


def _class(column: Column) -> str:
    return "" if column.kind == "text" else ' class="num"'


def _row(row: Sequence[Value], columns: Sequence[Column]) -> str:
    cells = []
    for value, column in zip(row, columns, strict=True):
        raw = "" if value is None else escape(str(value), quote=True)
        sort = f' data-v="{raw}"' if column.kind != "text" else ""
        cells.append(f"<td{_class(column)}{sort}>{escape(format_value(value, column))}</td>")
    return f"<tr>{''.join(cells)}</tr>"
