"""Charts in HTML and SVG that follow the page's theme without a library: curves, bars, a matrix."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_WIDTH, _HEIGHT = 640, 420  # pixels: a chart of curves
_LEFT, _TOP, _RIGHT, _BOTTOM = 52, 12, 12, 44
_CELL, _NAMES, _HEADS = 15, 190, 170  # pixels: of a matrix
_TICKS = 5


class Line(NamedTuple):
    """A line through points of 0…1 × 0…1."""

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    words: str = ""  # shown when it is chosen or pointed at


class Bar(NamedTuple):
    """A bar of 0…1, with the interval of its value."""

    name: str
    value: float | None  # None: there is nothing to show
    low: float | None = None
    high: float | None = None


def draw_curves(name: str, main: Line, background: Sequence[Line], axes: tuple[str, str]) -> str:
    """Curves, *main* thick and the *background* pale, with a list to choose from."""
    lines = "".join(_path(line) for line in background) + _path(main, "main")
    options = "".join(
        f'<option value="{escape(line.name)}">{escape(line.name)}</option>'
        for line in sorted(background, key=lambda line: line.name.lower())
    )
    choice = (
        f'<p class="tools"><label>class <select data-curves="{name}"><option value="">–</option>'
        f"{options}</select></label> <output></output></p>"
    )
    return (
        f'{choice}<svg class="curves" id="{name}" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(" and ".join(axes))}">{_axes(axes)}<g>{lines}</g></svg>'
    )


def _path(line: Line, kind: str = "") -> str:
    points = _thin_out(line)
    steps = "L".join(f"{_x(x):.5g} {_y(y):.5g}" for x, y in points)
    words = f"{line.name} {line.words}".strip()
    return (
        f'<path class="{kind}" data-name="{escape(line.name)}" data-words="{escape(line.words)}" '
        f'd="M{steps}"><title>{escape(words)}</title></path>'
    )


def _thin_out(line: Line) -> list[tuple[float, float]]:
    """The points, without those between two of the same height."""
    points = [(float(x), float(y)) for x, y in zip(line.x, line.y, strict=True)]
    return [
        point
        for place, point in enumerate(points)
        if place in (0, len(points) - 1)
        or not points[place - 1][1] == point[1] == points[place + 1][1]
    ]


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _axes(words: tuple[str, str]) -> str:
    parts = []
    for tick in range(_TICKS + 1):
        share = tick / _TICKS
        x, y = _x(share), _y(share)
        parts.append(
            f'<path class="grid" d="M{x:g} {_y(0):g}V{_y(1):g}M{_x(0):g} {y:g}'
            f'H{_x(1):g}"/><text x="{x:g}" y="{_y(0) + 17:g}" text-anchor="middle">{share:g}</text>'
            f'<text x="{_LEFT - 7}" y="{y + 4:g}" text-anchor="end">{share:g}</text>'
        )
    x_title, y_title = (escape(title) for title in words)
    parts.append(
        f'<text x="{_x(0.5):g}" y="{_HEIGHT - 8}" text-anchor="middle">{x_title}</text>'
        f'<text transform="translate(14 {_y(0.5):g}) rotate(-90)" text-anchor="middle">'
        f"{y_title}</text>"
    )
    return "".join(parts)


def draw_bars(bars: Iterable[Bar]) -> str:
    """Bars with their numbers, and the interval of each as a line upon it."""
    return f'<table class="bars"><tbody>{"".join(map(_bar, bars))}</tbody></table>'


def _bar(bar: Bar) -> str:
    name, value, low, high = bar
    if value is None:
        drawn, number = "", "–"
    else:
        drawn, number = f'<i style="width:{100 * value:.2f}%"></i>', f"{value:.3f}"
    if low is not None and high is not None:
        drawn += f'<b style="left:{100 * low:.2f}%;width:{100 * (high - low):.2f}%"></b>'
        number += f" <small>{low:.3f}–{high:.3f}</small>"
    return (
        f"<tr><td>{escape(name)}</td>"
        f'<td><div class="bar">{drawn}</div></td><td class="num">{number}</td></tr>'
    )


def draw_matrix(counts: NDArray[np.int64], rows: Sequence[str], columns: Sequence[str]) -> str:
    """A confusion matrix (rows, columns): each row's shares as shades, with numbers on hover.

    A column of the row's own name is right.
    """
    matrix_width, matrix_height = len(columns) * _CELL, len(rows) * _CELL
    cells = "".join(_cells(counts, rows, columns))
    width, height = _NAMES + matrix_width + 10, _HEADS + matrix_height + 10
    return (
        f'<div class="scroll"><svg class="matrix" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="confusion matrix">'
        f'<rect class="frame" x="{_NAMES}" y="{_HEADS}" width="{matrix_width}" '
        f'height="{matrix_height}"/>'
        f"{''.join(_heads(rows, columns))}{cells}</svg></div>"
    )


def _heads(rows: Sequence[str], columns: Sequence[str]) -> Iterator[str]:
    for place, name in enumerate(rows):
        y = _HEADS + (place + 1) * _CELL - 4
        yield f'<text x="{_NAMES - 5}" y="{y}" text-anchor="end">{escape(name)}</text>'
    for place, name in enumerate(columns):
        x = _NAMES + (place + 1) * _CELL - 4
        yield f'<text transform="translate({x} {_HEADS - 5}) rotate(-90)">{escape(name)}</text>'


def _cells(counts: NDArray[np.int64], rows: Sequence[str], columns: Sequence[str]) -> Iterator[str]:
    row_totals = counts.sum(axis=1)
    for row, column in np.argwhere(counts).tolist():
        number, share = int(counts[row, column]), float(counts[row, column] / row_totals[row])
        kind = "right" if columns[column] == rows[row] else "wrong"
        words = f"{rows[row]} → {columns[column]}: {number:,} of {row_totals[row]:,} ({share:.1%})"
        # The root shows rare confusions, too.
        yield (
            f'<rect class="{kind}" x="{_NAMES + column * _CELL}" y="{_HEADS + row * _CELL}" '
            f'width="{_CELL}" height="{_CELL}" fill-opacity="{share**0.5:.3f}">'
            f"<title>{escape(words)}</title></rect>"
        )
