"""Part lists and beginnings of parts are made good."""

from collections.abc import Callable

import pytest

from deepscores.errors import ScoreError
from deepscores.page.model import Score

Read = Callable[..., Score]
Drawn = Callable[[Score], int]
Build = Callable[..., str]


def test_a_part_without_attributes_gets_them_and_is_drawn(
    read: Read, drawn: Drawn, partwise: Build, measure: Build
) -> None:
    score = read(partwise(measure(), measure(attributes="")))
    assert score.mended == ("added: attributes in the first measure of part P2",)
    assert drawn(score) == score.notes == 2


def test_missing_attributes_come_from_later_in_the_part(
    read: Read, partwise: Build, measure: Build, note: str
) -> None:
    bass = "<attributes><clef><sign>F</sign><line>4</line></clef></attributes>"
    text = read(partwise(measure(), measure(attributes="") + measure(note, bass, 2))).text
    second = text[text.index('<part id="P2">') :]
    assert second.index("<sign>F</sign>") < second.index("<note>")
    assert second.index("<beats>4</beats>") < second.index("<note>")


def test_missing_divisions_follow_from_the_notes(
    read: Read, partwise: Build, measure: Build, attributes: str
) -> None:
    score = read(partwise(measure(attributes=attributes.replace("<divisions>1</divisions>", ""))))
    assert "<divisions>1</divisions>" in score.text
    assert score.mended == ("added: divisions in the first measure of part P1",)


@pytest.mark.parametrize(
    "groups",
    [
        '<part-group type="stop" number="1"/>{}',
        '{}<part-group type="stop" number="1"/>',
        '<part-group type="start" number="1"/>{}<part-group type="stop" number="2"/>',
        '<part-group type="start"/>{}<part-group type="stop"/><part-group type="stop"/>',
        '<part-group type="sideways" number="1"/>{}',
    ],
)
def test_a_group_that_ends_without_beginning_is_dropped(
    read: Read, drawn: Drawn, partwise: Build, measure: Build, groups: str
) -> None:
    listed = groups.format('<score-part id="P1"><part-name/></score-part>')
    score = read(partwise(measure(), part_list=listed))
    assert len(score.mended) == 1
    assert "part-group" in score.mended[0]
    assert drawn(score) == 1


def test_a_part_missing_from_the_list_is_listed_and_drawn(
    read: Read, drawn: Drawn, partwise: Build, measure: Build
) -> None:
    score = read(partwise(measure(), measure(), part_list='<score-part id="P1"/>'))
    assert score.mended == ("added: part P2 to the part list",)
    assert drawn(score) == score.notes == 2


def test_a_listed_part_that_is_missing_is_unlisted(
    read: Read, partwise: Build, measure: Build
) -> None:
    listed = '<score-part id="P0"/><score-part id="P1"/>'
    assert read(partwise(measure(), part_list=listed)).mended == (
        "removed: listed part 'P0' that is not there or listed twice",
    )


def test_parts_with_unusable_ids_are_renamed(
    read: Read, drawn: Drawn, partwise: Build, measure: Build
) -> None:
    text = partwise(measure(), measure())
    score = read(text.replace('"P1"', '"it\'s"').replace('"P2"', '"it\'s"'))
    assert score.mended[0].startswith("renamed: parts")
    assert drawn(score) == 2


def test_staves_are_raised_to_the_highest_in_use(
    read: Read, drawn: Drawn, partwise: Build, measure: Build, note: str
) -> None:
    low = note.replace("</note>", "<voice>2</voice><staff>2</staff></note>")
    backup = "<backup><duration>4</duration></backup>"
    score = read(partwise(measure(note + backup + low)))
    assert score.mended == ("raised: staves of part P1 from 1 to 2",)
    assert drawn(score) == score.notes == 2


def test_a_clef_for_a_staff_beyond_is_dropped(
    read: Read, drawn: Drawn, partwise: Build, measure: Build, note: str
) -> None:
    clef = '<attributes><clef number="7"><sign>F</sign><line>4</line></clef></attributes>'
    score = read(partwise(measure(note + clef + note)))
    assert score.mended == ("removed: clef for staff '7'",)
    assert drawn(score) == 2


def test_named_voices_are_numbered(read: Read, partwise: Build, measure: Build, note: str) -> None:
    voices = "".join(
        note.replace("</note>", f"<voice>{voice}</voice></note>") for voice in ("sop", "alto")
    )
    score = read(partwise(measure(voices)))
    assert "<voice>1</voice>" in score.text
    assert "<voice>2</voice>" in score.text


def test_ids_used_twice_are_dropped(read: Read, partwise: Build, measure: Build, note: str) -> None:
    same = note.replace("<note>", '<note id="n1">')
    assert read(partwise(measure(same + same))).text.count('id="n1"') == 1


def test_a_note_without_pitch_is_hidden(
    read: Read, drawn: Drawn, partwise: Build, measure: Build, note: str
) -> None:
    score = read(partwise(measure(note + "<note><duration>1</duration></note>")))
    assert score.mended == ("hidden: 1 notes without pitch",)
    assert drawn(score) == score.notes == 1


def test_a_score_without_parts_is_refused(read: Read, partwise: Build) -> None:
    with pytest.raises(ScoreError, match="score without parts"):
        read(partwise())
