"""One layer of a staff, from the first measure to the last, as a voice of LilyPond's."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from deepscores.engraving.lilypond.attachments import Attachments, PostEvent
from deepscores.engraving.lilypond.changes import change, clef
from deepscores.engraving.lilypond.durations import (
    note_value,
    scaled_value,
    stretch,
    written_length,
)
from deepscores.engraving.lilypond.events import (
    EVENTS,
    Event,
    UnsupportedNotation,
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

_MEASURE_LONG = frozenset(("mRest", "mSpace", "multiRest", "mRpt"))
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
    """The staff and layer of a voice."""

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
        self.leads = leads  # the first voice of its staff writes clefs, keys and times
        self.source = Source()
        self.voice = ""
        self.stem = ""
        self.at_staff = layer.staff
        self.skipped = Fraction(0)  # not yet written

    def write(self) -> Source:
        for index, bar in enumerate(self.timeline.bars):
            self.bar(bar, index)
        self.flush()
        return self.source

    def flush(self) -> None:
        if self.skipped:
            self.source.add(f"s{stretch(self.skipped)}")
            self.skipped = Fraction(0)

    def bar(self, bar: Bar, index: int) -> None:
        staff = bar.staves.get(self.layer.staff)
        layers = [] if staff is None else list(staff.iterfind(f"{NAMESPACE}layer"))
        layer = next(
            (node for node in layers if number(node.get("n"), 1) == self.layer.number), None
        )
        if self.leads and (changes := bar.changes.get(self.layer.staff)):
            self.flush()
            self.changes(changes, bar.start, first=index == 0)
        elif self.leads and not index:
            self.source.add("\\once \\omit Staff.TimeSignature")
        events = list(events_of(layer)) if layer is not None else []
        if not events:
            if bar.grace:
                self.flush()
                self.source.add(f"\\grace {{ s{stretch(bar.grace)} }}")
            self.skipped += bar.length
            return
        self.flush()
        self.begin(layers, layer)
        self.events(events, bar)
        if self.at_staff != self.layer.staff:
            self.go_to(self.layer.staff)

    def changes(self, changes: list[Node], time: Fraction, *, first: bool) -> None:
        if first and not any(tag(sign) == "meterSig" for sign in changes):
            self.source.add("\\once \\omit Staff.TimeSignature")
        for node in changes:
            self.note_sign(node, time)
            for command in change(node):
                self.source.add(command)

    def note_sign(self, node: Node, time: Fraction) -> None:
        self.attached.signs[tag(node), self.layer.staff, time] = identity(node)

    def begin(self, layers: list[Node], layer: Node) -> None:
        """Write the voice's side (one, two …) in this measure."""
        sounding = [candidate for candidate in layers if candidate is layer or _sounds(candidate)]
        voice = "\\oneVoice"
        if len(sounding) > 1:
            voice = _VOICES[min(sounding.index(layer), len(_VOICES) - 1)]
        if voice != self.voice:
            self.voice = voice
            self.source.add(voice)
            self.stem = ""

    def events(self, events: list[Event], bar: Bar) -> None:
        """Write a measure: leading grace notes, what takes time, trailing grace notes."""
        events = _drop_repeated_rests(events)
        timed_places = [place for place, event in enumerate(events) if self.takes_time(event)]
        first = timed_places[0] if timed_places else len(events)
        last = timed_places[-1] if timed_places else -1
        self.graces(events[:first], bar.grace)
        time = bar.start
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
            trailing = [follower for follower in trailing if self.is_grace(follower)]
            if not self.takes_time(event):
                self.note_sign(event.node, time)
            time += self.event(event, bar, trailing)
        for event in events[last + 1 :] if timed_places else []:
            if not self.is_grace(event):
                self.note_sign(event.node, time)
                self.event(event, bar)
        if time < bar.end:
            self.source.add(f"s{stretch(bar.end - time)}")

    def graces(self, events: list[Event], at_least: Fraction) -> None:
        """Grace notes before a note; padded where other voices have longer ones."""
        graces = [grace for grace in events if self.is_grace(grace)]
        for event in events:
            if not self.is_grace(event):
                self.source.extend(self.between(event.node))
        missing = at_least - grace_length(graces)
        if not graces and missing <= 0:
            return
        self.source.add("\\grace {")
        if missing > 0:
            self.source.add(f"s{stretch(missing)}")
        for event in graces:
            self.grace(event)
        self.source.add("}")

    def grace(self, event: Event) -> None:
        node = event.node
        if _has_slash(node):
            self.source.add('\\once \\override Flag.stroke-style = "grace"')
        self.sound(node, note_value(node), event)

    def event(self, event: Event, bar: Bar, trailing: Sequence[Event] = ()) -> Fraction:
        """Write one event and the grace notes after it; return the quarter notes that it takes."""
        node = event.node
        if not self.takes_time(event):
            self.source.extend(self.between(node))
            return Fraction(0)
        name = tag(node)
        for tuplet in event.tuplets:
            self.tuplet(tuplet)
        if trailing:  # in braces: what is set before the note must not be taken for it
            self.source.add("\\afterGrace {")
        fact = self.facts.get(identity(node), Facts())
        takes = bar.length if name in _MEASURE_LONG else exact(fact.duration)
        if name == "fTrem":
            takes = self.tremolo(node, event)
        elif name in ("mRest", "multiRest", "mRpt"):
            self.rest_of_measure(node, bar)
        elif name in ("space", "mSpace") or node.get("visible") == "false":
            self.source.add(f"s{stretch(takes / event.ratio)}")
        else:
            self.sound(node, scaled_value(node, takes, event.ratio), event)
        if trailing:
            self.source.add("} {")
            for grace in trailing:
                self.grace(grace)
            self.source.add("}")
        self.tuplets_end(event)
        return takes

    def rest_of_measure(self, node: Node, bar: Bar) -> None:
        if node.get("visible") == "false":
            self.source.add(f"s{stretch(bar.length)}")
            return
        if bar.length / bar.counts >= _BREVE:
            self.source.add("\\once \\override MultiMeasureRest.usable-duration-logs = #'(-1)")
        if tag(node) == "mRpt":
            for name, value in _PERCENT:
                self.source.add(f"\\once \\override MultiMeasureRest.{name} = {value}")
        if tag(node) == "multiRest" and node.get("block") != "false":
            self.source.add("\\once \\override MultiMeasureRest.expand-limit = #0")
        self.source.add(f"R{stretch(bar.length)}", identity(node))
        self.post(node, Event(node))

    def tremolo(self, node: Node, event: Event) -> Fraction:
        """A tremolo between two notes; return the quarter notes that it takes."""
        pair = [note for note in node if tag(note) in ("note", "chord")][:2]
        if len(pair) < 2:
            raise UnsupportedNotation("tremolos between fewer than two notes")
        takes = sum((exact(self.facts[identity(note)].duration) for note in pair), Fraction(0))
        looks = written_length(pair[0])
        beams = number(node.get("beams"), 3)
        unit = Fraction(4, 2 ** (2 + beams))
        count = looks / (2 * unit)
        if count.denominator != 1 or count < 1:
            raise UnsupportedNotation("tremolos of such short notes")
        self.source.add(f"\\repeat tremolo {count} {{", identity(node))
        factor = takes / event.ratio / looks
        length = f"{2 ** (2 + beams)}*{factor.numerator}/{factor.denominator}"
        for note in pair:
            self.sound(note, length, Event(note))
        self.source.add("}")
        return takes

    def tuplets_end(self, event: Event) -> None:
        for _ in range(event.ends):
            self.source.add("}")

    def tuplet(self, node: Node) -> None:
        num, base = number(node.get("num"), 3) or 3, number(node.get("numbase"), 2) or 2
        for grob, name in (("TupletBracket", "bracket"), ("TupletNumber", "num")):
            visible = node.get(f"{name}.visible")
            if grob == "TupletBracket" and visible:
                visibility = "##t" if visible == "true" else "##f"
                self.source.add(
                    f"\\once \\override TupletBracket.bracket-visibility = {visibility}"
                )
            elif visible == "false":
                self.source.add(f"\\once \\omit {grob}")
        place = node.get("bracket.place") or node.get("num.place")
        if place in ("above", "below"):
            direction = "#UP" if place == "above" else "#DOWN"
            self.source.add(f"\\once \\override TupletBracket.direction = {direction}")
        if node.get("num.format") == "ratio":
            self.source.add(
                "\\once \\override TupletNumber.text = #tuplet-number::calc-fraction-text"
            )
        self.source.add(f"\\tuplet {num}/{base} {{", identity(node))

    def sound(self, node: Node, length: str, event: Event) -> None:
        """Write a note, chord or rest with everything attached to it."""
        name = tag(node)
        staff = number(node.get("staff"))
        target = staff if staff in self.timeline.definitions else self.layer.staff
        if name != "rest" and target != self.at_staff:
            self.go_to(target)
        if name != "rest":
            self.turn_stem(node)
        if node.get("cue") == "true":
            self.source.add("\\once \\set fontSize = #-3")
        if name == "chord":
            self.chord(node, length)
        elif name == "note":
            self.source.add(f"{self.tweaks(node)}{pitch(node)}{length}", identity(node))
            self.attach(self.attached.ties(node))
        else:
            self.rest(node, length)
        if event.tremolo:
            self.source.add(f":{event.tremolo}", identity(node))
        self.post(node, event)

    def chord(self, node: Node, length: str) -> None:
        self.source.add("<")
        for note in node.iterfind(f"{NAMESPACE}note"):
            if note.get("visible") == "false":
                continue
            self.source.add(f"{self.tweaks(note)}{pitch(note)}", identity(note))
            self.attach(self.attached.ties(note))
        self.source.add(f">{length}", identity(node))

    def rest(self, node: Node, length: str) -> None:
        step, octave = node.get("ploc"), node.get("oloc")
        if step and octave:
            self.source.add(f"{step}{_octave(number(octave))}{length}\\rest", identity(node))
        else:
            self.source.add(f"r{length}", identity(node))

    def post(self, node: Node, event: Event) -> None:
        for beam in event.opens:
            self.source.add("[", identity(beam))
        for _ in range(event.closes):
            self.source.add("]")
        self.attach(self.attached.post_events(node))

    def attach(self, post_events: list[PostEvent]) -> None:
        for post_event in post_events:
            self.source.add(post_event.text, post_event.element)

    def go_to(self, staff: int) -> None:
        self.at_staff = staff
        self.source.add(f'\\change Staff = "{staff}"')

    def turn_stem(self, node: Node) -> None:
        clashes = identity(node) in self.attached.clashing
        command = "" if clashes else _STEMS.get(stem_direction(node), "")
        if command != self.stem:
            self.stem = command
            self.source.add(command or self.voice)

    def tweaks(self, note: Node) -> str:
        shape = note.get("head.shape") or note.getparent().get("head.shape") or ""
        if shape and shape not in _STYLES:
            raise UnsupportedNotation(f"noteheads of the shape {shape!r}")
        style = _STYLES.get(shape)
        value = note.get("dur") or note.getparent().get("dur") or "4"
        if not style and value == "breve":
            style = "baroque"  # a square, as Verovio has it
        tweak = f"\\tweak NoteHead.style #'{style} " if style else ""
        hollow = _is_hollow(note, value)
        if shape == "diamond" or (not style and hollow != (value in _HOLLOW)):
            tweak += f"\\tweak NoteHead.duration-log #{1 if hollow else 2} "
        if not note.get("pname"):  # placed by height, whatever the clef
            lines = number(self.timeline.definitions[self.layer.staff].get("lines"), 5)
            height = number(note.get("loc"), lines - 1) - (lines - 1)
            tweak += f"\\tweak NoteHead.staff-position #{height} "
        return tweak + ("\\parenthesize " if note.get("head.mod") == "paren" else "")

    def between(self, node: Node) -> Source:
        """A change within the measure."""
        source = Source()
        name = tag(node)
        if name == "clef" and node.get("shape"):
            for command in clef(node):
                source.add(command)
        elif name in ("keySig", "meterSig"):
            for command in change(node):
                source.add(command)
        return source

    def takes_time(self, event: Event) -> bool:
        return tag(event.node) in EVENTS and not self.is_grace(event)

    def is_grace(self, event: Event) -> bool:
        return is_grace(event.node)


def pitch(note: Node) -> str:
    """The note's name with its octave, and the accidental to draw.

    Accidentals come from the score alone: LilyPond draws none by itself.
    """
    accid = note.find(f"{NAMESPACE}accid")
    accidental = note.get("accid") or (accid.get("accid") if accid is not None else None)
    if not accidental:
        return pitch_name(note)
    if accidental not in _ALTERED:
        raise UnsupportedNotation(f"accidentals such as {accidental!r}")
    in_brackets = accid is not None and accid.get("enclose") == "paren"
    return pitch_name(note) + ("?" if in_brackets else "!")


def pitch_name(note: Node) -> str:
    """LilyPond's name of a note with its octave."""
    accid = note.find(f"{NAMESPACE}accid")
    signs = [note.get("accid"), note.get("accid.ges")]
    if accid is not None:
        signs = [accid.get("accid"), *signs[:1], accid.get("accid.ges"), *signs[1:]]
    sounds = next((sign for sign in signs if sign), "n")
    step, octave = note.get("pname"), number(note.get("oct"), 4)
    if not step:
        step, octave = _note_at_line(number(note.get("loc"), 4))
    return f"{step}{_ALTERED.get(sounds, '')}{_octave(octave)}"


def _drop_repeated_rests(events: list[Event]) -> list[Event]:
    """*events* with only the first whole-measure rest: further ones stand at the same place."""
    rests = [event for event in events if tag(event.node) in _MEASURE_LONG]
    return [event for event in events if event not in rests[1:]]


def _is_hollow(note: Node, value: str) -> bool:
    """Whether a notehead is white: the score may say so of any but whole notes."""
    fill = note.get("head.fill")
    if fill and value not in ("1", "breve", "long", "maxima"):
        return bool(fill == "void")
    return value in _HOLLOW


def _sounds(layer: Node) -> bool:
    return any(tag(node) in ("note", "rest", "mRest") for node in layer.iter())


def _has_slash(node: Node) -> bool:
    if (node.get("grace") or first_note(node, "grace")) == "unacc":
        return True
    return "slash" in (node.get("stem.mod") or first_note(node, "stem.mod"))


def _octave(octave: int) -> str:
    return "'" * (octave - 3) if octave >= 3 else "," * (3 - octave)


def _note_at_line(place: int) -> tuple[str, int]:
    """The note at a height, under a clef with middle C on the middle line."""
    steps = place - 4
    return "cdefgab"[steps % 7], 4 + steps // 7
