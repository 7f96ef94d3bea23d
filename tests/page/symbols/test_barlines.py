"""Dashed and dotted barlines are a line a staff, or a line through joined staves."""

import pytest

from deepscores.page.symbols.barlines import Stroke, split_barline

SPACE = 16.0


def strokes(top: float, bottom: float, shape: str) -> list[Stroke]:
    """Dashes of half a staff space, or a dot a space, from *top* to *bottom*."""
    found = []
    y = top
    while y < bottom:
        found.append(Stroke(y, 100, y + SPACE / 2, len(found), 2, shape, solid=False))
        y += SPACE
    return found


@pytest.mark.parametrize(
    ("shape", "kind"), [("path", "barlineDashed"), ("ellipse", "barlineDotted")]
)
def test_broken_barline_is_cut_between_staves_only(shape: str, kind: str) -> None:
    joined = strokes(0, 9 * SPACE, shape)
    apart = strokes(14 * SPACE, 18 * SPACE, shape)
    pieces = split_barline((*joined, *apart), SPACE)
    assert [(one, len(marks)) for one, marks in pieces] == [(kind, 9), (kind, 4)]
