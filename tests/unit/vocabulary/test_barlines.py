"""Dashed and dotted barlines are a line a staff, or a line through joined staves."""

import pytest

from deepscores.geometry import Affine, Box
from deepscores.model import Mark
from deepscores.outlines.contours import rectangle
from deepscores.vocabulary.barlines import split_barline

SPACE = 16.0


def strokes(top: float, bottom: float, shape: str) -> list[Mark]:
    """Dashes of half a staff space, or a dot a space, from *top* to *bottom*."""
    marks = []
    y = top
    while y < bottom:
        edges = rectangle(Box(100, y, 102, y + SPACE / 2))
        marks.append(Mark(edges, Affine(), 0, shape, stroke=2))
        y += SPACE
    return marks


@pytest.mark.parametrize(
    ("shape", "kind"), [("path", "barlineDashed"), ("ellipse", "barlineDotted")]
)
def test_broken_barline_is_cut_between_staves_only(shape: str, kind: str) -> None:
    joined = strokes(0, 9 * SPACE, shape)
    apart = strokes(14 * SPACE, 18 * SPACE, shape)
    pieces = split_barline((*joined, *apart), SPACE)
    assert [(one, len(marks)) for one, marks in pieces] == [(kind, 9), (kind, 4)]
