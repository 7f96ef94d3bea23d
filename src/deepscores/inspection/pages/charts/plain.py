"""Charts in HTML and SVG that follow the page's theme without a library: curves, bars, a matrix."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_WIDE, _HIGH = 640, 420  # pixels: a chart of curves
_LEFT, _TOP, _RIGHT, _BOTTOM = 52, 12, 12, 44
_CELL, _NAMES, _HEADS = 15, 190, 170  # pixels: of a matrix
_TICKS = 5


class Line(NamedTuple):
    """A line through points of 0…1 × 0…1."""

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    words: str = ""  # what else to tell of it


class Bar(NamedTuple):
    """A bar of 0…1, with the interval that it may as well have been in."""

    name: str
    value: float | None  # None: there is nothing to show
    low: float | None = None
    high: float | None = None


def draw_curves(name: str, main: Line, others: Sequence[Line], axes: tuple[str, str]) -> str:
    """Curves, *main* thick and the *others* pale, with a list to choose one from."""
    lines = "".join(_path(one) for one in others) + _path(main, "main")
    options = "".join(
        f'<option value="{escape(one.name)}">{escape(one.name)}</option>'
        for one in sorted(others, key=lambda one: one.name.lower())
    )
    choice = (
        f'<p class="tools"><label>class <select data-curves="{name}"><option value="">–</option>'
        f"{options}</select></label> <output></output></p>"
    )
    return (
        f'{choice}<svg class="curves" id="{name}" viewBox="0 0 {_WIDE} {_HIGH}" role="img" '
        f'aria-label="{escape(" and ".join(axes))}">{_axes(axes)}<g>{lines}</g></svg>'
    )


def _path(one: Line, kind: str = "") -> str:
    points = _thinned(one)
    steps = "L".join(f"{_x(x):.5g} {_y(y):.5g}" for x, y in points)
    words = f"{one.name} {one.words}".strip()
    return (
        f'<path class="{kind}" data-name="{escape(one.name)}" data-words="{escape(one.words)}" '
        f'd="M{steps}"><title>{escape(words)}</title></path>'
    )


def _thinned(one: Line) -> list[tuple[float, float]]:
    """The points, without those between two of the same height."""
    points = [(float(x), float(y)) for x, y in zip(one.x, one.y, strict=True)]
    return [
        here
        for place, here in enumerate(points)
        if place in (0, len(points) - 1)
        or not points[place - 1][1] == here[1] == points[place + 1][1]
    ]


def _x(share: float) -> float:
    return _LEFT + share * (_WIDE - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _HIGH - _BOTTOM - share * (_HIGH - _TOP - _BOTTOM)


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
    across, up = (escape(one) for one in words)
    parts.append(
        f'<text x="{_x(0.5):g}" y="{_HIGH - 8}" text-anchor="middle">{across}</text>'
        f'<text transform="translate(14 {_y(0.5):g}) rotate(-90)" text-anchor="middle">{up}</text>'
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
    """A confusion matrix (rows, columns): each row's shares as shades, in numbers when pointed at.

    A column of the row's own name is right.
    """
    wide, high = len(columns) * _CELL, len(rows) * _CELL
    cells = "".join(_cells(counts, rows, columns))
    width, height = _NAMES + wide + 10, _HEADS + high + 10
    return (
        f'<div class="scroll"><svg class="matrix" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="confusion matrix">'
        f'<rect class="frame" x="{_NAMES}" y="{_HEADS}" width="{wide}" height="{high}"/>'
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
    every = counts.sum(axis=1)
    for row, column in np.argwhere(counts).tolist():
        number, share = int(counts[row, column]), float(counts[row, column] / every[row])
        kind = "right" if columns[column] == rows[row] else "wrong"
        words = f"{rows[row]} → {columns[column]}: {number:,} of {every[row]:,} ({share:.1%})"
        # The root shows rare confusions, too.
        yield (
            f'<rect class="{kind}" x="{_NAMES + column * _CELL}" y="{_HEADS + row * _CELL}" '
            f'width="{_CELL}" height="{_CELL}" fill-opacity="{share**0.5:.3f}">'
            f"<title>{escape(words)}</title></rect>"
        )
