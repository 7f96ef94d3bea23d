"""Slurs, ties, articulations and ornaments, by the id of their note."""

from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from deepscores.engraving.lilypond.mei import NAMESPACE, Node, identity, reference, tag
from deepscores.engraving.lilypond.source import quote

SIDES = {"above": "^", "below": "_"}

_ARTICULATIONS = {
    "stacc": "\\staccato", "acc": "\\accent", "ten": "\\tenuto", "marc": "\\marcato",
    "stacciss": "\\staccatissimo", "spicc": "\\staccatissimo", "stroke": "\\staccatissimo",
    "upbow": "\\upbow",
    "dnbow": "\\downbow", "harm": "\\flageolet", "snap": "\\snappizzicato", "open": "\\open",
    "stop": "\\stopped", "lhpizz": "\\stopped", "heel": "\\rheel", "toe": "\\rtoe",
}  # fmt: skip


_ALWAYS_ABOVE = frozenset(("marc", "upbow", "dnbow", "harm", "snap", "open", "stop", "lhpizz"))


def _side(artic: Node, name: str) -> str:
    place = artic.get("place") or ("above" if name in _ALWAYS_ABOVE else "")
    return SIDES.get(place, "-")


def is_long(trill: Node) -> bool:
    """Whether a trill has a wavy line."""
    ends = trill.get("endid") or trill.get("tstamp2")
    return bool(ends) and trill.get("extender") != "false"


class PostEvent(NamedTuple):
    """A LilyPond post-event: an articulation, slur or the like that follows its note."""

    text: str
    element: str  # the MEI element that it stands for


class Attachments:
    """All that the score attaches to notes, chords and rests."""

    def __init__(
        self,
        root: Node,
        home: dict[str, tuple[int, int]],
        ties: Callable[[str, str], bool],
    ) -> None:
        """*home* is the staff and layer in which each note, chord or rest is written; *ties* says
        whether LilyPond would tie two notes: it ties equal notes that follow at once.
        """
        self.home = home
        self.can_tie = ties
        self._post_events: dict[str, list[PostEvent]] = defaultdict(list)
        self._ties: dict[str, list[PostEvent]] = defaultdict(list)
        self.apart: list[Node] = []  # slurs and ties from one voice to another
        # Clefs, keys and times that the score has, by their kind, staff and moment.
        self.signs: dict[tuple[str, int, Fraction], str] = {}
        self.clashing: set[str] = set()  # notes and chords whose stem directions cannot be kept
        self._slurs = 0
        for measure in root.iter(f"{NAMESPACE}measure"):
            for node in measure:
                write = _WRITERS.get(tag(node))
                if write:
                    write(self, node)

    def post_events(self, node: Node) -> list[PostEvent]:
        """Post-events of a note, chord or rest, its own articulations included."""
        events: list[PostEvent] = []
        for holder in (node, *node.iterfind(f"{NAMESPACE}note")):
            events += [
                PostEvent(_side(artic, name) + command, identity(artic))
                for artic in holder.iterfind(f"{NAMESPACE}artic")
                for name in (artic.get("artic") or "").split()
                if (command := _ARTICULATIONS.get(name))
            ]
            events += self._post_events.get(identity(holder), [])
        return events

    def ties(self, note: Node) -> list[PostEvent]:
        """The ties that start at one note."""
        return self._ties.get(identity(note), [])

    def slur(self, node: Node) -> None:
        start, end = reference(node, "startid"), reference(node, "endid")
        if not end or start == end or start not in self.home or end not in self.home:
            return
        if self.home[start] != self.home[end]:
            self.apart.append(node)
            return
        self._slurs += 1
        side = SIDES.get(node.get("curvedir", ""), "-")
        self._post_events[start].append(PostEvent(f"{side}\\=#{self._slurs}(", identity(node)))
        self._post_events[end].append(PostEvent(f"\\=#{self._slurs})", ""))

    def tie(self, node: Node) -> None:
        start, end = reference(node, "startid"), reference(node, "endid")
        if start not in self.home:
            return
        side = SIDES.get(node.get("curvedir", ""), "")
        if not end:
            return
        if end not in self.home:
            return
        if self.home[start] != self.home[end] or not self.can_tie(start, end):
            self.apart.append(node)
            return
        self._ties[start].append(PostEvent(f"{side}~", identity(node)))

    def laissez_vibrer(self, node: Node) -> None:
        self._attach(node, "\\laissezVibrer")

    def fermata(self, node: Node) -> None:
        shape = {"angular": "\\shortfermata", "square": "\\longfermata"}
        side = node.get("place") or ("below" if node.get("form") == "inv" else "above")
        self._attach(node, shape.get(node.get("shape", ""), "\\fermata"), side)

    def trill(self, node: Node) -> None:
        if node.get("lstartsym") != "none" and not is_long(node):
            self._attach(node, "\\trill", node.get("place") or "above")

    def mordent(self, node: Node) -> None:
        upper = node.get("form", "lower") == "upper"
        long = node.get("long") == "true"
        command = ("\\prallprall" if long else "\\prall") if upper else "\\mordent"
        self._attach(node, command, node.get("place") or "above")

    def turn(self, node: Node) -> None:
        command = "\\reverseturn" if node.get("form") == "lower" else "\\turn"
        self._attach(node, command, node.get("place") or "above")

    def arpeggio(self, node: Node) -> None:
        bracket = "\\tweak stencil #ly:arpeggio::brew-chord-bracket "
        command = f"{bracket if node.get('order') == 'nonarp' else ''}\\arpeggio"
        self._attach(node, command, start=reference(node, "plist") or None)

    def fingering(self, node: Node) -> None:
        text = "".join(node.itertext()).strip()
        if text:
            self._attach(node, f"\\markup \\as {quote('fing')} \\bold {quote(text)}")

    def breath(self, node: Node) -> None:
        self._attach(node, "\\breathe", side="none")

    def caesura(self, node: Node) -> None:
        self._attach(node, "\\caesura", side="none")

    def glissando(self, node: Node) -> None:
        start, end = reference(node, "startid"), reference(node, "endid")
        if start in self.home and self.home.get(start) == self.home.get(end):
            self._attach(node, "\\glissando")

    def beam_span(self, node: Node) -> None:
        start, end = reference(node, "startid"), reference(node, "endid")
        if start in self.home and self.home.get(start) == self.home.get(end):
            self._post_events[start].append(PostEvent("[", identity(node)))
            self._post_events[end].append(PostEvent("]", ""))

    def _attach(self, node: Node, command: str, side: str = "", start: str | None = None) -> None:
        start = start or reference(node, "startid")
        mark = "" if side == "none" else SIDES.get(side or node.get("place", ""), "-")
        if start in self.home:
            self._post_events[start].append(PostEvent(mark + command, identity(node)))


_WRITERS = {
    "slur": Attachments.slur,
    "phrase": Attachments.slur,
    "tie": Attachments.tie,
    "lv": Attachments.laissez_vibrer,
    "fermata": Attachments.fermata,
    "trill": Attachments.trill,
    "mordent": Attachments.mordent,
    "turn": Attachments.turn,
    "arpeg": Attachments.arpeggio,
    "fing": Attachments.fingering,
    "breath": Attachments.breath,
    "caesura": Attachments.caesura,
    "gliss": Attachments.glissando,
    "beamSpan": Attachments.beam_span,
}
