"""Painting against plain searches that look at every pixel and every symbol on its own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deepscores.page.model import Outline
from deepscores.page.painting.canvas import Canvas, Painting

WIDTH, HEIGHT = 11, 9
Corner = tuple[float, float]

# Fractions that are exact in binary make touching edges and ties common; free ones all the rest.
# Both reach beyond the page on every side.
on_grid = st.integers(-3 * 4, 14 * 4).map(lambda quarter: quarter / 4)
free = st.floats(-3, 14, allow_nan=False, width=32)
corner = st.tuples(on_grid, on_grid) | st.tuples(free, free)
polygon = st.lists(corner, min_size=3, max_size=6)
stroke = st.tuples(corner, st.floats(0.1, 0.45), st.booleans()).map(
    lambda one: _stroke(*one)  # thin, so that nothing in it is half black
)


def _stroke(start: Corner, thickness: float, upright: bool) -> list[Corner]:
    x, y = start
    dx, dy = (thickness, 5.0) if upright else (5.0, thickness)
    return [(x, y), (x + dx, y), (x + dx, y + dy), (x, y + dy)]


def outline(corners: list[Corner]) -> Outline:
    starts = np.array(corners, np.float64)
    return Outline(np.hstack([starts, np.roll(starts, -1, axis=0)]))


def clipped(corners: list[Corner], axis: int, bound: float, sign: int) -> list[Corner]:
    """The part of a polygon on one side of a line (Sutherland and Hodgman, 1974)."""
    kept: list[Corner] = []
    for here, there in zip(corners, corners[1:] + corners[:1], strict=True):
        a, b = sign * (here[axis] - bound), sign * (there[axis] - bound)
        if a >= 0:
            kept.append(here)
        if a * b < 0:
            t = a / (a - b)
            kept.append((here[0] + t * (there[0] - here[0]), here[1] + t * (there[1] - here[1])))
    return kept


def area(corners: list[Corner]) -> float:
    pairs = zip(corners, corners[1:] + corners[:1], strict=True)
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs) / 2


def coverage(corners: list[Corner]) -> np.ndarray:
    """Each pixel's share inside the polygon, pixel by pixel."""
    shares = np.zeros((HEIGHT, WIDTH))
    for y in range(HEIGHT):
        row = clipped(clipped(corners, 1, y, 1), 1, y + 1, -1)
        for x in range(WIDTH) if row else ():
            shares[y, x] = abs(area(clipped(clipped(row, 0, x, 1), 0, x + 1, -1)))
    return shares.clip(max=1)


@given(polygon)
def test_ink_is_the_exact_share_of_the_pixel(corners: list[Corner]) -> None:
    ink = 255 - Canvas(WIDTH, HEIGHT).paint([outline(corners)]).image.astype(int)
    assert np.abs(ink - 255 * coverage(corners)).max() <= 0.5 + 1e-3


def slices_of(corners: list[Corner]) -> int:
    """The axis along which a thin outline is cut in slices one pixel wide."""
    xs, ys = np.array(corners).T
    lying = np.ceil(xs.max()) - np.floor(xs.min()) >= np.ceil(ys.max()) - np.floor(ys.min())
    return 1 if lying else 0


def naive(shapes: list[list[Corner]]) -> tuple[np.ndarray, np.ndarray]:
    """Ink and owners, straight from the rules."""
    canvas = Canvas(WIDTH, HEIGHT)
    alphas = [255 - canvas.paint([outline(one)]).image.astype(int) for one in shapes]
    ink = np.zeros((HEIGHT, WIDTH), int)
    for alpha in alphas:
        ink = 255 - ((255 - ink) * (255 - alpha) + 127) // 255
    most, owners = np.zeros_like(ink), np.zeros_like(ink)
    for number, alpha in enumerate(alphas, start=1):
        wins = (alpha >= most) & (alpha > 0)
        most[wins], owners[wins] = alpha[wins], number
    owners[ink < 128] = 0
    kept = np.zeros_like(ink, bool)
    for number, (alpha, corners) in enumerate(zip(alphas, shapes, strict=True), start=1):
        if (alpha >= 128).any():
            continue
        axis = slices_of(corners)
        for along in range(alpha.shape[axis]):
            line = alpha[:, along] if axis else alpha[along]
            across = len(line) - 1 - int(line[::-1].argmax())  # the last of equals
            place = (across, along) if axis else (along, across)
            light = ink[place] < 128
            if line[across] and not kept[place] and (light or line[across] >= most[place]):
                owners[place], kept[place] = number, True
    return ink, owners


def owners_of(painting: Painting) -> np.ndarray:
    return painting.owners.astype(int)


inside = st.lists(
    st.tuples(st.floats(0, 11, width=32), st.floats(0, 9, width=32)), min_size=3, max_size=5
)
thin_inside = st.tuples(
    st.tuples(st.floats(0, 5.5), st.floats(0, 3.5)), st.floats(0.1, 0.45), st.booleans()
).map(lambda one: _stroke(*one))
# Across the border of two pixels, both covered alike.
astride = st.tuples(st.tuples(st.integers(1, 5), st.integers(1, 3)), st.booleans()).map(
    lambda one: _stroke((one[0][0] - 0.125, one[0][1] - 0.125), 0.25, one[1])
)


@given(st.lists(inside | thin_inside | astride, max_size=6))
def test_owners_follow_from_the_rules(shapes: list[list[Corner]]) -> None:
    painting = Canvas(WIDTH, HEIGHT).paint([outline(one) for one in shapes])
    ink, owners = naive(shapes)
    assert (255 - painting.image.astype(int) == ink).all()
    assert (owners_of(painting) == owners).all()


@given(st.lists(polygon | stroke, max_size=8))
def test_areas_and_boxes_equal_a_search_for_each_symbol(shapes: list[list[Corner]]) -> None:
    painting = Canvas(WIDTH, HEIGHT).paint([outline(one) for one in shapes])
    owners = owners_of(painting)
    for runs in (painting.picture.runs, painting.owner_map.runs):
        ends, values = runs.T
        assert (np.diff(ends, prepend=0) > 0).all()
        assert set(range(WIDTH, WIDTH * HEIGHT + 1, WIDTH)) <= set(ends.tolist())
        within = ends[:-1] % WIDTH > 0
        assert (values[:-1] != values[1:])[within].all()  # as long as they can be
    for number in range(1, len(shapes) + 1):
        ys, xs = np.nonzero(owners == number)
        box = [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1] if len(xs) else [0, 0, 0, 0]
        assert painting.visible_boxes[number].tolist() == box
        assert painting.visible_areas[number] == len(xs)
        alone = Canvas(WIDTH, HEIGHT).paint([outline(shapes[number - 1])])
        assert painting.whole_areas[number] == (alone.owners > 0).sum()


@given(st.lists(polygon | stroke, max_size=5), st.lists(polygon, max_size=5))
def test_a_used_canvas_paints_as_a_new_one(
    first: list[list[Corner]], second: list[list[Corner]]
) -> None:
    canvas = Canvas(WIDTH, HEIGHT)
    canvas.paint([outline(one) for one in first])
    used = canvas.paint([outline(one) for one in second])
    new = Canvas(WIDTH, HEIGHT).paint([outline(one) for one in second])
    assert all(map(np.array_equal, arrays_of(used), arrays_of(new)))


def arrays_of(painting: Painting) -> list[np.ndarray]:
    """All that a painting holds."""
    boxes, areas = painting.visible_boxes, painting.visible_areas
    return [painting.picture.runs, painting.owner_map.runs, boxes, areas, painting.whole_areas]
