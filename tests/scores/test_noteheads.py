"""The number of noteheads is what the engine shows."""

from collections.abc import Callable

import pytest

from deepscores.page.model import Score

HIDDEN = '<note print-object="no">'


@pytest.mark.parametrize(
    ("old", "new", "heads"),
    [
        ("<note>", "<note>", 2),
        ("<note>", HIDDEN, 1),
        ("</note>", "<notehead>none</notehead></note>", 1),
        ("</note>", "<notehead>cross</notehead></note>", 2),
        ("<note>", "<note><cue/>", 2),
        ("<note>", "<note><grace/>", 2),
        ("</note>", '<lyric print-object="no"><text>a</text></lyric></note>', 2),
        ("<pitch><step>C</step><octave>5</octave></pitch>", "<rest/>", 1),
        (
            "<pitch><step>C</step><octave>5</octave></pitch>",
            "<unpitched><display-step>C</display-step></unpitched>",
            2,
        ),
        ("<note>", '<attributes><staff-details print-object="no"/></attributes><note>', 1),
    ],
)
def test_one_altered_note_of_two(
    read: Callable[..., Score],
    drawn: Callable[[Score], int],
    partwise: Callable[..., str],
    measure: Callable[..., str],
    note: str,
    old: str,
    new: str,
    heads: int,
) -> None:
    altered = note.replace(old, new)
    if "grace" in new:
        altered = altered.replace("<duration>4</duration>", "")
    score = read(partwise(measure() + measure(altered, "", 2)))
    assert drawn(score) == score.notes == heads


def test_digits_on_tablature_are_no_noteheads(
    read: Callable[..., Score],
    drawn: Callable[[Score], int],
    partwise: Callable[..., str],
    measure: Callable[..., str],
    attributes: str,
) -> None:
    tab = attributes.replace("<sign>G</sign><line>2</line>", "<sign>TAB</sign><line>5</line>")
    score = read(partwise(measure(), measure(attributes=tab)))
    assert drawn(score) == score.notes == 1
