"""One layer of a staff, from the first measure to the last, as a voice of LilyPond's."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from deepscores.engraving.lilypond.attachments import Attached, Attachments
from deepscores.engraving.lilypond.changes import change, clef
from deepscores.engraving.lilypond.durations import note_value, stretch, timed, written
from deepscores.engraving.lilypond.events import (
    EVENTS,
    Event,
    Unwritten,
    events_of,
    first_note,
    grace_length,
    is_grace,
    stem_direction,
)
from deepscores.engraving.lilypond.mei import NAMESPACE, Node, exact, identity, number, tag
from deepscores.engraving.lilypond.source import Source
from deepscores.engraving.lilypond.timeline import Bar, Timeline
from deepscores.page.model import Facts

_WHOLE = frozenset(("mRest", "mSpace", "multiRest", "mRpt"))
_ALTERED = {
    "s": "is", "f": "es", "n": "", "x": "isis", "ss": "isis", "ff": "eses", "1qs": "ih",
    "1qf": "eh", "3qs": "isih", "3qf": "eseh",
}  # fmt: skip
_STYLES = {
    "x": "cross", "diamond": "diamond", "filldiamond": "diamond", "slash": "slash",
    "isotriangle": "triangle", "circlex": "xcircle", "square": "la", "quarter": "", "half": "",
    "whole": "",
}  # fmt: skip
_HOLLOW = frozenset(("2", "1", "breve", "long", "maxima"))
_BREVE = 8  # quarter notes: measures as long show a breve rest
_PERCENT = (  # a rest that looks like a measure repeat
    ("stencil", "#ly:percent-repeat-interface::percent"),
    ("X-offset", "#centered-spanner-interface::calc-x-offset"),
    ("slope", "1.0"),
    ("thickness", "0.48"),
    ("dot-negative-kern", "0.75"),
)
_VOICES = ("\\voiceOne", "\\voiceTwo", "\\voiceThree", "\\voiceFour")
_STEMS = {"up": "\\stemUp", "down": "\\stemDown"}


class Layer(NamedTuple):
    """Where a voice is written."""

    staff: int
    number: int

    @property
    def name(self) -> str:
        return f"v{self.staff}-{self.number}"


class VoiceWriter:
    """Writes one voice."""

    def __init__(
        self,
        layer: Layer,
        timeline: Timeline,
        facts: Mapping[str, Facts],
        attached: Attachments,
        *,
        leads: bool,
    ) -> None:
        self.layer = layer
        self.timeline = timeline
        self.facts = facts
        self.attached = attached
        self.leads = leads  # the first voice of its staff tells of clefs, keys and times
        self.out = Source()
        self.voice = ""
        self.stem = ""
        self.at_staff = layer.staff
        self.silence = Fraction(0)  # not yet written

    def write(self) -> Source:
        for index, bar in enumerate(self.timeline.bars):
            self.bar(bar, index)
        self.flush()
        return self.out

    def flush(self) -> None:
        if self.silence:
            self.out.add(f"s{stretch(self.silence)}")
            self.silence = Fraction(0)

    def bar(self, bar: Bar, index: int) -> None:
        staff = bar.staves.get(self.layer.staff)
        layers = [] if staff is None else list(staff.iterfind(f"{NAMESPACE}layer"))
        mine = next((one for one in layers if number(one.get("n"), 1) == self.layer.number), None)
        if self.leads and (changes := bar.changes.get(self.layer.staff)):
            self.flush()
            self.changes(changes, bar.start, first=index == 0)
        elif self.leads and not index:
            self.out.add("\\once \\omit Staff.TimeSignature")
        events = list(events_of(mine)) if mine is not None else []
        if not events:
            if bar.grace:
                self.flush()
                self.out.add(f"\\grace {{ s{stretch(bar.grace)} }}")
            self.silence += bar.length
            return
        self.flush()
        self.begin(layers, mine)
        self.events(events, bar)
        if self.at_staff != self.layer.staff:
            self.go_to(self.layer.staff)

    def changes(self, changes: list[Node], time: Fraction, *, first: bool) -> None:
        if first and not any(tag(one) == "meterSig" for one in changes):
            self.out.add("\\once \\omit Staff.TimeSignature")
        for node in changes:
            self.note_sign(node, time)
            for command in change(node):
                self.out.add(command)

    def note_sign(self, node: Node, time: Fraction) -> None:
        self.attached.signs[tag(node), self.layer.staff, time] = identity(node)

    def begin(self, layers: list[Node], mine: Node) -> None:
        """Say on which side the voice stands in this measure."""
        sounding = [one for one in layers if one is mine or _sounds(one)]
        voice = "\\oneVoice"
        if len(sounding) > 1:
            voice = _VOICES[min(sounding.index(mine), len(_VOICES) - 1)]
        if voice != self.voice:
            self.voice = voice
            self.out.add(voice)
            self.stem = ""

    def events(self, events: list[Event], bar: Bar) -> None:
        """Write a measure: leading grace notes, what takes time, trailing grace notes."""
        events = _without_repeated_rests(events)
        timed_places = [i for i, one in enumerate(events) if self.takes_time(one)]
        first = timed_places[0] if timed_places else len(events)
        last = timed_places[-1] if timed_places else -1
        self.graces(events[:first], bar.grace)
        now = bar.start
        run: list[Event] = []
        for place in range(first, last + 1):
            event = events[place]
            if self.is_grace(event):
                run.append(event)
                continue
            if run and self.takes_time(event):
                self.graces(run, Fraction(0))
                run = []
            trailing = events[last + 1 :] if place == last else []
            trailing = [one for one in trailing if self.is_grace(one)]
            if not self.takes_time(event):
                self.note_sign(event.node, now)
            now += self.event(event, bar, trailing)
        for event in events[last + 1 :] if timed_places else []:
            if not self.is_grace(event):
                self.note_sign(event.node, now)
                self.event(event, bar)
        if now < bar.end:
            self.out.add(f"s{stretch(bar.end - now)}")

    def graces(self, events: list[Event], at_least: Fraction) -> None:
        """Grace notes before a note; padded where other voices have longer ones."""
        graces = [one for one in events if self.is_grace(one)]
        for event in events:
            if not self.is_grace(event):
                self.out.extend(self.between(event.node))
        missing = at_least - grace_length(graces)
        if not graces and missing <= 0:
            return
        self.out.add("\\grace {")
        if missing > 0:
            self.out.add(f"s{stretch(missing)}")
        for event in graces:
            self.grace(event)
        self.out.add("}")

    def grace(self, event: Event) -> None:
        node = event.node
        if _slashed(node):
            self.out.add('\\once \\override Flag.stroke-style = "grace"')
        self.sound(node, note_value(node), event)

    def event(self, event: Event, bar: Bar, trailing: Sequence[Event] = ()) -> Fraction:
        """Write one event and the grace notes after it; return the quarter notes that it takes."""
        node = event.node
        if not self.takes_time(event):
            self.out.extend(self.between(node))
            return Fraction(0)
        name = tag(node)
        for tuplet in event.tuplets:
            self.tuplet(tuplet)
        if trailing:  # in braces: what is set before the note must not be taken for it
            self.out.add("\\afterGrace {")
        fact = self.facts.get(identity(node), Facts())
        takes = bar.length if name in _WHOLE else exact(fact.duration)
        if name == "fTrem":
            takes = self.tremolo(node, event)
        elif name in ("mRest", "multiRest", "mRpt"):
            self.rest_of_measure(node, bar)
        elif name in ("space", "mSpace") or node.get("visible") == "false":
            self.out.add(f"s{stretch(takes / event.ratio)}")
        else:
            self.sound(node, timed(node, takes, event.ratio), event)
        if trailing:
            self.out.add("} {")
            for one in trailing:
                self.grace(one)
            self.out.add("}")
        self.tuplets_end(event)
        return takes

    def rest_of_measure(self, node: Node, bar: Bar) -> None:
        if node.get("visible") == "false":
            self.out.add(f"s{stretch(bar.length)}")
            return
        if bar.length / bar.counts >= _BREVE:
            self.out.add("\\once \\override MultiMeasureRest.usable-duration-logs = #'(-1)")
        if tag(node) == "mRpt":
            for name, value in _PERCENT:
                self.out.add(f"\\once \\override MultiMeasureRest.{name} = {value}")
        if tag(node) == "multiRest" and node.get("block") != "false":
            self.out.add("\\once \\override MultiMeasureRest.expand-limit = #0")
        self.out.add(f"R{stretch(bar.length)}", identity(node))
        self.post(node, Event(node))

    def tremolo(self, node: Node, event: Event) -> Fraction:
        """A tremolo between two notes; return the quarter notes that it takes."""
        pair = [one for one in node if tag(one) in ("note", "chord")][:2]
        if len(pair) < 2:
            raise Unwritten("tremolos between fewer than two notes")
        takes = sum((exact(self.facts[identity(one)].duration) for one in pair), Fraction(0))
        looks = written(pair[0])
        beams = number(node.get("beams"), 3)
        unit = Fraction(4, 2 ** (2 + beams))
        count = looks / (2 * unit)
        if count.denominator != 1 or count < 1:
            raise Unwritten("tremolos of such short notes")
        self.out.add(f"\\repeat tremolo {count} {{", identity(node))
        factor = takes / event.ratio / looks
        length = f"{2 ** (2 + beams)}*{factor.numerator}/{factor.denominator}"
        for one in pair:
            self.sound(one, length, Event(one))
        self.out.add("}")
        return takes

    def tuplets_end(self, event: Event) -> None:
        for _ in range(event.ends):
            self.out.add("}")

    def tuplet(self, node: Node) -> None:
        num, base = number(node.get("num"), 3) or 3, number(node.get("numbase"), 2) or 2
        for grob, name in (("TupletBracket", "bracket"), ("TupletNumber", "num")):
            visible = node.get(f"{name}.visible")
            if grob == "TupletBracket" and visible:
                shown = "##t" if visible == "true" else "##f"
                self.out.add(f"\\once \\override TupletBracket.bracket-visibility = {shown}")
            elif visible == "false":
                self.out.add(f"\\once \\omit {grob}")
        place = node.get("bracket.place") or node.get("num.place")
        if place in ("above", "below"):
            direction = "#UP" if place == "above" else "#DOWN"
            self.out.add(f"\\once \\override TupletBracket.direction = {direction}")
        if node.get("num.format") == "ratio":
            self.out.add("\\once \\override TupletNumber.text = #tuplet-number::calc-fraction-text")
        self.out.add(f"\\tuplet {num}/{base} {{", identity(node))

    def sound(self, node: Node, length: str, event: Event) -> None:
        """A note, chord or rest with all that hangs on it."""
        name = tag(node)
        staff = number(node.get("staff"))
        target = staff if staff in self.timeline.definitions else self.layer.staff
        if name != "rest" and target != self.at_staff:
            self.go_to(target)
        if name != "rest":
            self.turn_stem(node)
        if node.get("cue") == "true":
            self.out.add("\\once \\set fontSize = #-3")
        if name == "chord":
            self.chord(node, length)
        elif name == "note":
            self.out.add(f"{self.tweaks(node)}{pitch(node)}{length}", identity(node))
            self.put(self.attached.ties(node))
        else:
            self.rest(node, length)
        if event.tremolo:
            self.out.add(f":{event.tremolo}", identity(node))
        self.post(node, event)

    def chord(self, node: Node, length: str) -> None:
        self.out.add("<")
        for note in node.iterfind(f"{NAMESPACE}note"):
            if note.get("visible") == "false":
                continue
            self.out.add(f"{self.tweaks(note)}{pitch(note)}", identity(note))
            self.put(self.attached.ties(note))
        self.out.add(f">{length}", identity(node))

    def rest(self, node: Node, length: str) -> None:
        step, octave = node.get("ploc"), node.get("oloc")
        if step and octave:
            self.out.add(f"{step}{_octave(number(octave))}{length}\\rest", identity(node))
        else:
            self.out.add(f"r{length}", identity(node))

    def post(self, node: Node, event: Event) -> None:
        for beam in event.opens:
            self.out.add("[", identity(beam))
        for _ in range(event.closes):
            self.out.add("]")
        self.put(self.attached.after(node))

    def put(self, attached: list[Attached]) -> None:
        for one in attached:
            self.out.add(one.text, one.element)

    def go_to(self, staff: int) -> None:
        self.at_staff = staff
        self.out.add(f'\\change Staff = "{staff}"')

    def turn_stem(self, node: Node) -> None:
        clashes = identity(node) in self.attached.clashing
        wanted = "" if clashes else _STEMS.get(stem_direction(node), "")
        if wanted != self.stem:
            self.stem = wanted
            self.out.add(wanted or self.voice)

    def tweaks(self, note: Node) -> str:
        shape = note.get("head.shape") or note.getparent().get("head.shape") or ""
        if shape and shape not in _STYLES:
            raise Unwritten(f"noteheads of the shape {shape!r}")
        style = _STYLES.get(shape)
        value = note.get("dur") or note.getparent().get("dur") or "4"
        if not style and value == "breve":
            style = "baroque"  # a square, as Verovio has it
        tweak = f"\\tweak NoteHead.style #'{style} " if style else ""
        hollow = _is_hollow(note, value)
        if shape == "diamond" or (not style and hollow != (value in _HOLLOW)):
            tweak += f"\\tweak NoteHead.duration-log #{1 if hollow else 2} "
        if not note.get("pname"):  # it stands at a height, whatever the clef
            lines = number(self.timeline.definitions[self.layer.staff].get("lines"), 5)
            height = number(note.get("loc"), lines - 1) - (lines - 1)
            tweak += f"\\tweak NoteHead.staff-position #{height} "
        return tweak + ("\\parenthesize " if note.get("head.mod") == "paren" else "")

    def between(self, node: Node) -> Source:
        """A change within the measure."""
        out = Source()
        name = tag(node)
        if name == "clef" and node.get("shape"):
            for command in clef(node):
                out.add(command)
        elif name in ("keySig", "meterSig"):
            for command in change(node):
                out.add(command)
        return out

    def takes_time(self, event: Event) -> bool:
        return tag(event.node) in EVENTS and not self.is_grace(event)

    def is_grace(self, event: Event) -> bool:
        return is_grace(event.node)


def pitch(note: Node) -> str:
    """The note's name with its octave, and what accidental is to be drawn.

    Accidentals come from the score alone: LilyPond is told to draw none of its own.
    """
    accid = note.find(f"{NAMESPACE}accid")
    shown = note.get("accid") or (accid.get("accid") if accid is not None else None)
    if not shown:
        return pitch_name(note)
    if shown not in _ALTERED:
        raise Unwritten(f"accidentals such as {shown!r}")
    in_brackets = accid is not None and accid.get("enclose") == "paren"
    return pitch_name(note) + ("?" if in_brackets else "!")


def pitch_name(note: Node) -> str:
    """LilyPond's name of a note with its octave."""
    accid = note.find(f"{NAMESPACE}accid")
    signs = [note.get("accid"), note.get("accid.ges")]
    if accid is not None:
        signs = [accid.get("accid"), *signs[:1], accid.get("accid.ges"), *signs[1:]]
    sounds = next((one for one in signs if one), "n")
    step, octave = note.get("pname"), number(note.get("oct"), 4)
    if not step:
        step, octave = _at_line(number(note.get("loc"), 4))
    return f"{step}{_ALTERED.get(sounds, '')}{_octave(octave)}"


def _without_repeated_rests(events: list[Event]) -> list[Event]:
    """*events* with one rest of the whole measure: more of them stand in the same place."""
    whole = [one for one in events if tag(one.node) in _WHOLE]
    return [one for one in events if one not in whole[1:]]


def _is_hollow(note: Node, value: str) -> bool:
    """Whether a notehead is white: the score may say so of any but whole notes."""
    fill = note.get("head.fill")
    if fill and value not in ("1", "breve", "long", "maxima"):
        return bool(fill == "void")
    return value in _HOLLOW


def _sounds(layer: Node) -> bool:
    return any(tag(one) in ("note", "rest", "mRest") for one in layer.iter())


def _slashed(node: Node) -> bool:
    if (node.get("grace") or first_note(node, "grace")) == "unacc":
        return True
    return "slash" in (node.get("stem.mod") or first_note(node, "stem.mod"))


def _octave(octave: int) -> str:
    return "'" * (octave - 3) if octave >= 3 else "," * (3 - octave)


def _at_line(place: int) -> tuple[str, int]:
    """The note that stands, under a clef with middle C on the middle line, at a height."""
    steps = place - 4
    return "cdefgab"[steps % 7], 4 + steps // 7
