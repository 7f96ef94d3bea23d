"""Curves, strokes and dashes as straight edges.

An *outline* is a float64 array of shape (n, 4): directed edges ``x0 y0 x1 y1`` of closed contours,
to be filled with the nonzero rule; x points right, y down, the unit is the caller's. *tolerance*
is the farthest that an edge may lie from the true curve, in the same unit.

Inside, points are complex numbers. Sums, products, quotients and square roots round alike on every
machine; ``sin``, ``hypot`` and matrix products do not. So these are avoided, and outlines are the
same bits everywhere (but for SVG arcs with a turned axis, which need one sine and cosine).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import cycle, pairwise
from math import ceil, cos, radians, sin, sqrt
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Outline: TypeAlias = NDArray[np.float64]  # (n, 4)
Points: TypeAlias = NDArray[np.float64]  # (n, 2)
Cap: TypeAlias = Literal["butt", "square", "round"]
Join: TypeAlias = Literal["miter", "round", "bevel"]
_Vector: TypeAlias = NDArray[np.complex128]
_Reals: TypeAlias = NDArray[np.float64]

_MOST_SEGMENTS = 4096  # of one curve: a wild control point must not eat the memory
_FINEST = 1e-7  # sagitta of a unit arc: no picture needs a rounder circle
_COINCIDE = 1e-9  # nearer points have no direction between them

# Numbers are atomic, "(?>": junk must not set off a search through all ways to split the digits.
_NUMBER = r"(?>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
# The two flags of an arc may stand without separators: "a1 1 0 01.5.5".
_ARC = r"[\s,]*+".join([f"({_NUMBER})"] * 3 + ["([01])"] * 2 + [f"({_NUMBER})"] * 2)
_ONE_NUMBER, _ONE_ARC = re.compile(_NUMBER), re.compile(_ARC)
_NUMBERS, _ARCS = (re.compile(rf"(?:[\s,]*+{pattern})*+[\s,]*+") for pattern in (_NUMBER, _ARC))
_COMMAND = re.compile(r"([MmLlHhVvCcSsQqTtAaZz])([^MmLlHhVvCcSsQqTtAaZz]*)")
_ARITY = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}
_SMOOTH = {"SC", "SS", "TQ", "TT"}  # command and the one before it, whose control point it mirrors


class Tracer:
    """Records a path, flattening its curves as they come. Points are complex numbers.

    `subpaths` holds what was drawn; `contours` closes each subpath, as filling does.
    A curve gets no more than 4096 edges, whatever *tolerance* asks.
    """

    def __init__(self, tolerance: float) -> None:
        if not tolerance > 0:
            raise ValueError(f"tolerance must be positive, not {tolerance}")
        self.tolerance = tolerance
        self.subpaths: list[list[complex]] = []
        self.position = 0j

    def move(self, point: complex) -> None:
        """Begin a subpath."""
        self.subpaths.append([point])
        self.position = point

    def line(self, point: complex) -> None:
        """A straight line."""
        self.subpaths[-1].append(point)
        self.position = point

    def quadratic(self, control: complex, end: complex) -> None:
        """A quadratic Bézier curve."""
        start = self.position
        bend = start - 2 * control + end
        self._curve((bend, 2 * (control - start), start), 2 * _length(bend), end)

    def cubic(self, control1: complex, control2: complex, end: complex) -> None:
        """A cubic Bézier curve."""
        start = self.position
        bend1, bend2 = start - 2 * control1 + control2, control1 - 2 * control2 + end
        powers = (bend2 - bend1, 3 * bend1, 3 * (control1 - start), start)
        self._curve(powers, 6 * max(_length(bend1), _length(bend2)), end)

    def arc(self, ellipse: "_Ellipse", target: complex, *, large: bool, sweep: bool) -> None:
        """An elliptical arc with the two flags of SVG's ``A``."""
        if ellipse.rx and ellipse.ry and target != self.position:
            centre, ellipse = ellipse.through(self.position, target, to_right=large != sweep)
            start, end = ellipse.to_unit(self.position - centre), ellipse.to_unit(target - centre)
            sagitta = self.tolerance / max(ellipse.rx, ellipse.ry)
            arc = _unit_arc(start, end, 1 if sweep else -1, sagitta)
            self.subpaths[-1].extend(centre + ellipse.from_unit(point) for point in arc[1:-1])
        self.line(target)

    def close(self) -> None:
        """Return to the start of the subpath; drawing may go on from there without a move."""
        path = self.subpaths[-1]
        if path[-1] != path[0]:
            path.append(path[0])
        self.move(path[0])

    def contours(self) -> Outline:
        """The outline of all subpaths, each closed."""
        return _joined(_contour(np.array(path)) for path in self.subpaths if len(path) > 2)

    def _curve(self, powers: Sequence[complex], most_bend: float, end: complex) -> None:
        """Draw the polynomial of coefficients *powers*; *most_bend* bounds its 2nd derivative.

        A chord over a parameter step h leaves the curve by no more than h² · bend / 8, always to
        the inner side: shapes would lose ink all around. So the points between are moved to the
        outer side by the mean of that, two thirds, and gains and losses cancel.
        """
        steps = ceil(min(sqrt(most_bend / (8 * self.tolerance)), _MOST_SEGMENTS))
        if steps > 1:
            cube, square, slope, start = (0j, *powers)[-4:]
            share = 1 / (12 * steps * steps)
            moved = (cube, square, slope - 6 * cube * share, start - 2 * square * share)
            self.subpaths[-1].extend(_polynomial(moved, _fractions(steps)).tolist())
        self.line(end)


def path_edges(d: str, tolerance: float) -> Outline:
    """The outline of SVG path data, every subpath closed as a fill closes it.

    Raises ValueError if *d* is not path data.

    >>> path_edges("M0 0 H2 V1 z", tolerance=0.1).tolist()
    [[0.0, 0.0, 2.0, 0.0], [2.0, 0.0, 2.0, 1.0], [2.0, 1.0, 0.0, 0.0]]
    """
    return _trace(d, tolerance).contours()


def polyline_points(d: str, tolerance: float) -> list[Points]:
    """The subpaths of SVG path data as flattened points (n, 2), open unless ``z`` closed them.

    Raises ValueError if *d* is not path data.

    >>> [line.tolist() for line in polyline_points("M0 0 L2 0 M5 5 l0 1", tolerance=0.1)]
    [[[0.0, 0.0], [2.0, 0.0]], [[5.0, 5.0], [5.0, 6.0]]]
    """
    subpaths = _trace(d, tolerance).subpaths
    return [_as_points(np.array(path)) for path in subpaths if len(path) > 1]


def polygon_edges(points: Points) -> Outline:
    """The outline of the closed polygon through *points* (n, 2)."""
    return _contour(_as_vector(points))


def rectangle_edges(x0: float, y0: float, x1: float, y1: float) -> Outline:
    """The outline of an upright rectangle."""
    return np.array([[x0, y0, x1, y0], [x1, y0, x1, y1], [x1, y1, x0, y1], [x0, y1, x0, y0]], float)


def ellipse_edges(cx: float, cy: float, rx: float, ry: float, tolerance: float) -> Outline:
    """The outline of an upright ellipse."""
    unit = _unit_circle(tolerance / max(rx, ry, tolerance))
    points = np.empty_like(unit)
    points.real = cx + rx * unit.real
    points.imag = cy + ry * unit.imag
    return _contour(points)


def dash(points: Points, pattern: Sequence[float]) -> list[Points]:
    """Cut a polyline into the dashes of SVG's ``stroke-dasharray``: on, off, on, off…

    An odd pattern counts twice; one without positive length leaves the line whole.

    >>> [piece.tolist() for piece in dash(np.array([[0.0, 0.0], [5.0, 0.0]]), [2, 1])]
    [[[0.0, 0.0], [2.0, 0.0]], [[3.0, 0.0], [5.0, 0.0]]]
    """
    path = _distinct(_as_vector(points))
    pattern = [*pattern] * (1 + len(pattern) % 2)
    if min(pattern, default=0) < 0 or not sum(pattern) > 0:
        return [_as_points(path)]
    reached = np.concatenate([[0.0], np.cumsum(_lengths(np.diff(path)))])
    spans = _dash_spans(float(reached[-1]), pattern)
    return [_as_points(_piece(path, reached, start, end)) for start, end in spans]


class _Corner(NamedTuple):
    """How the gap at the outer side of a corner is filled."""

    join: Join
    miter_limit: float
    tolerance: float


def stroke_edges(
    points: Points,
    width: float,
    *,
    closed: bool = False,
    cap: Cap = "butt",
    join: Join = "miter",
    miter_limit: float = 4.0,
    tolerance: float,
) -> Outline:
    """The outline of a polyline (n, 2) stroked with a pen of *width*.

    No winding number is negative, so that a nonzero fill is the union of all parts. Where a bend
    is tighter than the pen or the line crosses itself, parts overlap; elsewhere they do not. A
    straight line gives four edges. A line without length shows its caps only, as in SVG.
    """
    reach = width / 2
    path = _distinct(_as_vector(points), closed=closed)
    corner = _Corner(join, miter_limit, tolerance)
    if len(path) < 2:
        return _dot(path, reach, cap, tolerance)
    if closed:
        sides = (path, path[::-1])
        return _joined(_contour(_side_of_ring(side, reach, corner)) for side in sides)
    if len(path) == 2 and cap != "round":
        start, end = path.tolist()
        return _bar(start, end, reach, cap)
    if cap == "square":
        path = _lengthened(path, reach)
    forth, back = (_side_of_line(side, reach, corner) for side in (path, path[::-1]))
    if cap == "round":
        forth = np.concatenate([forth, _nose(path[-1], forth[-1], back[0], tolerance)])
        back = np.concatenate([back, _nose(path[0], back[-1], forth[0], tolerance)])
    return _contour(np.concatenate([forth, back]))


def offset_edges(edges: Outline, distance: float, tolerance: float) -> Outline:
    """The outline of a filled contour and its stroke: of width 2 · *distance*, with round joins.

    *edges* is one closed contour that does not cross itself, in either sense: a slur's lens.
    """
    if not np.array_equal(edges[:-1, 2:], edges[1:, :2]):
        raise ValueError("offset_edges takes one closed contour")
    path = _distinct(_as_vector(edges[:, :2]), closed=True)
    if len(path) < 3:
        line = _as_points(path)
        return stroke_edges(line, 2 * distance, cap="round", join="round", tolerance=tolerance)
    if _twice_area(path) < 0:
        path = path[::-1]
    return _contour(_side_of_ring(path, distance, _Corner("round", 1.0, tolerance)))


class _Ellipse(NamedTuple):
    """An ellipse about the origin; *axis* is the unit vector along its first radius."""

    rx: float
    ry: float
    axis: complex = 1 + 0j

    def to_unit(self, point: complex) -> complex:
        """Map the ellipse to the unit circle."""
        turned = point * self.axis.conjugate()
        return complex(turned.real / self.rx, turned.imag / self.ry)

    def from_unit(self, point: complex) -> complex:
        """Map the unit circle to the ellipse."""
        return complex(point.real * self.rx, point.imag * self.ry) * self.axis

    def through(
        self, start: complex, end: complex, *, to_right: bool
    ) -> tuple[complex, "_Ellipse"]:
        """Centre and size with which it passes *start* and *end*; it grows where it must.

        Of the two centres, take the one to the right of the way as seen on the page, else the left
        (SVG 1.1, F.6.5 and F.6.6).
        """
        half = self.to_unit((end - start) / 2)
        reach = _length(half)
        middle = (start + end) / 2
        if reach >= 1:
            return middle, self._replace(rx=self.rx * reach, ry=self.ry * reach)
        rise = sqrt(1 - reach * reach) / reach * (1 if to_right else -1)
        return middle + self.from_unit(complex(-half.imag * rise, half.real * rise)), self


def _trace(d: str, tolerance: float) -> Tracer:
    """Play SVG path data to a tracer."""
    data = d.strip()
    if data[:1] not in "Mm":
        raise ValueError(f"path data does not start with a move: {data[:60]!r}")
    tracer = Tracer(tolerance)
    previous_kind, control = "", 0j
    for letter, arguments in _COMMAND.findall(data):
        kind = letter.upper()
        for row in _rows(kind, arguments):
            mirror = (
                2 * tracer.position - control
                if kind + previous_kind in _SMOOTH
                else tracer.position
            )
            control = _draw(tracer, kind, row, tracer.position if letter.islower() else 0j, mirror)
            previous_kind = kind
            kind = "L" if kind == "M" else kind  # more pairs after a move are lines
    return tracer


def _rows(kind: str, arguments: str) -> list[list[float]]:
    """The arguments of a command, a row for each time that it is to be carried out."""
    arity = _ARITY[kind]
    if kind == "A":
        sound = _ARCS.fullmatch(arguments)
        numbers = [float(number) for arc in _ONE_ARC.findall(arguments) for number in arc]
    else:
        sound = _NUMBERS.fullmatch(arguments)
        numbers = [float(number) for number in _ONE_NUMBER.findall(arguments)]
    if not sound or bool(numbers) != bool(arity) or (arity and len(numbers) % arity):
        raise ValueError(f"path command {kind} with arguments {arguments[:60]!r}")
    return [numbers[i : i + arity] for i in range(0, len(numbers), arity)] if arity else [[]]


def _draw(tracer: Tracer, kind: str, row: list[float], origin: complex, mirror: complex) -> complex:
    """Carry out one command; return the last control point, or where the pen is."""
    points = [origin + complex(*pair) for pair in zip(row[::2], row[1::2], strict=False)]
    match kind:
        case "M":
            tracer.move(points[0])
        case "L":
            tracer.line(points[0])
        case "H":
            tracer.line(complex(origin.real + row[0], tracer.position.imag))
        case "V":
            tracer.line(complex(tracer.position.real, origin.imag + row[0]))
        case "A":
            ellipse = _Ellipse(abs(row[0]), abs(row[1]), _direction(row[2]))
            tracer.arc(ellipse, origin + complex(*row[5:]), large=row[3] == 1, sweep=row[4] == 1)
        case "Z":
            tracer.close()
        case "C" | "S":
            controls = points if kind == "C" else [mirror, *points]
            tracer.cubic(*controls)
            return controls[1]
        case _:
            controls = points if kind == "Q" else [mirror, *points]
            tracer.quadratic(*controls)
            return controls[0]
    return tracer.position


def _direction(degrees: float) -> complex:
    if degrees % 180 == 0:  # the axis of an ellipse has no sense
        return 1 + 0j
    return complex(cos(radians(degrees)), sin(radians(degrees)))


def _length(vector: complex) -> float:
    return sqrt(vector.real * vector.real + vector.imag * vector.imag)


@lru_cache(maxsize=256)
def _fractions(steps: int) -> _Reals:
    """The inner points of (0, 1) cut into equal *steps*."""
    return np.arange(1, steps) / steps


def _polynomial(powers: Sequence[complex], fractions: _Reals) -> _Vector:
    """The polynomial with coefficients *powers*, highest first, by Horner's rule."""
    values = np.empty(len(fractions), complex)
    x, y = powers[0].real, powers[0].imag
    for power in powers[1:]:
        x, y = x * fractions + power.real, y * fractions + power.imag  # type: ignore[assignment]
    values.real, values.imag = x, y
    return values


def _unit_arc(start: complex, end: complex, turn: int, sagitta: float) -> list[complex]:
    """Points of the unit circle from *start* to *end*, both included, by repeated halving.

    *turn* is 1 for clockwise on the page, -1 for the other way.
    """
    points = [start, _halfway(start, end, turn), end]
    while 1 - _length(points[0] + points[1]) / 2 > max(sagitta, _FINEST):
        halves = [[first, _halfway(first, second, turn)] for first, second in pairwise(points)]
        points = [point for half in halves for point in half] + [end]
    return points


def _halfway(start: complex, end: complex, turn: int) -> complex:
    chord = end - start
    length = _length(chord) * turn
    return complex(chord.imag / length, -chord.real / length)


@lru_cache(maxsize=256)
def _unit_circle(sagitta: float) -> _Vector:
    half = _unit_arc(1 + 0j, -1 + 0j, 1, sagitta)[:-1]
    return np.array(half + [-point for point in half])


def _dash_spans(length: float, pattern: Sequence[float]) -> Iterator[tuple[float, float]]:
    """Where dashes start and end along a line of *length*."""
    start, inked = 0.0, True
    for part in cycle(pattern):
        if start >= length:
            return
        if inked:
            yield start, min(start + part, length)
        start, inked = start + part, not inked


def _piece(path: _Vector, reached: _Reals, start: float, end: float) -> _Vector:
    """The part of a path from *start* to *end*; *reached* says how far along its points lie."""
    inner = path[(reached > start) & (reached < end)]
    ends = [_point_at(path, reached, distance) for distance in (start, end)]
    return np.concatenate([ends[:1], inner, ends[1:]])


def _point_at(path: _Vector, reached: _Reals, distance: float) -> complex:
    index = min(int(np.searchsorted(reached, distance, side="right")), len(path) - 1)
    if index == 0:
        return complex(path[0])
    first, second = path[index - 1 : index + 1].tolist()
    part = (distance - reached[index - 1]) / (reached[index] - reached[index - 1])
    return complex(first + (second - first) * float(part))


def _dot(path: _Vector, reach: float, cap: Cap, tolerance: float) -> Outline:
    """What a stroke without length leaves on paper."""
    if not len(path) or cap == "butt":
        return np.empty((0, 4))
    x, y = path[0].real, path[0].imag
    if cap == "round":
        return ellipse_edges(x, y, reach, reach, tolerance)
    return rectangle_edges(x - reach, y - reach, x + reach, y + reach)


def _bar(start: complex, end: complex, reach: float, cap: Cap) -> Outline:
    """A straight stroke. Stems and staff lines are most of a page, so this is kept short."""
    cap_step = (end - start) * (reach / _length(end - start))
    normal = complex(cap_step.imag, -cap_step.real)
    if cap == "square":
        start, end = start - cap_step, end + cap_step
    corners = (start + normal, end + normal, end - normal, start - normal)
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = [(corner.real, corner.imag) for corner in corners]
    return np.array([[ax, ay, bx, by], [bx, by, cx, cy], [cx, cy, dx, dy], [dx, dy, ax, ay]])


def _lengthened(path: _Vector, reach: float) -> _Vector:
    path = path.copy()
    ahead, _ = _directions(path[[1, -2]], path[[0, -1]])
    path[[0, -1]] += reach * ahead
    return path


def _nose(tip: complex, start: complex, end: complex, tolerance: float) -> _Vector:
    """The inner points of a round cap around *tip*, from *start* to *end*."""
    tip, start, end = complex(tip), complex(start), complex(end)  # NumPy's scalars are slow
    reach = _length(start - tip)
    arc = _unit_arc((start - tip) / reach, (end - tip) / reach, 1, tolerance / reach)
    return np.array([tip + reach * point for point in arc[1:-1]])


def _side_of_line(path: _Vector, reach: float, corner: _Corner) -> _Vector:
    """The line at distance *reach* to the left of an open path, as seen on the page."""
    ahead, lengths = _directions(path[:-1], path[1:])
    normals = _left_of(ahead)
    inner = _corners(path[1:-1], normals, np.minimum(lengths[:-1], lengths[1:]), reach, corner)
    ends = path[[0, -1]] + reach * normals[[0, -1]]
    return np.concatenate([ends[:1], inner, ends[1:]])


def _side_of_ring(path: _Vector, reach: float, corner: _Corner) -> _Vector:
    """The line at distance *reach* to the left of a closed path, as seen on the page."""
    ahead, lengths = _directions(path, np.roll(path, -1))
    normals = np.concatenate([_left_of(ahead[-1:]), _left_of(ahead)])
    return _corners(path, normals, np.minimum(np.roll(lengths, 1), lengths), reach, corner)


def _corners(
    corners: _Vector, normals: _Vector, room: _Reals, reach: float, corner: _Corner
) -> _Vector:
    """The offset line around *corners*, where the normal turns from normals[i] to normals[i + 1].

    *room* is the length of the shorter leg. At the inner side of a turn, the two offset legs are
    cut where they meet if that leaves half of each leg. Otherwise the line goes by the corner
    itself: it then crosses itself, but every loop winds the same way as the whole.
    """
    incoming, outgoing = normals[:-1], normals[1:]
    x0, y0, x1, y1 = incoming.real, incoming.imag, outgoing.real, outgoing.imag
    cosine, sine = x0 * x1 + y0 * y1, x0 * y1 - y0 * x1
    turn = np.maximum(1 + cosine, 1e-12)
    beyond = np.sqrt(2 / turn)  # distance of the meeting point from the corner, over reach
    outer = (sine > 0) | ((sine == 0) & (cosine < 0))
    fits_outer = reach * (beyond - 1) <= corner.tolerance
    if corner.join == "miter":
        fits_outer |= beyond <= corner.miter_limit
    meets = np.where(outer, fits_outer, 2 * reach * np.abs(sine) <= room * turn)
    middle = corners + np.where(meets, reach / turn, 0) * (incoming + outgoing)
    line = np.array([corners + reach * incoming, middle, corners + reach * outgoing]).T
    is_drawn = np.array([~meets, meets | ~outer, ~meets]).T
    gaps = np.flatnonzero(outer & ~meets).tolist() if corner.join == "round" else []
    if gaps:
        arcs = {i: _nose(corners[i], line[i, 0], line[i, 2], corner.tolerance) for i in gaps}
        return _with_arcs(line, is_drawn, arcs)
    drawn_line: _Vector = line[is_drawn]
    return drawn_line


def _with_arcs(line: _Vector, is_drawn: NDArray[np.bool_], arcs: dict[int, _Vector]) -> _Vector:
    """The points *line[is_drawn]* with an arc in the gap of each corner that *arcs* names."""
    places = (
        np.cumsum(is_drawn.sum(axis=1))[list(arcs)] - 1
    )  # before the second point of the corner
    lengths = [len(arc) for arc in arcs.values()]
    return np.insert(line[is_drawn], np.repeat(places, lengths), np.concatenate([*arcs.values()]))


def _directions(start: _Vector, end: _Vector) -> tuple[_Vector, _Reals]:
    """Unit vectors from *start* to *end*, and the distances."""
    steps = end - start
    lengths = _lengths(steps)
    return steps * (1 / lengths), lengths


def _lengths(steps: _Vector) -> _Reals:
    lengths: _Reals = np.sqrt(steps.real * steps.real + steps.imag * steps.imag)
    return lengths


def _left_of(ahead: _Vector) -> _Vector:
    return -1j * ahead


def _twice_area(path: _Vector) -> float:
    """Twice the area of a closed path: positive if it runs clockwise on the page."""
    following = np.roll(path, -1)
    return float((path.real * following.imag - path.imag * following.real).sum())


def _distinct(path: _Vector, *, closed: bool = False) -> _Vector:
    """The path without points that coincide with the one before them (or the first, if closed)."""
    apart = _lengths(path[1:] - path[:-1]) > _COINCIDE
    if not apart.all():
        path = np.concatenate([path[:1], path[1:][apart]])
    if closed and len(path) > 1 and _length(complex(path[-1] - path[0])) <= _COINCIDE:
        path = path[:-1]
    return path


def _contour(path: _Vector) -> Outline:
    """The edges of a closed path; the first point may or may not be repeated at its end."""
    points = _as_points(path)
    if len(path) > 1 and path[-1] == path[0]:
        points = points[:-1]
    edges = np.empty((len(points), 4))
    edges[:, :2] = points
    edges[:-1, 2:] = points[1:]
    edges[-1:, 2:] = points[:1]
    return edges


def _joined(outlines: Iterable[Outline]) -> Outline:
    parts = list(outlines)
    return parts[0] if len(parts) == 1 else np.concatenate([np.empty((0, 4)), *parts])


def _as_vector(points: Points) -> _Vector:
    return np.ascontiguousarray(points, dtype=np.float64).view(np.complex128).reshape(-1)


def _as_points(path: _Vector) -> Points:
    return np.ascontiguousarray(path).view(np.float64).reshape(-1, 2)
