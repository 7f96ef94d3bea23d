"""Beams that begin or end nowhere."""

from collections.abc import Callable

import pytest
from lxml import etree

from deepscores.page.model import Score
from deepscores.scores.musicxml import read_musicxml

Read = Callable[[str], Score]
Drawn = Callable[[Score], int]
Build = Callable[..., str]


def test_a_beam_does_not_begin_with_a_rest_on_another_staff(
    read: Read, drawn: Drawn, partwise: Build, measure: Build, note: str, attributes: str
) -> None:
    piano = attributes.replace("<clef>", "<staves>2</staves><clef>")
    eighth = note.replace("4</duration><type>whole", "1</duration><type>eighth")
    upper = eighth.replace("</note>", "<staff>1</staff></note>")
    rest = "<note><rest/><duration>1</duration><type>eighth</type><staff>2</staff>{}</note>"
    beamed = upper.replace("</note>", "{}</note>")
    beam = '<beam number="1">{}</beam>'
    content = [rest.format(beam.format("begin"))]
    content += [beamed.format(beam.format(state)) for state in ("continue", "end")]
    score = read(partwise(measure(upper + "".join(content), piano)))
    assert score.mended == ("shortened: 1 beams that begin with a rest on another staff",)
    assert score.text.count(">begin<") == 1
    assert drawn(score) == score.notes == 3


def score(*measures: str) -> tuple[list[str], tuple[str, ...]]:
    """The notes' beams after reading *measures*, and what was mended.

    A note is a letter a line: ``b``egin, ``c``ontinue, ``e``nd, ``f``orward and ``h`` backward
    hook, ``-`` none; ``r`` is a rest, ``g…`` a grace note, ``…+`` a chord's second note, ``…2`` in
    voice 2.
    """
    states = {
        "b": "begin", "c": "continue", "e": "end", "f": "forward hook", "h": "backward hook",
    }  # fmt: skip

    def note(word: str) -> str:
        voice = "2" if word.endswith("2") else "1"
        beams = "".join(
            f'<beam number="{number}">{states[letter]}</beam>'
            for number, letter in enumerate(word.strip("g2+"), 1)
            if letter in states
        )
        head = "<grace/>" * word.startswith("g") + "<chord/>" * word.endswith("+")
        pitch = "<pitch><step>A</step><octave>4</octave></pitch>"
        what = "<rest/>" if word.startswith("r") else pitch
        length = "" if "grace" in head else "<duration>1</duration>"
        return f"<note>{head}{what}{length}<voice>{voice}</voice><type>16th</type>{beams}</note>"

    start = "<attributes><divisions>4</divisions></attributes>"
    bodies = [
        f'<measure number="{at}">{start * (at == 1)}{"".join(map(note, words.split()))}</measure>'
        for at, words in enumerate(measures, 1)
    ]
    content = read_musicxml(
        etree.fromstring(
            '<score-partwise><part-list><score-part id="P1"><part-name/></score-part></part-list>'
            f'<part id="P1">{"".join(bodies)}</part></score-partwise>'
        )
    )
    letters = {state: letter for letter, state in states.items()}
    notes = etree.fromstring(content.text.encode()).iter("note")
    read = ["".join(letters[beam.text or ""] for beam in each.iter("beam")) for each in notes]
    return read, content.mended


@pytest.mark.parametrize(
    "measures",
    [
        ["b c c e b e -"],
        ["bb cc ce eh -"],
        ["b r e - b c r e"],  # over a rest
        ["- b c", "c e -"],  # over a barline
        ["- b c r", "r e -"],
        ["b gb ge e -"],  # grace notes among others
        ["b b2 e e2"],
        ["b c+ e e+ -"],
    ],
)
def test_whole_beams_stay_as_they_are(measures: list[str]) -> None:
    read, mended = score(*measures)
    words = " ".join(measures).split()
    assert read == [word.strip("-rg2+") for word in words]
    assert mended == ()


@pytest.mark.parametrize(
    ("measures", "beams", "repairs"),
    [
        (["b c c b c c"], "b c e b c e", ["ended", "ended"]),
        (["b c - b e"], "b e - b e", ["ended"]),
        (["b c r b e"], "b e r b e", ["ended"]),
        (["- b", "- b e"], "- - - b e", ["removed"]),
        (["c c e -"], "b c e -", ["begun"]),
        (["- e - -"], "- - - -", ["removed"]),
        (["bb cb b e"], "bb eh b e", ["ended"]),
        (["bb ce cf b e"], "bb ce ef b e", ["ended"]),
        (["ce cb e -"], "bf cb e -", ["begun"]),
        (["b c", "c e", "b -"], "b e b e - -", ["ended", "begun", "removed"]),
        (["gb gc - -"], "gb ge - -", ["ended"]),
        (["b b2 c c2"], "b b2 e e2", ["ended", "ended"]),
        (["b b+ - -"], "- - - -", ["removed"]),
    ],
)
def test_what_never_ends_or_begins(measures: list[str], beams: str, repairs: list[str]) -> None:
    read, mended = score(*measures)
    assert read == [word.strip("-rg2+") for word in beams.split()]
    assert sorted(line.split(":")[0] for line in mended) == sorted(repairs)
    assert mended[0].split(",")[1].startswith(" measure ")


def test_other_parts_keep_their_beams_over_barlines() -> None:
    whole, broken = ["b", "e"], ["b", "-"]
    note = (
        "<note><pitch><step>A</step><octave>4</octave></pitch><duration>1</duration>"
        '<type>eighth</type><beam number="1">{}</beam></note>'
    )
    states = {"b": note.format("begin"), "e": note.format("end")}
    states["-"] = note[: note.index("<beam")] + "</note>"
    parts = "".join(
        f'<part id="{name}">'
        + "".join(
            f'<measure number="{at}">{states[word]}</measure>' for at, word in enumerate(words)
        )
        + "</part>"
        for name, words in (("P1", whole), ("P2", broken))
    )
    names = "".join(f'<score-part id="{name}"><part-name/></score-part>' for name in ("P1", "P2"))
    tree = etree.fromstring(
        f"<score-partwise><part-list>{names}</part-list>{parts}</score-partwise>"
    )
    content = read_musicxml(tree)
    assert content.text.count("<beam") == 2  # all that P1 has, none of P2
    assert "of part P2" in content.mended[-1]
