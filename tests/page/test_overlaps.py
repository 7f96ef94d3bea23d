"""Overlaps against counted cells, and pairs against a search of all with all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from deepscores.page.overlaps import overlap, overlapping_pairs

_BOXES = st.lists(st.tuples(*[st.integers(0, 12)] * 2, *[st.integers(0, 6)] * 2), max_size=25)


def to_corners(drawn: list[tuple[int, ...]]) -> NDArray[np.float64]:
    return np.array([(x, y, x + w, y + h) for x, y, w, h in drawn], float).reshape(-1, 4)


def cells(box: NDArray[np.float64]) -> set[tuple[int, int]]:
    """The cells of a grid that a box of whole numbers covers."""
    x0, y0, x1, y1 = box.astype(int).tolist()
    return {(x, y) for x in range(x0, x1) for y in range(y0, y1)}


@given(_BOXES)
def test_overlap_is_the_share_of_the_covered_cells_that_both_cover(
    drawn: list[tuple[int, ...]],
) -> None:
    boxes = to_corners(drawn)
    matrix = overlap(boxes[:, None], boxes)
    assert matrix.shape == (len(boxes), len(boxes))
    covered = [cells(box) for box in boxes]
    for row, left in enumerate(covered):
        for column, right in enumerate(covered):
            share = len(left & right) / len(left | right) if left & right else 0
            assert matrix[row, column] == pytest.approx(share)
    assert (overlap(boxes, boxes[::-1]) == np.diagonal(matrix[:, ::-1])).all()


def test_boxes_that_touch_do_not_overlap() -> None:
    assert overlap([0, 0, 2, 2], [[2, 0, 4, 2], [0, 2, 2, 4], [2, 2, 3, 3]]).tolist() == [0, 0, 0]


@given(_BOXES, st.sampled_from([0.01, 0.3, 0.5, 0.95]))
def test_pairs_are_those_of_a_search_of_all_with_all(
    drawn: list[tuple[int, ...]], threshold: float
) -> None:
    boxes = to_corners(drawn)
    pairs = overlapping_pairs(boxes, threshold)
    rows, columns = np.nonzero(np.triu(overlap(boxes[:, None], boxes) > threshold, 1))
    found = set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    assert found == set(zip(rows.tolist(), columns.tolist(), strict=True))
    assert len(pairs.first) == len(rows)
    assert (pairs.overlap == overlap(boxes[pairs.first], boxes[pairs.second])).all()
