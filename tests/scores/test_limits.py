"""Values that would kill the engine are refused or removed, and said where."""

from collections.abc import Callable

import pytest

from deepscores.errors import ScoreError
from deepscores.page.model import Score

Read = Callable[..., Score]
Build = Callable[..., str]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("<divisions>1<", "<divisions>0<", "divisions '0', measure 1 of part P1, line 1"),
        ("<divisions>1<", "<divisions><", "divisions is empty, measure 1 of part P1"),
        ("<divisions>1<", "<divisions>1e3<", "divisions '1e3'"),
        ("<beat-type>4</beat-type>", "", "time signature without beat-type, measure 1"),
        ("<beats>4</beats>", "", "time signature without beats, measure 1"),
        ("<beat-type>4<", "<beat-type>0<", "beat-type '0', measure 1"),
        ("<beats>4<", "<beats>0<", "beats '0'"),
        ("<beats>4<", "<beats>999+999<", "beats '999+999'"),
        ("<duration>4<", "<duration>1000000000<", "duration of 1e+09 quarter notes, measure 1"),
        ("<duration>4<", "<duration>-4<", "duration '-4'"),
        ("<duration>4<", "<duration>long<", "duration 'long'"),
        ("<time>", "<staves>0</staves><time>", "staves '0'"),
        ("<time>", "<staves>-1</staves><time>", "staves '-1'"),
        ("<time>", "<staves>5000</staves><time>", "staves '5000'"),
        ("<octave>5<", "<octave>500<", "octave '500'"),
        ("<step>C<", "<step>H<", "pitch without a step from A to G"),
        ("<octave>5</octave>", "", "pitch without octave"),
        ("<octave>5<", "<alter>99</alter><octave>5<", "alter '99'"),
        ("<time>", "<key><fifths>400</fifths></key><time>", "fifths '400'"),
        (
            "<time>",
            "<staff-details><staff-lines>5000</staff-lines></staff-details><time>",
            "staff-lines '5000'",
        ),
        (
            "</type>",
            "</type><notations><ornaments><tremolo>99</tremolo></ornaments></notations>",
            "tremolo '99'",
        ),
    ],
)
def test_absurd_values_are_refused_with_their_place(
    read: Read, partwise: Build, measure: Build, old: str, new: str, reason: str
) -> None:
    text = partwise(measure())
    assert old in text
    with pytest.raises(ScoreError) as error:
        read(text.replace(old, new))
    assert str(error.value).startswith("song.musicxml: " + reason)


@pytest.mark.parametrize(
    ("old", "new", "repair"),
    [
        (
            "<note>",
            "<note><rest><display-octave>x</display-octave></rest></note><note>",
            "removed: display-octave 'x', measure 1",
        ),
        (
            "<note>",
            "<harmony><kind>major</kind><degree><degree-value/></degree></harmony><note>",
            "removed: degree-value is empty",
        ),
        (
            "</measure>",
            '<barline><repeat direction="backward" times="5000"/></barline></measure>',
            "removed: repeat times '5000'",
        ),
        (
            "</measure>",
            '<barline><ending number="it\'s" type="start"/></barline></measure>',
            'replaced: ending number "it\'s"',
        ),
        ("<note>", '<print new-page="yes" blank-page="99"/><note>', "removed: print blank-page"),
        ("<time>", "<time/><time>", "removed: time signature without beats"),
        (
            "<clef>",
            "<transpose><chromatic>9999</chromatic></transpose><clef>",
            "removed: chromatic '9999'",
        ),
    ],
)
def test_what_only_decorates_is_removed_and_recorded(
    read: Read,
    drawn: Callable[[Score], int],
    partwise: Build,
    measure: Build,
    old: str,
    new: str,
    repair: str,
) -> None:
    score = read(partwise(measure()).replace(old, new, 1))
    assert len(score.mended) == 1
    assert score.mended[0].startswith(repair)
    assert drawn(score) == score.notes == 1


def test_an_overlong_number_in_a_tempo_mark_is_removed(
    read: Read, partwise: Build, measure: Build, note: str
) -> None:
    tempo = (
        "<direction><direction-type><metronome><beat-unit>quarter</beat-unit><per-minute>"
        f"{'9' * 400}</per-minute></metronome></direction-type></direction>"
    )
    assert "9" * 400 not in read(partwise(measure(tempo + note))).text


def test_a_senza_misura_in_a_later_part_is_removed(
    read: Read, drawn: Callable[[Score], int], partwise: Build, measure: Build, note: str
) -> None:
    senza = "<attributes><time><senza-misura/></time></attributes>"
    measures = measure() + measure(note, senza, 2)
    score = read(partwise(measures, measures))
    assert score.mended == ("removed: time signature without beats, measure 2 of part P2, line 1",)
    assert drawn(score) == score.notes == 4


def test_more_measures_than_any_music_has_are_refused(read: Read, partwise: Build) -> None:
    with pytest.raises(ScoreError, match="200001 measures in all parts; at most 200000"):
        read(partwise("<measure/>" * 200_001))


def test_many_repairs_of_a_kind_are_summed_up(
    read: Read, partwise: Build, measure: Build, note: str
) -> None:
    staves = "".join(note.replace("</note>", "<staff>0</staff></note>") for _ in range(9))
    (repair,) = read(partwise(measure(staves))).mended
    assert repair == "removed: staff '0', measure 1 of part P1, line 1 (and 8 more)"
