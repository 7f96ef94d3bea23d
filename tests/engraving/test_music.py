"""Pitch, time and place of notes, as Verovio's MEI gives them."""

import pytest

from deepscores.engraving.understanding.music import read_music
from deepscores.engraving.verovio.engine import engrave
from deepscores.page.model import Facts, Music, Score, Style

TIME = "<time><beats>4</beats><beat-type>4</beat-type></time>"
TRIPLET = (
    "<time-modification><actual-notes>3</actual-notes><normal-notes>2</normal-notes>"
    "</time-modification>"
)


def note(step: str, duration: int, kind: str, more: str = "", octave: int = 4) -> str:
    return (
        f"<note><pitch><step>{step}</step><octave>{octave}</octave></pitch>"
        f"<duration>{duration}</duration><voice>1</voice><type>{kind}</type>{more}</note>"
    )


def rest(duration: int, whole: str = "no") -> str:
    return f'<note><rest measure="{whole}"/><duration>{duration}</duration><voice>1</voice></note>'


def score(*parts: tuple[str, ...], attributes: str = TIME) -> str:
    listing = "".join(
        f'<score-part id="Q{place}"><part-name/></score-part>' for place in range(len(parts))
    )
    start = f"<attributes><divisions>12</divisions>{attributes}</attributes>"
    bodies = "".join(
        f'<part id="Q{place}">'
        + "".join(
            f'<measure number="{number}">{start if number == 1 else ""}{measure}</measure>'
            for number, measure in enumerate(measures, start=1)
        )
        + "</part>"
        for place, measures in enumerate(parts)
    )
    return (
        f'<score-partwise version="4.0"><part-list>{listing}</part-list>{bodies}</score-partwise>'
    )


def music_of(xml: str) -> Music:
    return engrave(Score("s", "s", "", "", "musicxml", xml), [Style()]).music


def notes_of(xml: str) -> list[Facts]:
    music = music_of(xml)
    found = [fact for fact in music.facts.values() if "pname" in fact.attributes]
    return sorted(found, key=lambda fact: (fact.onset, fact.part, fact.step))


def test_triplets_take_their_share() -> None:
    xml = score(
        ("".join(note(step, 4, "eighth", TRIPLET) for step in "CDE") + note("F", 12, "quarter"),)
    )
    times = [
        (fact.step, round(fact.onset or 0, 6), round(fact.duration or 0, 6))
        for fact in notes_of(xml)
    ]
    third = round(1 / 3, 6)
    assert times == [
        ("c", 0, third),
        ("d", third, third),
        ("e", round(2 / 3, 6), third),
        ("f", 1, 1),
    ]


def test_grace_note_takes_no_time() -> None:
    grace = (
        note("D", 0, "eighth")
        .replace("<note>", '<note><grace slash="yes"/>')
        .replace("<duration>0</duration>", "")
    )
    first, second = notes_of(score((grace + note("C", 48, "whole"),)))
    assert (first.step, second.step) == ("c", "d")
    assert (second.grace, second.duration, second.onset) == (True, 0, 0)
    assert (first.grace, first.duration, first.onset) == (False, 4, 0)


def test_pickup_is_as_long_as_its_notes() -> None:
    melody = (note("C", 12, "quarter"), note("D", 48, "whole"))
    resting = (rest(12, "yes"), note("E", 48, "whole"))
    xml = score(melody, resting).replace('number="1"', 'number="1" implicit="yes"')
    assert [(fact.step, fact.onset) for fact in notes_of(xml)] == [("c", 0), ("d", 1), ("e", 1)]


def test_whole_measure_rest_lasts_its_measure() -> None:
    xml = score(
        (rest(36, "yes"), note("C", 36, "half", "<dot/>")), attributes=TIME.replace("4<", "3<", 1)
    )
    assert [fact.onset for fact in notes_of(xml)] == [3]


def test_multi_measure_rest_lasts_all_of_them() -> None:
    style = (
        "<attributes><measure-style><multiple-rest>3</multiple-rest></measure-style></attributes>"
    )
    xml = score((style + rest(48, "yes"), rest(48, "yes"), rest(48, "yes"), note("C", 48, "whole")))
    assert [fact.onset for fact in notes_of(xml)] == [12]


def test_divisions_may_change() -> None:
    change = "<attributes><divisions>2</divisions></attributes>"
    xml = score((note("C", 48, "whole"), change + note("D", 4, "half") + note("E", 4, "half")))
    assert [(fact.onset, fact.duration) for fact in notes_of(xml)] == [(0, 4), (4, 2), (6, 2)]


def test_octave_under_an_ottava_is_the_one_that_sounds() -> None:
    start = (
        '<direction><direction-type><octave-shift type="down" size="8"/></direction-type>'
        "</direction>"
    )
    stop = start.replace("down", "stop")
    (fact,) = notes_of(score((start + note("C", 48, "whole", octave=6) + stop,)))
    assert fact.octave == 6


@pytest.mark.parametrize(
    ("alter", "sign"),
    [
        (1, "sharp"),
        (-1, "flat"),
        (2, "double-sharp"),
        (1.5, "three-quarters-sharp"),
        (-0.5, "quarter-flat"),
    ],
)
def test_alteration_is_in_semitones(alter: float, sign: str) -> None:
    pitched = note("C", 48, "whole", f"<accidental>{sign}</accidental>").replace(
        "</step>", f"</step><alter>{alter}</alter>"
    )
    (fact,) = notes_of(score((pitched,)))
    assert fact.alter == alter


def test_part_of_two_staves_is_one_part() -> None:
    staves = TIME + "<staves>2</staves>"
    upper = note("C", 48, "whole", "<staff>1</staff>")
    lower = note("E", 48, "whole", "<staff>2</staff>").replace("<voice>1", "<voice>5")
    xml = score(
        (upper + "<backup><duration>48</duration></backup>" + lower,), (note("G", 48, "whole"),),
        attributes=staves,
    )  # fmt: skip
    places = [(fact.step, fact.part, fact.staff) for fact in notes_of(xml)]
    assert places == [("c", "Q0", 1), ("e", "Q0", 2), ("g", "Q1", 3)]


def test_parts_follow_each_other_in_the_order_of_the_score() -> None:
    xml = score((note("C", 48, "whole"),), (note("D", 48, "whole"),))
    assert music_of(xml).parts == ("Q0", "Q1")


def test_slur_is_on_the_staff_where_it_starts() -> None:
    slurred = note("C", 24, "half", '<notations><slur type="start"/></notations>')
    end = note("D", 24, "half", '<notations><slur type="stop"/></notations>')
    music = music_of(score((note("E", 48, "whole"),), (slurred + end,)))
    slurs = [fact for fact in music.facts.values() if "startid" in fact.attributes]
    assert [(fact.staff, fact.part) for fact in slurs] == [(2, "Q1")]


def test_music_without_a_score_is_empty() -> None:
    assert read_music('<mei xmlns="http://www.music-encoding.org/ns/mei"/>').notes == 0
