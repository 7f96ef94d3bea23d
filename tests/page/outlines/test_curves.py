"""Outlines against the true curves, exact distances, and resvg as an independent judge."""

from io import BytesIO
from math import hypot, pi

import numpy as np
import pytest
import resvg_py
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from deepscores.page.geometry import Box
from deepscores.page.outlines.contours import bounds
from deepscores.page.outlines.curves import (
    Outline,
    Points,
    dash,
    ellipse_edges,
    offset_edges,
    path_edges,
    polygon_edges,
    polyline_points,
    rectangle_edges,
    stroke_edges,
)

SIDE = 100  # of the square in which everything is drawn
SLUR = "M10,60 C25,20 70,20 90,50 C70,28 28,28 10,60"
HAIRPIN = np.array([[90.0, 40.0], [10.0, 50.0], [90.0, 60.0]])
BRACKET = np.array([[10.0, 50.0], [10.0, 20.0], [90.0, 20.0], [90.0, 50.0]])

coordinates = st.floats(0, SIDE).map(lambda value: round(value, 3))
points = st.tuples(coordinates, coordinates)
unhurried = settings(deadline=None)  # winding numbers on a grid take a while
polylines = st.lists(points, min_size=2, max_size=6).map(np.array)


def area(edges: Outline) -> float:
    x0, y0, x1, y1 = edges.T
    return float((x0 * y1 - x1 * y0).sum() / 2)


def winding(edges: Outline, at: Points) -> NDArray[np.int64]:
    """How often a contour runs around each point, clockwise on the page."""
    x, y = at[:, :1], at[:, 1:]
    x0, y0, x1, y1 = edges.T
    crosses = np.sign((y1 > y) * 1 - (y0 > y) * 1)
    right = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)
    return ((crosses > 0) & (right > 0)).sum(1) - ((crosses < 0) & (right < 0)).sum(1)


def distances(path: Points, at: Points) -> NDArray[np.float64]:
    """From each point to the nearest point of a polyline."""
    start, step = path[:-1], np.diff(path, axis=0)
    squares = np.maximum((step**2).sum(1), 1e-300)
    along = ((at[:, None] - start) * step).sum(2) / squares
    nearest = start + np.clip(along, 0, 1)[..., None] * step
    return np.sqrt(((at[:, None] - nearest) ** 2).sum(2)).min(1)


def grid(step: float = 1.37) -> Points:
    axis = np.arange(-20, SIDE + 20, step)
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


def picture(drawing: str) -> NDArray[np.float64]:
    """Coverage by resvg, four pixels to the unit."""
    box = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}"'
    png = resvg_py.svg_to_bytes(
        svg_string=f"<svg {box}>{drawing}</svg>", width=4 * SIDE, skip_system_fonts=True
    )
    return np.asarray(Image.open(BytesIO(bytes(png))).getchannel("A")) / 255.0


def filled(edges: Outline) -> str:
    """The outline as SVG; a contour ends where the next edge starts elsewhere."""
    d, end = "", None
    for x0, y0, x1, y1 in edges.tolist():
        d += f"{'' if (x0, y0) == end else f'M{x0} {y0}'}L{x1} {y1}"
        end = (x1, y1)
    return f'<path d="{d}"/>'


def assert_same_picture(drawing: str, edges: Outline) -> None:
    ours, theirs = picture(filled(edges)), picture(drawing)
    apart = np.abs(ours - theirs)
    edge = (theirs > 0) & (theirs < 1)
    assert theirs.any()
    assert apart.max() < 0.5  # resvg flattens and samples coarsely, but no pixel is missed
    assert apart.sum() < 0.08 * max(edge.sum(), SIDE)


@given(points, points, points, points, st.sampled_from([0.01, 0.1, 1.0]))
def test_flattened_cubic_stays_within_tolerance(p0, p1, p2, p3, tolerance):
    d = f"M{p0[0]},{p0[1]} C{p1[0]},{p1[1]} {p2[0]},{p2[1]} {p3[0]},{p3[1]}"
    (line,) = polyline_points(d, tolerance)
    t = np.linspace(0, 1, 100)[:, None]
    curve = (1 - t) ** 3 * p0 + 3 * t * (1 - t) ** 2 * p1 + 3 * t**2 * (1 - t) * p2 + t**3 * p3
    assert distances(line, curve).max() <= tolerance + 1e-9


def test_flattening_takes_no_ink_away():
    """Chords alone would: this disc would lose 1.7 % at this tolerance."""
    k = 0.5522847498 * 10
    disc = (
        f"M10,0 C10,{k} {k},10 0,10 C{-k},10 -10,{k} -10,0 "
        f"C-10,{-k} {-k},-10 0,-10 C{k},-10 10,{-k} 10,0 z"
    )
    x0, y0, x1, y1 = path_edges(disc, 0.15).T
    coarse = (x0 * y1 - x1 * y0).sum() / 2
    x0, y0, x1, y1 = path_edges(disc, 1e-5).T
    assert coarse == pytest.approx((x0 * y1 - x1 * y0).sum() / 2, rel=0.004)


def test_finer_tolerance_costs_no_more_edges_than_its_square_root():
    coarse, fine = (len(path_edges(SLUR, tolerance)) for tolerance in (0.4, 0.004))
    assert coarse < fine <= 10 * coarse


@pytest.mark.parametrize(
    "d",
    [
        SLUR,
        "M10 10 L90 10 90 90 10 90z m20 20 v40 h40 v-40",
        "m10,10 80,0 0,80 -80,0zM30 30V70H70V30Z",
        "M10 80 Q 50 10 90 80 T 10 80",
        "M10 80 q 40 -70 40 0 t 40 0",
        "M10 50 C 10 10 50 10 50 50 S 90 90 90 50",
        "M10 50 c 0 -40 40 -40 40 0 s 40 40 40 0z",
        "M10 50 L 50 50 S 90 90 90 10 T 10 10",
        "M20 50 A 30 20 0 0 1 80 50 A30 20 0 0 1 20 50z",
        "M20 50 a 40 20 30 1 0 40 10z",
        "M20 50 a 40 20 30 1 1 40 10z",
        "M20 50 a 40 20 30 0140 10z",
        "M30 50 a25 25 0 01.5.5a25 25 0 1120-20z",
        "M10 50 A 5 5 0 0 0 90 60z",
        "M10 50 A 0 5 0 0 0 90 60 L 50 90z",
        "M1e1.5L9.0e+1,50L+10 90-.5-.0",
        "M10 10h20v20h-20z l40 40 h20 v20z",
    ],
)
def test_path_fills_as_resvg_fills_it(d):
    assert_same_picture(f'<path d="{d}"/>', path_edges(d, 0.01))


@pytest.mark.parametrize(
    "d",
    [
        *("L1 1", "none", "M1", "M1 2 3", "M0 0 L1", "M0 0 Q1 2 3", "M0 0 H", "M0 0 z 3"),
        *("M0 0 L#1 2", "M0 0 Lnan 1", "M0 0 A1 1 0 2 0 5 5", "M" + "1" * 5000 + "x"),
    ],
)
def test_what_is_no_path_data_is_refused(d):
    with pytest.raises(ValueError, match="path"):
        path_edges(d, 0.1)


def test_empty_path_has_no_edges():
    assert path_edges("", 0.1).shape == path_edges("M3 3", 0.1).shape == (0, 4)


def test_tolerance_must_be_positive():
    with pytest.raises(ValueError, match="tolerance"):
        path_edges(SLUR, 0)


def test_wild_control_point_costs_bounded_memory():
    assert len(path_edges("M0 0 C1e30 0 0 1e30 5 5", 0.01)) < 5000


@pytest.mark.parametrize(("rx", "ry"), [(30, 30), (40, 10), (0.5, 30)])
def test_ellipse_has_the_area_of_an_ellipse(rx, ry):
    edges = ellipse_edges(50, 50, rx, ry, tolerance=0.01)
    assert area(edges) == pytest.approx(pi * rx * ry, abs=0.01 * 2 * pi * max(rx, ry))
    assert bounds(edges) == pytest.approx(Box(50 - rx, 50 - ry, 50 + rx, 50 + ry))


def test_rectangle_and_polygon_agree():
    corners = np.array([[1.0, 2.0], [5.0, 2.0], [5.0, 9.0], [1.0, 9.0]])
    assert np.array_equal(rectangle_edges(1, 2, 5, 9), polygon_edges(corners))
    assert bounds(polygon_edges(corners)) == Box(1, 2, 5, 9)


@given(points, points, st.floats(0.1, 20))
def test_straight_stroke_is_one_rectangle(start, end, width):
    length = hypot(end[0] - start[0], end[1] - start[1])
    assume(length > 1e-3)
    edges = stroke_edges(np.array([start, end]), width, tolerance=0.01)
    assert edges.shape == (4, 4)
    assert area(edges) == pytest.approx(length * width, rel=1e-6)


@pytest.mark.parametrize("cap", ["butt", "square", "round"])
@pytest.mark.parametrize("join", ["miter", "round", "bevel"])
@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize(
    "path",
    [
        HAIRPIN,
        HAIRPIN[::-1],
        BRACKET,
        np.array([[20.0, 80.0], [20.0, 30.0], [80.0, 30.0]]),
        np.array([[10.0, 50.0], [50.0, 50.0], [90.0, 50.0]]),
        np.array([[10.0, 50.0], [50.0, 50.0], [50.0, 50.0], [52.0, 53.0], [90.0, 30.0]]),
        np.array([[20.0, 20.0], [80.0, 80.0], [80.0, 20.0], [20.0, 80.0]]),
        polyline_points("M10 80 C 30 0 60 0 90 60", 0.01)[0],
    ],
)
def test_stroke_looks_as_resvg_strokes_it(path, cap, join, closed):
    corners = " ".join(f"{x},{y}" for x, y in path.tolist())
    edges = stroke_edges(path, 6, closed=closed, cap=cap, join=join, tolerance=0.01)
    assert_same_picture(
        f'<{"polygon" if closed else "polyline"} points="{corners}" fill="none" stroke="black"'
        f' stroke-width="6" stroke-linecap="{cap}" stroke-linejoin="{join}"/>',
        edges,
    )


@unhurried
@given(polylines, st.floats(0.5, 30), st.booleans())
def test_round_stroke_is_all_within_half_the_width(path, width, closed):
    edges = stroke_edges(path, width, closed=closed, cap="round", join="round", tolerance=0.01)
    at = grid()
    away = distances(np.concatenate([path, path[:1]]) if closed else path, at)
    inside = winding(edges, at) > 0
    assert inside[away < width / 2 - 0.011].all()
    assert not inside[away > width / 2 + 0.011].any()


@unhurried
@given(
    polylines,
    st.floats(0.5, 30),
    st.booleans(),
    st.sampled_from(["butt", "square", "round"]),
    st.sampled_from(["miter", "round", "bevel"]),
)
def test_no_part_of_a_stroke_winds_the_other_way(path, width, closed, cap, join):
    edges = stroke_edges(path, width, closed=closed, cap=cap, join=join, tolerance=0.1)
    assert winding(edges, grid()).min() >= 0


@pytest.mark.parametrize("path", [HAIRPIN, BRACKET, polyline_points(SLUR, 0.1)[0][:20]])
def test_parts_of_a_plain_stroke_do_not_overlap(path):
    edges = stroke_edges(path, 3, tolerance=0.1)
    assert winding(edges, grid(0.31)).max() == 1


@pytest.mark.parametrize(("cap", "covered"), [("butt", 0), ("square", 36), ("round", 9 * pi)])
def test_stroke_without_length_shows_its_caps_only(cap, covered):
    edges = stroke_edges(np.array([[5.0, 5.0], [5.0, 5.0]]), 6, cap=cap, tolerance=0.001)
    assert area(edges) == pytest.approx(covered, rel=0.001)


@pytest.mark.parametrize(
    "d",
    [SLUR, "M10,50 C30,80 70,80 90,50 C70,75 30,75 10,50", "M10 50 H90 V52 H10z", "M10 50L90 50z"],
)
@pytest.mark.parametrize("distance", [0.5, 4])
def test_offset_is_fill_and_stroke_together_in_either_sense(d, distance):
    edges = path_edges(d, 0.01)
    at = grid(0.83)
    away = distances(np.concatenate([edges[:, :2], edges[:1, :2]]), at)
    covered = (winding(edges, at) != 0) | (away < distance)
    clear = np.abs(away - distance) > 0.011
    for sense in (edges, edges[::-1][:, [2, 3, 0, 1]]):
        grown = winding(offset_edges(sense, distance, 0.01), at)
        assert grown.min() >= 0
        assert np.array_equal((grown > 0)[clear], covered[clear])


def test_offset_looks_as_resvg_draws_a_slur():
    edges = offset_edges(path_edges(SLUR, 0.01), 1.5, 0.01)
    attributes = 'stroke="black" stroke-width="3" stroke-linejoin="round" stroke-linecap="round"'
    assert_same_picture(f'<path d="{SLUR}" {attributes}/>', edges)


def test_offset_of_two_contours_is_refused():
    with pytest.raises(ValueError, match="one closed contour"):
        offset_edges(path_edges("M0 0h5v5zM20 0h5v5z", 0.1), 1, 0.1)


@given(polylines, st.lists(st.floats(1, 50), min_size=1, max_size=5))
def test_dashes_lie_on_the_line_and_add_up(path, pattern):
    length = np.sqrt((np.diff(path, axis=0) ** 2).sum(1)).sum()
    assume(length > 0.1)
    dashes = dash(path, pattern)
    inked = sum(np.sqrt((np.diff(piece, axis=0) ** 2).sum(1)).sum() for piece in dashes)
    period = np.array(pattern * (1 + len(pattern) % 2))
    whole, rest = divmod(length, period.sum())
    starts = np.cumsum(period) - period
    expected = whole * period[::2].sum() + np.clip(rest - starts, 0, period)[::2].sum()
    assert inked == pytest.approx(expected, abs=1e-5)
    assert all(distances(path, piece).max() < 1e-6 for piece in dashes)


@pytest.mark.parametrize("pattern", [[], [0], [0, 0], [-1, 2]])
def test_pattern_without_length_leaves_the_line_whole(pattern):
    (piece,) = dash(HAIRPIN, pattern)
    assert np.array_equal(piece, HAIRPIN)


def test_dashed_line_looks_as_resvg_dashes_it():
    path = polyline_points("M10 80 C 30 0 60 0 90 60", 0.01)[0]
    parts = [stroke_edges(piece, 4, tolerance=0.01) for piece in dash(path, [9, 4, 2])]
    assert_same_picture(
        '<path d="M10 80 C 30 0 60 0 90 60" fill="none" stroke="black" stroke-width="4"'
        ' stroke-dasharray="9 4 2"/>',
        np.concatenate(parts),
    )
