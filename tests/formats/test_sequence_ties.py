"""Ties that a picture cuts: the note that is left tells of them."""

from pathlib import Path

import pytest
from lxml import etree

from deepscores.formats.sequences.excerpt import Span, excerpt
from deepscores.formats.sequences.score import ID, MEI, read_score

# A note in each of three measures; the first is tied to the second, and that to the third.
SCORE = """<mei xmlns="http://www.music-encoding.org/ns/mei"><music><body><mdiv><score>
<scoreDef><staffGrp><staffDef n="1" lines="5"/></staffGrp></scoreDef>
<section>{measures}</section></score></mdiv></body></music></mei>"""
MEASURE = """<measure xml:id="m{n}" n="{n}"><staff n="1"><layer n="1">
<note xml:id="n{n}" dur="1" pname="c" oct="5"/></layer></staff>{tie}</measure>"""
TIE = '<tie xml:id="t{n}" startid="#n{n}" endid="#n{next}"/>'


@pytest.mark.parametrize(
    ("first", "last", "drawn", "marks", "ties"),
    [
        (0, 0, "t1 t2", ["i"], []),
        (1, 1, "t1 t2", ["m"], []),
        (2, 2, "t1 t2", ["t"], []),
        (0, 1, "t1 t2", [None, "i"], ["t1"]),
        (1, 2, "t1 t2", ["t", None], ["t2"]),
        (0, 2, "t1 t2", [None, None, None], ["t1", "t2"]),
        (1, 1, "t1", ["t"], []),  # the other is not drawn
        (0, 0, "", [None], []),
    ],
)
def test_a_tie_across_the_edge_is_on_its_note_and_others_are_ties(
    tmp_path: Path, first: int, last: int, drawn: str, marks: list[str | None], ties: list[str]
) -> None:
    path = tmp_path / "score.mei"
    measures = [
        MEASURE.format(n=n, tie=TIE.format(n=n, next=n + 1) if n < 3 else "") for n in (1, 2, 3)
    ]
    path.write_text(SCORE.format(measures="".join(measures)))
    names = frozenset(["n1", "n2", "n3", *drawn.split()])
    nothing: frozenset[str] = frozenset()
    span = Span(first, last, frozenset([1]), frozenset(), (), names, nothing, nothing)
    extract = excerpt(read_score(path), span)
    root = etree.fromstring(extract.text.encode())
    assert [note.get("tie") for note in root.iter(f"{MEI}note")] == marks
    assert [tie.get(ID) for tie in root.iter(f"{MEI}tie")] == ties
    assert not extract.cut
