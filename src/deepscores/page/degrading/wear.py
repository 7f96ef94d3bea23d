"""Worn print: strokes, glyphs and staff lines a little out of place and weight, before painting.

Everything moves as vectors, so that picture and truth of a worn page are one rasterisation still.

A page looks the same on every machine. Random numbers are ``Generator.random``'s alone, which are
integers scaled by a power of two: ``normal`` goes through the system's ``exp`` and ``log``, and
``uniform`` multiplies and adds in C, which some compilers round once instead of twice. Of NumPy
there are + - × ÷, square roots, comparisons and rounding down, which IEEE 754 defines to the last
bit; turns and waves are made of these: a small turn from the tangent of its half, a wave from
cubics between random heights. The areas of contours are sums, but decide only which way contours
wind and whether one is kept as it was.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from deepscores.page.geometry import Box
from deepscores.page.model import Outline, Outlines, Page, Symbols
from deepscores.page.outlines.contours import Edges
from deepscores.page.symbols.placing import Placement, cut_box, oriented_box

Numbers: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]

# How far things go at most, at strength 1. Lengths are in staff spaces.
WARP = 0.09  # all that stands in one place, together
WARP_PITCH = 10.0  # from one height of that wave to the next
LINE_WAVER = 0.04  # a staff line by itself
LINE_PITCH = 5.0
TOGETHER = 0.07  # a note with its stem and beam, the letters of a dynamic
GLYPH = 0.06  # a glyph by itself
PATH = 0.02  # a slur, beam, stem or barline by itself: what touches must not part
TURN = 0.035  # radians
GROWTH = 0.05  # of a glyph's size
GLYPH_EDGE = 0.1  # what turn and growth move a glyph's farthest point: large ones less
HEAVIER = 0.05  # ink beyond each side of a stroke
LIGHTER = 0.03
OWN_WEIGHT = 0.4  # the share of a symbol's weight that is its own and not the place's
MOST_OF_SIDE = 0.2  # of a symbol's shorter side: the most that weight takes from either
# Pixels: a thinner stroke would cover, and own, no pixel by half where it runs between two.
LEAST_STROKE = 1.05
HAIRLINE = 0.07  # the thinnest of a glyph's; where it is thinner than that, glyphs stay upright
BREAKS = 0.012  # a staff line's, for each staff space
LONGEST_BREAK = 0.4
LEAST_AREA = 0.3  # of a contour: below it weight leaves the contour as it was


class Wear(NamedTuple):
    """How worn a page's print is."""

    strength: float  # 0 = not at all … 1 = badly
    rng: Generator


def wear_symbols(placed: Placement, page: Page, strength: float, rng: Generator) -> Placement:
    """*placed* as worn print would show it; at *strength* 0 the very same.

    Only outlines, and boxes with them, change: numbers, relations and what the music says do not.
    Boxes are tight, and cut at the page's edge. A symbol of which that edge would leave less than
    a pixel stays as it was.
    """
    if not strength or not len(placed):
        return placed
    wearer = _Wearer(placed, page, strength, rng)
    symbols = placed.symbols
    outlines, boxes = list(placed.outlines), symbols.box.copy()
    oriented = dict(symbols.oriented)
    is_drawing = placed.outlines.contour >= 0
    is_line = ~is_drawing & symbols.kind.are("staffLine")
    for wear, fits in (
        (wearer.drawings, is_drawing),
        (wearer.strokes, ~is_drawing & ~is_line),
        (wearer.lines, is_line),
    ):
        rows = np.flatnonzero(fits)
        if not len(rows):
            continue
        worn = wear(rows)
        for row, outline, box in zip(
            rows.tolist(), worn.outlines, worn.boxes.tolist(), strict=True
        ):
            box_on_page = _box_on_page(outline, Box(*box), Box(*symbols.box[row].tolist()), page)
            if box_on_page is None:
                continue
            outlines[row], boxes[row] = outline, box_on_page
            if row in oriented and outline.edges is not None:
                oriented[row] = oriented_box(outline.edges)
    turned = {row: corners for row, corners in oriented.items() if corners}
    return Placement(symbols.with_columns(box=boxes, oriented=turned), Outlines.of(outlines))


def _box_on_page(outline: Outline, box: Box, previous_box: Box, page: Page) -> Box | None:
    """The box of a worn outline, cut at the page; None if hardly anything is left of it."""
    width, height = page.width, page.height
    if box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height:
        return box
    cut = cut_box(outline, box, width, height)
    if cut.width < min(1, previous_box.width) or cut.height < min(1, previous_box.height):
        return None
    return cut


class _WornSymbols(NamedTuple):
    outlines: list[Outline]
    boxes: Numbers  # (n, 4), not cut


class _Wearer:
    """The random amounts of one page, in pixels, drawn in an order that is part of the promise."""

    def __init__(self, placed: Placement, page: Page, strength: float, rng: Generator) -> None:
        self.placed, self.space, self.rng, self.strength = placed, page.staff_space, rng, strength
        self.unit = strength * page.staff_space  # pixels
        self.fine = HAIRLINE * page.staff_space >= 1
        is_box = placed.outlines.contour[:, None] < 0  # as drawn, even beyond the page
        self.boxes = np.where(is_box, placed.outlines.box, placed.symbols.box)
        self.middles = (self.boxes[:, :2] + self.boxes[:, 2:]) / 2
        self.sides = self.boxes[:, 2:] - self.boxes[:, :2]
        pitch = WARP_PITCH * page.staff_space
        self.pitch = pitch
        shape = (3, int(page.height / pitch) + 2, int(page.width / pitch) + 2)
        self.knots = 2 * rng.random(shape) - 1
        self.together = TOGETHER * self.unit * _spread(rng, (len(placed), 2))
        self.own_amounts = _spread(rng, (len(placed), 5))  # right, down, turn, growth, weight
        self.leaders = _leaders(placed.symbols, self.middles)
        self.place_moves = self.place(*self.middles.T)

    def place(self, xs: Numbers, ys: Numbers) -> Numbers:
        """What moves all that stands at a place: right, down, and weight in −1…1; (3, n)."""
        moves = _waves(self.knots, xs / self.pitch, ys / self.pitch)
        moves[:2] *= WARP * self.unit
        return moves

    def shifts(self, rows: Places, amount: Numbers | float) -> Numbers:
        """How far symbols move besides their place, (n, 2)."""
        alone: Numbers = self.own_amounts[rows, :2] * np.reshape(amount, (-1, 1)) * self.unit
        return alone + self.together[self.leaders[rows]]

    def weights(self, rows: Places, places: Numbers) -> Numbers:
        """Ink beyond each side, in pixels, of symbols where the page has the weights *places*."""
        mixed = (1 - OWN_WEIGHT) * places + OWN_WEIGHT * self.own_amounts[rows, 4]
        weights = mixed * np.where(mixed > 0, HEAVIER, LIGHTER) * self.unit
        side = self.sides[rows].min(axis=1)
        upper = MOST_OF_SIDE * side
        lower = -np.minimum(upper, np.maximum(side - LEAST_STROKE, 0) / 2)
        limited: Numbers = np.minimum(np.maximum(weights, lower), upper)
        return limited

    def strokes(self, rows: Places) -> _WornSymbols:
        """Upright rectangles: their ends move with what is there, their weight varies."""
        x0, y0, x1, y1 = self.boxes[rows].T
        x, y = self.middles[rows].T
        right, down = self.shifts(rows, PATH).T
        weight = self.weights(rows, self.place_moves[2, rows])
        lying = self.sides[rows, 0] > self.sides[rows, 1]
        widening, heightening = np.where(lying, 0, weight), np.where(lying, weight, 0)
        boxes = np.stack([
            x0 + right - widening + self.place(x0, y)[0],
            y0 + down - heightening + self.place(x, y0)[1],
            x1 + right + widening + self.place(x1, y)[0],
            y1 + down + heightening + self.place(x, y1)[1],
        ], axis=1)  # fmt: skip
        return _WornSymbols([Outline(None, box=Box(*box)) for box in boxes.tolist()], boxes)

    def drawings(self, rows: Places) -> _WornSymbols:
        """Closed contours: glyphs and words move, turn and grow; other paths bend with the page."""
        outlines = [self.placed.outlines[row] for row in rows.tolist()]
        edges = [outline.edges for outline in outlines if outline.edges is not None]
        sizes = np.array([len(outline) for outline in edges])
        owner = np.repeat(np.arange(len(rows)), sizes)
        rigid = np.array([bool(outline.key) for outline in outlines])
        starts = np.cumsum(sizes) - sizes
        all_edges = np.concatenate(edges)
        to_page = np.array([outline.to_page for outline in outlines], np.float64)
        a, b, c, d, e, f = np.repeat(self._rigid_maps(rows, to_page, rigid), sizes, axis=1)
        x, y = np.ascontiguousarray(all_edges[:, :2].T)
        xs, ys = a * x + c * y + e, b * x + d * y + f
        bending = np.flatnonzero(~rigid[owner])
        moved = self.place(xs[bending], ys[bending])
        xs[bending] += moved[0]
        ys[bending] += moved[1]
        weight = self.weights(rows, self.place_moves[2, rows])
        slanted = np.array([row in self.placed.symbols.oriented for row in rows.tolist()])
        # A bracket is pieces that meet: lighter ones would part.
        lighter = rigid & self.fine | slanted
        weight = np.where(lighter, weight, np.maximum(weight, 0))
        worn_edges = _weighted(all_edges, xs, ys, starts, owner, weight)
        pieces = np.split(worn_edges, starts[1:])
        corners = worn_edges[:, :2]
        boxes = np.concatenate(
            [np.minimum.reduceat(corners, starts), np.maximum.reduceat(corners, starts)], axis=1
        )
        return _WornSymbols([Outline(piece) for piece in pieces], boxes)

    def _rigid_maps(self, rows: Places, to_page: Numbers, rigid: NDArray[np.bool_]) -> Numbers:
        """Maps to the worn page, (6, n); of what bends, without the bending."""
        x, y = self.middles[rows].T
        reach = self.sides[rows].max(axis=1) / 2
        limit = GLYPH_EDGE * self.space / reach
        half = np.minimum(TURN, limit) * self.own_amounts[rows, 2] * self.strength / 2
        half = np.where(rigid & self.fine, half, 0)
        grown = np.minimum(GROWTH, limit) * self.own_amounts[rows, 3] * self.strength
        grown = np.where(rigid, 1 + grown, 1)
        cosine = grown * (1 - half * half) / (1 + half * half)
        sine = grown * (2 * half) / (1 + half * half)
        right, down = self.shifts(rows, np.where(rigid, GLYPH, PATH)).T
        place = np.where(rigid, self.place_moves[:, rows], 0)
        a, b, c, d, e, f = to_page.T
        e, f = e - x, f - y
        return np.stack([
            cosine * a - sine * b, sine * a + cosine * b,
            cosine * c - sine * d, sine * c + cosine * d,
            cosine * e - sine * f + x + right + place[0],
            sine * e + cosine * f + y + down + place[1],
        ])  # fmt: skip

    def lines(self, rows: Places) -> _WornSymbols:
        """Staff lines: they waver with the page and a little by themselves, and break."""
        x0, y0, x1, y1 = self.boxes[rows].T
        steps = np.maximum(((x1 - x0) / self.space).astype(np.int64), 1)
        ends = np.cumsum(steps + 1)
        starts = ends - steps - 1
        line = np.repeat(np.arange(len(rows)), steps + 1)
        step = np.arange(ends[-1]) - starts[line]
        x = x0[line] + (x1 - x0)[line] * (step / steps[line])
        middle = (y0 + y1)[line] / 2
        right, down, weight = self.place(x, middle)
        knots = 2 * self.rng.random((1, len(rows) + 1, int(steps.max() / LINE_PITCH) + 2)) - 1
        (waver,) = _waves(knots, step / LINE_PITCH, line.astype(np.float64))
        # A line thinner than a pixel stays level: it would own pixels here and not there.
        shown_at = np.where((y1 - y0 < LEAST_STROKE)[line], starts[line], np.arange(ends[-1]))
        middle += (down + waver * LINE_WAVER * self.unit)[shown_at]
        half = (y1 - y0)[line] / 2 + self.weights(rows[line], weight)[shown_at]
        points = np.stack([x + right, middle - half, middle + half], axis=1)
        inner = (step > 0) & (step < steps[line] - 1)
        outlines = self._broken(points, inner, starts)
        corners = points[:, [0, 1, 0, 2]]
        low, high = (end.reduceat(corners, starts) for end in (np.minimum, np.maximum))
        return _WornSymbols(outlines, np.concatenate([low[:, :2], high[:, 2:]], axis=1))

    def _broken(self, points: Numbers, inner: NDArray[np.bool_], starts: Places) -> list[Outline]:
        """Lines through *points* (x, top, bottom), with gaps after some that are *inner*."""
        chance = self.rng.random((len(points), 3))
        broken = inner & (chance[:, 0] < BREAKS * self.strength)
        line_starts = starts[1:]
        return [
            Outline(_ribbon(line, np.flatnonzero(gaps), gap_chances))
            for line, gaps, gap_chances in zip(
                np.split(points, line_starts),
                np.split(broken, line_starts),
                np.split(chance[:, 1:], line_starts),
                strict=True,
            )
        ]


def _spread(rng: Generator, shape: tuple[int, ...]) -> Numbers:
    """Numbers in −1…1, small ones more often."""
    return rng.random(shape) + rng.random(shape) - 1


def _waves(knots: Numbers, u: Numbers, v: Numbers) -> Numbers:
    """Smooth waves through *knots* (channels, rows, columns) at columns *u*, rows *v*.

    >>> _waves(np.array([[[0.0, 1.0], [2.0, 3.0]]]), np.array([0.0, 0.5]), np.array([0.0, 1.0]))
    array([[0. , 2.5]])
    """
    rows, columns = knots.shape[1:]
    i = np.clip(u.astype(np.int64), 0, columns - 2)
    j = np.clip(v.astype(np.int64), 0, rows - 2)
    s, t = _eased(u - i), _eased(v - j)
    flat = knots.reshape(len(knots), -1)
    corner = j * columns + i
    upper, lower = (_between(flat, corner + row, s) for row in (0, columns))
    waves: Numbers = upper + (lower - upper) * t
    return waves


def _between(knots: Numbers, left: Places, s: Numbers) -> Numbers:
    first = knots.take(left, axis=1)
    between: Numbers = first + (knots.take(left + 1, axis=1) - first) * s
    return between


def _eased(t: Numbers) -> Numbers:
    t = np.clip(t, 0, 1)
    return t * t * (3 - 2 * t)


def _leaders(symbols: Symbols, middles: Numbers) -> Places:
    """For each symbol the row of the one it moves with: where parents and groups lead."""
    parents, groups = (column.astype(np.int64) - 1 for column in (symbols.parent, symbols.group))
    rows = np.arange(len(symbols))
    leaders = np.where(parents >= 0, parents, rows)
    for _ in range(4):  # mark → notehead → stem → beam → first beam, each step twice as far
        leaders = leaders[leaders]
    leaders = np.where(groups[leaders] >= 0, groups[leaders], leaders)
    # Ledger lines belong to no note; they go with the nearest.
    ledgers = _of_kind(symbols, "ledgerLine")
    heads = _of_kind(symbols, "notehead")
    if len(ledgers) and len(heads):
        apart = np.abs(middles[ledgers, None] - middles[heads])
        leaders[ledgers] = leaders[heads[(apart[:, :, 0] + apart[:, :, 1] / 4).argmin(axis=1)]]
    return leaders


def _of_kind(symbols: Symbols, prefix: str) -> Places:
    return np.flatnonzero(symbols.kind.where(lambda kind: kind.startswith(prefix)))


def _weighted(
    edges: Edges, xs: Numbers, ys: Numbers, starts: Places, owner: Places, weight: Numbers
) -> Edges:
    """Edges through the corners *xs*, *ys*, each outline with *weight* more ink at its sides.

    *edges* are the same before they were moved; contours end where those do.
    """
    first = np.ones(len(edges), bool)
    first[1:] = (edges[1:, :2] != edges[:-1, 2:]).any(axis=1)
    first[starts] = True
    heads = np.flatnonzero(first)
    contour = np.cumsum(first) - 1
    tails = np.append(heads[1:], len(edges)) - 1
    next_edge = np.arange(1, len(edges) + 1)
    next_edge[tails] = heads
    previous_edge = np.arange(-1, len(edges) - 1)
    previous_edge[heads] = tails

    dx, dy = xs[next_edge] - xs, ys[next_edge] - ys
    areas = np.add.reduceat(xs * dy - ys * dx, heads)
    wholes = np.add.reduceat(areas, contour[starts])
    length = np.sqrt(dx * dx + dy * dy)
    length = np.where(length > 0, length, 1) * np.where(wholes >= 0, 1, -1)[owner]
    nx, ny = dy / length, -dx / length  # outwards
    px, py = nx[previous_edge], ny[previous_edge]
    # Sides that meet at an angle move apart by more than the weight, but in a sharp corner.
    by = weight[owner] / np.maximum(1 + nx * px + ny * py, 1)
    wide_x, wide_y = xs + (nx + px) * by, ys + (ny + py) * by

    wide_areas = np.add.reduceat(
        wide_x * (wide_y[next_edge] - wide_y) - wide_y * (wide_x[next_edge] - wide_x), heads
    )
    is_kept = (wide_areas * areas < LEAST_AREA * areas * areas)[contour]
    xs, ys = np.where(is_kept, xs, wide_x), np.where(is_kept, ys, wide_y)
    return np.stack([xs, ys, xs[next_edge], ys[next_edge]], axis=1)


def _ribbon(points: Numbers, gaps: Places, chance: Numbers) -> Edges:
    """The outline of a stroke from *points* (x, top, bottom), with a gap after some of them."""
    pieces: list[Edges] = []
    rest = points
    passed = 0
    for gap in gaps.tolist():
        gap_start, gap_end = points[gap], points[gap + 1]
        long = LONGEST_BREAK * (0.3 + 0.7 * chance[gap, 0])
        start = (1 - long) * chance[gap, 1]
        pieces.append(
            _strip(np.vstack([rest[: gap + 1 - passed], gap_start + (gap_end - gap_start) * start]))
        )
        rest = np.vstack([gap_start + (gap_end - gap_start) * (start + long), points[gap + 1 :]])
        passed = gap
    return np.concatenate([*pieces, _strip(rest)])


def _strip(points: Numbers) -> Edges:
    corners = np.concatenate([points[:, [0, 1]], points[::-1, [0, 2]]])
    return np.concatenate([corners, corners[np.arange(1, len(corners) + 1) % len(corners)]], axis=1)
