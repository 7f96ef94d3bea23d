"""Slurs and ties from one voice to another, which LilyPond draws within one voice only.

Each is written in a voice of its own, between two hidden notes.
"""

from collections.abc import Mapping
from fractions import Fraction

from deepscores.engraving.lilypond.attachments import SIDES
from deepscores.engraving.lilypond.durations import stretch
from deepscores.engraving.lilypond.events import EVENTS
from deepscores.engraving.lilypond.mei import NAMESPACE, Node, identity, reference, tag
from deepscores.engraving.lilypond.source import Source
from deepscores.engraving.lilypond.voices import pitch_name

_HIDE_NOTES = (
    "\\hideNotes",
    "\\omit Stem",
    "\\override NoteHead.no-ledgers = ##t",
    "\\override NoteColumn.ignore-collision = ##t",
)


def bridge(
    node: Node,
    elements: Mapping[str, Node],
    onsets: Mapping[str, Fraction],
    home: Mapping[str, tuple[int, int]],
    end_duration: Fraction,
) -> Source | None:
    """The voice that draws a slur or tie; None if it goes back in time or starts at no note.

    *end_duration* is the length of the note at its end in quarter notes: hidden notes take space.
    """
    names = reference(node, "startid"), reference(node, "endid")
    notes = [_note(elements[name]) for name in names]
    start, end = (onsets[name] for name in names)
    if end <= start or None in notes:
        return None
    opens, closes = ("~", "") if tag(node) == "tie" else ("(", ")")
    side = SIDES.get(node.get("curvedir", ""), "" if opens == "~" else "-")
    source = Source()
    for command in _HIDE_NOTES:
        source.add(command)
    if start:
        source.add(f"s{stretch(start)}")
    source.add(f"{pitch_name(notes[0])}{_black(end - start)}")
    source.add(side + opens, identity(node))
    if home[names[0]][0] != home[names[1]][0]:
        source.add(f'\\change Staff = "{home[names[1]][0]}"')
    # LilyPond ties only equal pitches, whatever the score says.
    last = pitch_name(notes[0 if opens == "~" else 1])
    source.add(f"{last}{_black(end_duration)}{closes}")
    return source


def _black(takes: Fraction) -> str:
    """A black notehead that lasts *takes* quarter notes."""
    return f"4*{takes.numerator}/{takes.denominator}"


def _note(node: Node) -> Node | None:
    if tag(node) in EVENTS and tag(node) != "note":
        return node.find(f"{NAMESPACE}note")
    return node if tag(node) == "note" else None
