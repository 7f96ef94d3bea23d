"""Contours: what belongs to boxes that are cut so that none overlaps another."""

from hypothesis import given
from hypothesis import strategies as st

from deepscores.page.geometry import Box
from deepscores.page.outlines.contours import make_disjoint

side = st.integers(0, 6)
box = st.tuples(side, side, st.integers(1, 4), st.integers(1, 4)).map(
    lambda one: Box(one[0], one[1], one[0] + one[2], one[1] + one[3])
)


def cells(one: Box) -> list[tuple[int, int]]:
    return [
        (x, y) for x in range(int(one.x0), int(one.x1)) for y in range(int(one.y0), int(one.y1))
    ]


@given(st.lists(box, max_size=6))
def test_disjoint_boxes_cover_the_same_and_nothing_twice(boxes: list[Box]) -> None:
    found = [cell for one in make_disjoint(boxes) for cell in cells(one)]
    assert len(found) == len(set(found))
    assert set(found) == {cell for one in boxes for cell in cells(one)}
