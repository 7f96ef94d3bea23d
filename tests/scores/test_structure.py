"""What is out of place is put right, so that no note is lost."""

from collections.abc import Callable

import pytest

from deepscores.page.model import Score

Read = Callable[..., Score]
Drawn = Callable[[Score], int]
Build = Callable[..., str]
LUTE = """<attributes><divisions>1</divisions><clef><sign>TAB</sign></clef>
<staff-details show-frets="letters"><staff-lines>6</staff-lines><staff-tuning line="1">
<tuning-step>E</tuning-step><tuning-octave>2</tuning-octave></staff-tuning></staff-details>
</attributes>"""


def test_parts_that_number_their_measures_differently_keep_their_notes(
    read: Read, drawn: Drawn, partwise: Build, measure: Build, note: str
) -> None:
    score = read(
        partwise(measure() + measure(note, "", 2), measure(number=0) + measure(note, "", 1))
    )
    assert score.mended == ("renumbered: 2 measures that other parts number differently",)
    assert drawn(score) == score.notes == 4


@pytest.mark.parametrize(
    "before", ["", "<note><rest/><duration>4</duration><type>whole</type></note>"]
)
def test_a_chord_without_its_first_note_is_drawn(
    read: Read, drawn: Drawn, partwise: Build, measure: Build, note: str, before: str
) -> None:
    second = note.replace("<note>", "<note><chord/>").replace("<step>C", "<step>E")
    score = read(partwise(measure(before + second + second.replace("<step>E", "<step>G"))))
    assert score.mended == ("begun: 1 chords whose first note is missing",)
    assert drawn(score) == score.notes == 2


def test_a_backup_ends_where_the_measure_begins(
    read: Read, drawn: Drawn, partwise: Build, measure: Build, note: str
) -> None:
    second = note.replace("</note>", "<voice>2</voice></note>")
    score = read(partwise(measure(f"{note}<backup><duration>9</duration></backup>{second}")))
    assert score.mended == ("shortened: backup from 9 to 4, measure 1 of part P1, line 1",)
    assert drawn(score) == score.notes == 2


@pytest.mark.parametrize(
    "misplaced",
    ["<note><measure/></note>", "<direction><note/></direction>", "<note><note/></note>"],
)
def test_elements_in_a_wrong_place_are_dropped(
    read: Read, drawn: Drawn, partwise: Build, measure: Build, note: str, misplaced: str
) -> None:
    score = read(partwise(measure(note + misplaced)))
    assert "removed" in score.mended[0]
    assert drawn(score) == score.notes == 1


def test_a_tablature_note_without_fret_is_hidden(
    read: Read, drawn: Drawn, partwise: Build, measure: Build
) -> None:
    score = read(partwise(measure(), measure(attributes=LUTE)))
    assert score.mended == ("hidden: 1 tablature notes without string and fret",)
    assert drawn(score) == score.notes == 1
