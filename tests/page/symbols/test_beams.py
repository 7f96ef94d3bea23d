"""Beams drawn in pieces are whole lines again."""

from itertools import permutations

import numpy as np
import pytest

from deepscores.page.geometry import Affine
from deepscores.page.model import Mark
from deepscores.page.symbols.beams import join_beam


def piece(x0: float, y0: float, x1: float, y1: float, thick: float = 90) -> Mark:
    """A piece of a beam by its upper edge."""
    ring = np.array([(x0, y0 + thick), (x1, y1 + thick), (x1, y1), (x0, y0)], float)
    return Mark(np.hstack([ring, np.roll(ring, -1, axis=0)]), Affine(), 0, "polygon")


def extents(marks: list[Mark]) -> list[tuple[float, ...]]:
    return [(*mark.edges[:, :2].min(axis=0), *mark.edges[:, :2].max(axis=0)) for mark in marks]


def joined(*pieces: Mark) -> list[Mark]:
    return [line for _, line in join_beam(enumerate(pieces))]


def test_pieces_from_stem_to_stem_are_one_line() -> None:
    whole = piece(0, 0, 300, 0)
    inner = [piece(0, 135, 100, 135), piece(100, 135, 200, 135), piece(200, 135, 300, 135)]
    assert extents(joined(whole, *inner)) == [(0, 0, 300, 90), (0, 135, 300, 225)]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_order_of_the_pieces_does_not_matter(order: tuple[int, ...]) -> None:
    pieces = [piece(100 * place, 10 * place, 100 * place + 100, 10 * place + 10) for place in order]
    assert extents(joined(*pieces)) == [(0, 0, 400, 130)]


def test_slanted_pieces_whose_ends_were_rounded_apart_are_one_line() -> None:
    pieces = (piece(0, 0, 101, 7), piece(101, 8, 202, 15))
    (line,) = joined(*pieces)
    assert len(line.edges) == 4
    assert extents([line]) == [(0, 0, 202, 105)]


def test_stub_and_separate_groups_are_lines_by_themselves() -> None:
    pieces = (piece(0, 0, 400, 0), piece(0, 135, 100, 135), piece(360, 135, 400, 135))
    assert len(joined(*pieces)) == 3


def test_lines_that_start_at_one_stem_stay_apart() -> None:
    pieces = (piece(0, 0, 100, 0), piece(0, 135, 100, 135), piece(100, 0, 200, 0))
    assert len(joined(*pieces)) == 2


def test_a_line_is_known_by_its_pieces_the_first_of_them_first() -> None:
    pieces = (piece(0, 0, 100, 0), piece(0, 300, 100, 300), piece(100, 0, 200, 0))
    lines = join_beam(zip((7, 8, 9), pieces, strict=True))
    assert [numbers for numbers, _ in lines] == [(7, 9), (8,)]
