"""Slurs and ties from one voice to another, which LilyPond draws within one voice only.

Each is written in a voice of its own, between two notes that are not drawn.
"""

from collections.abc import Mapping
from fractions import Fraction

from deepscores.engraving.lilypond.attachments import SIDES
from deepscores.engraving.lilypond.durations import stretch
from deepscores.engraving.lilypond.events import EVENTS
from deepscores.engraving.lilypond.mei import NAMESPACE, Node, identity, reference, tag
from deepscores.engraving.lilypond.source import Source
from deepscores.engraving.lilypond.voices import pitch_name

_UNSEEN = (
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
    lasts: Fraction,
) -> Source | None:
    """The voice that draws a slur or tie; None if it goes back in time or from no note.

    *lasts* is how many quarter notes the note at its end takes: notes that are not seen take room.
    """
    names = reference(node, "startid"), reference(node, "endid")
    notes = [_note(elements[name]) for name in names]
    start, end = (onsets[name] for name in names)
    if end <= start or None in notes:
        return None
    opens, closes = ("~", "") if tag(node) == "tie" else ("(", ")")
    side = SIDES.get(node.get("curvedir", ""), "" if opens == "~" else "-")
    out = Source()
    for command in _UNSEEN:
        out.add(command)
    if start:
        out.add(f"s{stretch(start)}")
    out.add(f"{pitch_name(notes[0])}{_black(end - start)}")
    out.add(side + opens, identity(node))
    if home[names[0]][0] != home[names[1]][0]:
        out.add(f'\\change Staff = "{home[names[1]][0]}"')
    # What LilyPond ties has one pitch, whatever the score says.
    last = pitch_name(notes[0 if opens == "~" else 1])
    out.add(f"{last}{_black(lasts)}{closes}")
    return out


def _black(takes: Fraction) -> str:
    """A quarter note that takes so many quarter notes."""
    return f"4*{takes.numerator}/{takes.denominator}"


def _note(node: Node) -> Node | None:
    if tag(node) in EVENTS and tag(node) != "note":
        return node.find(f"{NAMESPACE}note")
    return node if tag(node) == "note" else None
