"""What stands for whole measures neither swallows notes nor spreads."""

from collections.abc import Callable

import pytest

from deepscores.page.model import Score

Read = Callable[..., Score]
Drawn = Callable[[Score], int]
Build = Callable[..., str]
REST = '<note><rest measure="yes"/><duration>4</duration></note>'


def style(content: str) -> str:
    return f"<attributes><measure-style>{content}</measure-style></attributes>"


def test_a_multiple_rest_over_another_parts_notes_is_removed(
    read: Read, drawn: Drawn, partwise: Build, measure: Build, note: str
) -> None:
    rests = measure(REST) + measure(REST, style("<multiple-rest>2</multiple-rest>"), 2)
    rests += measure(REST, "", 3)
    score = read(partwise(rests, measure() + measure(note, "", 2) + measure(note, "", 3)))
    assert score.mended == (
        "removed: multiple-rest over other music, measure 2 of part P1, line 1",
    )
    assert drawn(score) == score.notes == 3


@pytest.mark.parametrize("length", ["0", "-1", "1000000000", "", "many"])
def test_a_multiple_rest_of_absurd_length_is_removed(
    read: Read, drawn: Drawn, partwise: Build, measure: Build, length: str
) -> None:
    rest = measure(REST, style(f"<multiple-rest>{length}</multiple-rest>"), 2)
    score = read(partwise(measure() + rest))
    assert "multiple-rest" not in score.text
    assert drawn(score) == 1


def test_a_multiple_rest_of_all_parts_stays(read: Read, partwise: Build, measure: Build) -> None:
    rests = measure(REST, style("<multiple-rest>2</multiple-rest>"), 2) + measure(REST, "", 3)
    assert read(partwise(measure() + rests)).mended == ()


def test_notes_under_a_measure_repeat_are_not_drawn_as_notes(
    read: Read, drawn: Drawn, partwise: Build, measure: Build, note: str
) -> None:
    repeat = style('<measure-repeat type="start">1</measure-repeat>')
    stop = style('<measure-repeat type="stop"/>')
    score = read(partwise(measure() + measure(note, repeat, 2) + measure(note, stop, 3)))
    assert score.mended == ()
    assert drawn(score) == score.notes == 2


def test_a_measure_repeat_ends_with_its_part(
    read: Read, drawn: Drawn, partwise: Build, measure: Build, note: str
) -> None:
    repeat = style('<measure-repeat type="start">1</measure-repeat>')
    score = read(partwise(measure() + measure(note, repeat, 2), measure() + measure(note, "", 2)))
    assert score.mended == ("ended: measure-repeat at the end of part P1",)
    assert drawn(score) == score.notes == 3


def test_a_measure_repeat_in_a_piano_part_is_written_out(
    read: Read, drawn: Drawn, partwise: Build, measure: Build, note: str, attributes: str
) -> None:
    piano = attributes.replace("<clef>", "<staves>2</staves><clef>")
    repeat = style('<measure-repeat type="start">1</measure-repeat>')
    low = "<backup><duration>4</duration></backup>" + note.replace(
        "</note>", "<staff>2</staff></note>"
    )
    score = read(partwise(measure(note + low, piano) + measure(note + low, repeat, 2)))
    assert score.mended[0].startswith("removed: measure-repeat in a part of several staves")
    assert drawn(score) == score.notes == 4


def hide(word: str) -> str:
    return f'<attributes><staff-details print-object="{word}"/></attributes>'


def test_a_resting_staff_left_out_by_the_old_layout_is_shown(
    read: Read, partwise: Build, measure: Build, note: str
) -> None:
    part = measure() + measure(REST, hide("no"), 2) + measure(REST, "", 3)
    part += measure(note, hide("yes"), 4)
    score = read(partwise(part))
    assert 'print-object="no"' not in score.text
    assert score.mended[0].startswith("shown: resting staff")
    assert score.notes == 2


def test_a_hidden_staff_with_notes_stays_hidden_until_it_is_shown(
    read: Read, drawn: Drawn, partwise: Build, measure: Build, note: str
) -> None:
    part = measure() + measure(note, hide("no"), 2) + measure(note, "", 3)
    part += measure(note, hide("yes"), 4)
    score = read(partwise(part))
    assert score.mended[0].startswith("hidden: staff 1 throughout, measure 2")
    assert drawn(score) == score.notes == 2
