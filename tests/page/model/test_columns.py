"""Marks, elements, symbols and outlines are the same as rows and as columns."""

import numpy as np
import pytest

from deepscores.page.geometry import Affine, Box
from deepscores.page.model import (
    Element,
    Elements,
    Mark,
    Marks,
    Outline,
    Outlines,
    Symbol,
    Symbols,
    Words,
)
from deepscores.page.model.marks import OrderedMarks, join

EDGES = np.array([(0, 0, 4, 0), (4, 0, 0, 3), (0, 3, 0, 0)], float)
PLACE = Affine(2, 0, 0, 2, 30, 40)
MARKS = (
    Mark(EDGES, PLACE, 1, "glyph", "gClef", "Leland", 0.75, key="Leland gClef"),
    Mark(None, Affine(), 0, "path", stroke=1.5, box=Box(1, 2, 3, 4)),
    Mark(EDGES, Affine(e=5), 1, "glyph", "gClef", "Leland", key="Leland gClef"),
    Mark(EDGES, PLACE, 2, "text", "", "", 12.5, "dolce", key="12.5 dolce"),
    Mark(EDGES, PLACE, 2, "polygon"),
)
SYMBOLS = (
    Symbol(1, "staffLine", "", "staff", "", Box(0, 1, 9, 2), (), "s1", system=1, staff=2),
    Symbol(
        2, "noteheadBlack", "noteheadBlack", "notehead", "Leland", Box(1, 2, 3, 4), (), "n1",
        small=True, grace=True, part="P1", system=1, staff=2, voice=1, measure="3a",
        staff_position=-2, step="c", alter=-0.5, octave=4, duration=0.25, onset=1 / 3, parent=3,
        group=2,
    ),
    Symbol(3, "slur", "", "slur", "", Box(0, 0, 8, 8), (0.0, 0.5) * 4, "x", text="à", group=3),
)  # fmt: skip


def plain(rows: object) -> list[tuple[object, ...]]:
    """Rows that can be compared: arrays as lists."""
    return [
        tuple(value.tolist() if isinstance(value, np.ndarray) else value for value in row)
        for row in rows  # type: ignore[attr-defined]
    ]


def test_marks_as_columns_are_the_same_marks() -> None:
    marks = Marks.of(MARKS)
    assert plain(marks) == plain(MARKS)
    assert plain(marks[1:3]) == plain(MARKS[1:3])
    assert Marks.of(marks) is marks


def test_marks_with_one_key_share_a_drawing() -> None:
    assert len(Marks.of(MARKS).drawings) == 3


def test_marks_are_joined_in_order() -> None:
    parts = [
        OrderedMarks(Marks.of(MARKS[::2]), np.array([0, 2, 4])),
        OrderedMarks(Marks.of(MARKS[1::2]), np.array([1, 3])),
        OrderedMarks(Marks.of(()), np.empty(0, np.int64)),
    ]
    assert plain(join(parts)) == plain(MARKS)
    assert len(join(parts[2:])) == 0


def test_symbols_as_columns_are_the_same_symbols() -> None:
    symbols = Symbols.of(SYMBOLS)
    assert tuple(symbols) == SYMBOLS
    assert (symbols[1], symbols[-1], symbols[:2]) == (SYMBOLS[1], SYMBOLS[2], list(SYMBOLS[:2]))
    assert len(Symbols.of(())) == 0
    with pytest.raises(IndexError, match="no symbol 3 of 3"):
        symbols[3]


def test_outlines_as_columns_are_the_same_outlines() -> None:
    outlines = (Outline(EDGES, PLACE, "k"), Outline(None, box=Box(1, 2, 3, 4)), Outline(EDGES))
    assert plain(Outlines.of(outlines)) == plain(outlines)


def test_elements_inherit_from_the_nearest_around_them() -> None:
    rows = (
        Element("system", "a", -1), Element("measure", "b", 0), Element("staff", "c", 1, ("cue",)),
        Element("pgHead", "d", -1),
    )  # fmt: skip
    elements = Elements.of(rows)
    assert tuple(elements) == rows
    assert elements.inherited(np.array([7, 0, 0, 0])).tolist() == [7, 7, 7, 0]
    assert elements.inherited(np.array([7, 5, 0, 2])).tolist() == [7, 5, 5, 2]


def test_words_are_asked_by_kind() -> None:
    words = Words.of(["rest", "stem", "rest"])
    assert words.tolist() == ["rest", "stem", "rest"]
    assert words.are("rest").tolist() == [True, False, True]
    assert words.among({"stem", "beam"}).tolist() == [False, True, False]
    assert Words.of([]).are("rest").tolist() == []
