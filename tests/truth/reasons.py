"""Why a label may differ from what the file says: each reason a test of its own, in words."""

from fractions import Fraction
from typing import Any

from deepscores.page.model import Symbol
from tests.truth.drawn import Drawn
from tests.truth.musicxml import Change, Note, Truth, fills_in
from tests.truth.signs import LINES_OF, Systems, Token, beam_runs

OFF_PAGE = "engine: an overlong stem pushes the system off the page, which builds leave out"
REPEATED = "rule: notes under a measure repeat are not drawn, its sign is"
MERGED = "rule: measures that all rest are one multiple rest"
CHORD = "source: a note of a chord shorter than the chord; it lasts as long as its first note"
NAMED = "source: an accidental without an alteration; the label says what is drawn"
BEAMS = "source: beams that never begin or end state too few lines or too many"
NAMELESS_GRACE = "source: a grace note without a note value; drawn as an eighth"
ENDLESS = "source: a slur or tie that begins and never ends"
ON_REST = "engine: an articulation on a rest is not drawn"
LONELY = "engine: an arpeggio on a single note is not drawn"
HIDDEN = "engine: a tie from a hidden note is drawn"
LEFT_OUT = "rule: a staff that rests throughout a system is left out of it"
LINES = "rule: where beams state the first line alone, note values give the others"
SPANS = (
    "engine: a beam over a barline is drawn as a span, in pieces, its short lines and flags lost"
)
ONE_PART = "engine: a key or time signature that not all parts have alike is not drawn as stated"
NAMELESS = (
    "source: a rest without a note value among notes that have one; mended by passing over it"
)
RUN_ON = "engine: a beam's short lines run on over a rest within the beam"
TOO_MANY = "source: a beam of more lines than its notes' values have"
FERMATAS = "engine: of two fermatas on one note, one is drawn"
NO_TIME = "source: a hairpin that ends where it begins"
CLEF_FIRST = "engine: a clef at a barline is drawn before the last notes of the measure before"
WORDS = "rule: letters of dynamics in a direction's words are dynamics"
DOUBLE = "engine: the rest of a measure of eight quarters or more is whole or double whole"
POINT = "source: a slur that ends on the note where it begins"
SECOND = "engine: of several <notations> of a note, the first is read"
BREATH = "rule: a breath mark belongs to a time, not to a note"
JOINED = "rule: an arpeggio over several chords at once is one"
HIDDEN_BEAM = "engine: the beam of hidden notes is drawn"
NESTED = "engine: a beam's short lines break between inner tuplets"
UNPAIRED = "source: starts and ends of a part's slurs do not pair; the engine pairs what it can"
HIDDEN_STAVES = (
    "rule: where the source hides staves, one that rests throughout a system is left out"
)
FORWARD = "engine: the gap at a voice's beginning is lost before a clef"


class Reasons:
    """What is known to differ in one score."""

    def __init__(self, truth: Truth, drawn: Drawn) -> None:
        self.truth = truth
        self.notes = {note.id: note for note in truth.notes}
        self.off_page = {self.notes[each].index for each in drawn.off_page if each in self.notes}
        self.off_units = {self.notes[each].chord for each in drawn.off_page if each in self.notes}
        self.off_names = {truth.measures[index] for index in self.off_page}
        self.open_beams = beam_runs(truth).doubtful
        self.open_measures = {
            (self.notes[each].part, self.notes[each].measure) for each in self.open_beams
        }
        self.systems = Systems(truth, drawn.pages)
        self.spanned = any(one.role == "beamSpan" for page in drawn.pages for one in page)
        self.short_lines = {
            (note.part, note.measure)
            for note in truth.notes
            if 0 < len(note.node.findall("beam")) < LINES_OF.get(note.text("type"), 0)
        }
        self.long_lines = {
            (note.part, note.measure)
            for note in truth.notes
            if len(note.node.findall("beam")) > LINES_OF.get(note.text("type"), 8)
        }
        self.hidden = {
            (note.part, note.measure)
            for note in truth.notes
            if note.node.get("print-object") == "no" and not note.has("rest")
        }
        self.nested = {
            (note.part, note.measure)
            for note in truth.notes
            if len(note.node.findall("notations/tuplet[@type='start']")) > 1
        }
        self.hides_staves = any(
            details.get("print-object") == "no" for details in truth.root.iter("staff-details")
        )
        self.resting = {(note.part, note.measure) for note in truth.notes if note.has("rest")}
        self.repeated = frozenset(_repeated(truth))
        self.merged = frozenset(_merged(truth))

    def of_fact(self, fact: str, note: Note, symbol: Symbol) -> str:
        first = self.notes[note.chord]
        if fact == "duration" and note.duration != first.duration:
            return CHORD
        accidental = note.text("accidental")
        if fact == "alter" and accidental and not note.has("pitch/alter"):
            return NAMED
        if fact == "onset" and _after_clef_and_gap(note):
            return FORWARD
        return ""

    def of_sign(self, family: str, token: Token, what: str) -> str:
        note = self._note_of(token[0])
        missing = what == "not drawn"
        if note is not None:
            if note.index in self.off_page and missing:
                return OFF_PAGE
            if (note.part, note.index) in self.repeated and missing:
                return REPEATED
            if (note.part, note.index) in self.merged and note.has("rest") and missing:
                return MERGED
            if token[-1] == "breathMarkComma":
                return BREATH
            if missing and self._is_left_out(note):
                return LEFT_OUT
            if family in ("flags", "stems") and note.has("grace") and not note.text("type"):
                return NAMELESS_GRACE
            if family == "flags" and self.spanned:
                return SPANS
            if family == "ties" and missing and not self._tie_ends(note):
                return ENDLESS
            if family == "slurs" and missing and not self._slur_ends(token[0], note):
                return ENDLESS
            if family == "rests" and self._is_double(note):
                return DOUBLE
            if family == "rests" and missing and fills_in(note.node):
                return NAMELESS
            if family == "slurs" and missing and self._slur_is_point(token[0]):
                return POINT
            if family == "slurs" and missing and self._slurs_unpaired(note):
                return UNPAIRED
            if missing and note.has("rest") and self.hides_staves:
                return HIDDEN_STAVES
            if missing and len(note.node.findall("notations")) > 1:
                return SECOND
            if family == "arpeggios" and missing and self._is_joined(note):
                return JOINED
            if family == "fermatas" and len(note.node.findall("notations/fermata")) > 1:
                return FERMATAS
            if family == "staff positions" and self._clef_follows(note):
                return CLEF_FIRST
            if family == "articulations" and note.has("rest") and missing:
                return ON_REST
            if family == "arpeggios" and missing and self._is_alone(note):
                return LONELY
            if family == "ties" and not missing and note.node.get("print-object") == "no":
                return HIDDEN
        if family == "beam lines" and token in self.open_measures:
            return BEAMS
        if family == "beam lines" and token in self.short_lines:
            return LINES
        if family == "beam lines" and self.spanned:
            return SPANS
        if family == "beam lines" and token in self.long_lines:
            return TOO_MANY
        if token[-1] == "breathMarkComma":
            return BREATH
        if family == "beam lines" and token in self.hidden:
            return HIDDEN_BEAM
        if family == "beam lines" and token in self.nested:
            return NESTED
        if family == "beam lines" and missing and token in self.resting:
            return RUN_ON
        if family == "hairpins" and missing and self._has_no_time(token[0]):
            return NO_TIME
        if family == "dynamics" and not missing and self._in_words(token):
            return WORDS
        if family == "key accidentals" and not _alike(self.truth.keys, "fifths"):
            return ONE_PART
        if family == "time signatures" and not _alike(self.truth.times, "beats"):
            return ONE_PART
        if missing and self._measure_of(token) in self.off_names:
            return OFF_PAGE
        return ""

    def _measure_of(self, token: Token) -> str:
        node = self.truth.marked.get(token[0])
        while node is not None and node.tag != "measure":
            node = node.getparent()
        return (
            str(token[1])
            if node is None and len(token) > 1
            else ("" if node is None else node.get("number", ""))
        )

    def _is_left_out(self, note: Note) -> bool:
        return any(
            first <= note.index <= last and note.staff not in self.systems.staves[place]
            for place, first, last in self.systems.spans
        )

    def _is_double(self, note: Note) -> bool:
        nameless = not note.text("type") or note.has("rest[@measure='yes']")
        starts = [*self.truth.starts, note.onset + note.duration]
        return note.has("rest") and nameless and starts[note.index + 1] - starts[note.index] >= 8

    def _slurs_unpaired(self, note: Note) -> bool:
        part = next(note.node.iterancestors("part"))
        open_slurs: dict[str, bool] = {}
        for slur in part.iter("slur"):
            number, starts = slur.get("number", "1"), slur.get("type") == "start"
            if slur.get("type") in ("start", "stop"):
                if open_slurs.get(number, False) == starts:
                    return True
                open_slurs[number] = starts
        return any(open_slurs.values())

    def _slur_is_point(self, identity: str) -> bool:
        start = self.truth.marked[identity]
        note = next(start.iterancestors("note"))
        number = start.get("number")
        return any(
            slur.get("type") == "stop" and slur.get("number") == number
            for slur in note.iterfind("notations/slur")
        )

    def _is_joined(self, note: Note) -> bool:
        return any(
            other.onset == note.onset
            and other.part == note.part
            and other.chord != note.chord
            and other.has("notations/arpeggiate")
            for other in self.truth.notes
        )

    def _clef_follows(self, note: Note) -> bool:
        return any(
            clef.staff == note.staff and clef.index == note.index + 1 and not clef.at
            for clef in self.truth.clefs
        )

    def _has_no_time(self, identity: str) -> bool:
        wedge = self.truth.marked[identity]
        direction = next(wedge.iterancestors("direction"))
        for node in direction.itersiblings():
            if node.tag in ("note", "forward", "backup"):
                return False
            if node.find("direction-type/wedge[@type='stop']") is not None:
                return True
        return False

    def _in_words(self, token: Token) -> bool:
        path = f"part[@id='{token[0]}']/measure[@number='{token[1]}']//words"
        return any(token[2] in (words.text or "") for words in self.truth.root.iterfind(path))

    def _is_alone(self, note: Note) -> bool:
        return sum(other.chord == note.chord for other in self.truth.notes) == 1

    def _tie_ends(self, note: Note) -> bool:
        end = note.onset + note.duration
        return any(
            other.onset == end
            and (other.part, other.step, other.octave) == (note.part, note.step, note.octave)
            and other.has("notations/tied[@type='stop']")
            for other in self.truth.notes
            if other.id != note.id
        )

    def _slur_ends(self, identity: str, note: Note) -> bool:
        start = self.truth.marked[identity]
        number = start.get("number", "1")
        part = next(start.iterancestors("part"))
        slurs = [slur for slur in part.iter("slur") if slur.get("number", "1") == number]
        following = slurs[slurs.index(start) + 1 :]
        return bool(following) and following[0].get("type") == "stop" and note.step != ""

    def _note_of(self, key: Any) -> Note | None:
        if key in self.notes:
            return self.notes[key]
        node = self.truth.marked.get(key)
        while node is not None and node.tag != "note":
            node = node.getparent()
        return None if node is None else self.notes[node.get("id")]


def _alike(changes: list[Change], value: str) -> bool:
    """Whether all staves change in the same measures, to the same *value*."""
    by_staff: dict[int, list[tuple[int, str | None]]] = {}
    for change in changes:
        by_staff.setdefault(change.staff, []).append((change.index, change.node.findtext(value)))
    lists = list(by_staff.values())
    return all(each == lists[0] for each in lists)


def _repeated(truth: Truth) -> set[tuple[str, int]]:
    found = set()
    for part in truth.root.iterfind("part"):
        repeating = False
        for index, measure in enumerate(part.iterfind("measure")):
            for sign in measure.iterfind("attributes/measure-style/measure-repeat"):
                repeating = sign.get("type") == "start"
            if repeating:
                found.add((part.get("id"), index))
    return found


def _merged(truth: Truth) -> set[tuple[str, int]]:
    found = set()
    for part in truth.root.iterfind("part"):
        for index, measure in enumerate(part.iterfind("measure")):
            for sign in measure.iterfind("attributes/measure-style/multiple-rest"):
                count = int(sign.text or 0)
                # The engine lays all parts' measures together.
                found |= {
                    (each.get("id"), index + more)
                    for each in truth.root.iterfind("part")
                    for more in range(count)
                }
    return found


def _after_clef_and_gap(note: Note) -> bool:
    """Whether the note's voice begins with a ``<forward>`` after a clef within the measure."""
    measure = note.node.getparent()
    clef = gap = False
    for node in measure:
        clef |= node.tag == "attributes" and node.find("clef") is not None
        if node.tag == "forward" and (node.findtext("voice") or "") == str(note.voice):
            gap |= clef
    return gap and Fraction(note.duration) > 0
