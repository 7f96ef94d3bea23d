"""A whole score for LilyPond: header, staves in their groups, voices, verses, times."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files

from lxml import etree

from deepscores.engraving.lilypond.attachments import Attachments
from deepscores.engraving.lilypond.bridges import bridge
from deepscores.engraving.lilypond.durations import moment, stretch
from deepscores.engraving.lilypond.events import (
    UnsupportedNotation,
    grace_length,
    is_grace,
    leading_graces,
    stem_direction,
)
from deepscores.engraving.lilypond.lanes import Lanes
from deepscores.engraving.lilypond.lyrics import verses
from deepscores.engraving.lilypond.mei import (
    NAMESPACE,
    Node,
    exact,
    identity,
    number,
    parse_mei,
    reference,
    tag,
)
from deepscores.engraving.lilypond.source import Source, quote
from deepscores.engraving.lilypond.texts import lines_of, markup
from deepscores.engraving.lilypond.timeline import PLAIN, Timeline, read_timeline
from deepscores.engraving.lilypond.voices import Layer, VoiceWriter, pitch_name
from deepscores.page.model import Music

_TIMED = ("note", "rest", "chord", "mRest", "space")
_SYMBOLS = {
    "brace": "SystemStartBrace",
    "bracket": "SystemStartBracket",
    "bracketsq": "SystemStartSquare",
    "line": "SystemStartBar",
}


@dataclass(frozen=True)
class Notation:
    """A score as LilyPond's music, with the elements that its lines stand for."""

    timeline: Timeline
    elements: dict[str, Node]  # of the MEI, by id
    head: Source  # markup above the music
    music: Source  # definitions and the score's content
    signs: Mapping[tuple[str, int, Fraction], str]  # clefs, keys, times by staff and moment → id
    onsets: Mapping[str, Fraction]  # of notes, in quarter notes; grace notes sound before theirs


def write_notation(music: Music) -> Notation | None:
    """Write all of *music*; None if it has no measures. May raise UnsupportedNotation."""
    root = parse_mei(music.mei)
    timeline = read_timeline(root, music)
    if timeline is None:
        return None
    return _Writer(root, timeline, music).write()


class _Writer:
    def __init__(self, root: Node, timeline: Timeline, music: Music) -> None:
        self.root = root
        self.timeline = timeline
        self.facts = music.facts
        self.elements = {identity(node): node for node in root.iter() if identity(node)}
        self.layers: dict[int, list[int]] = {}
        self.notes: dict[int, list[tuple[Node, Fraction, str]]] = {}
        home: dict[str, tuple[int, int]] = {}
        onsets = self.onsets = dict[str, Fraction]()
        for bar in timeline.bars:
            for place, staff in bar.staves.items():
                for layer in staff.iterfind(f"{NAMESPACE}layer"):
                    self.register_layer(place, layer, home, onsets)
            bar.grace = self.graces(bar.staves.values())
        self.attached = Attachments(root, home, self.can_tie)
        self.attached.clashing |= self.find_clashes()
        self.lanes = Lanes(timeline, onsets)

    def register_layer(
        self,
        staff: int,
        layer: Node,
        home: dict[str, tuple[int, int]],
        onsets: dict[str, Fraction],
    ) -> None:
        """Record the voice and onset of each note of a layer."""
        place = number(layer.get("n"), 1)
        if not any(tag(node) in _TIMED for node in layer.iter()):
            return
        if place not in self.layers.setdefault(staff, []):
            self.layers[staff].append(place)
        voice = Layer(staff, place)
        for node in layer.iter():
            if tag(node) not in _TIMED:
                continue
            name = identity(node)
            home[name] = (staff, place)
            fact = self.facts.get(name)
            time = exact(fact.onset if fact else 0)
            onsets[name] = time
            if tag(node) in ("note", "chord") and not is_grace(node):
                self.notes.setdefault(staff, []).append((node, time, voice.name))

    def can_tie(self, start: str, end: str) -> bool:
        """Whether the second note follows the first at once, written at the same pitch."""
        start_facts, end_facts = self.facts[start], self.facts[end]
        notes = self.elements[start], self.elements[end]
        if any(tag(note) != "note" for note in notes):
            return True
        ends = exact(start_facts.onset) + exact(start_facts.duration)
        return ends == exact(end_facts.onset) and pitch_name(notes[0]) == pitch_name(notes[1])

    def find_clashes(self) -> set[str]:
        """Notes of two voices at one time with stems on one side: LilyPond would draw them over
        each other."""
        sides: dict[tuple[int, Fraction, str], dict[str, list[str]]] = {}
        for place, notes in self.notes.items():
            for node, time, voice in notes:
                side = stem_direction(node)
                if side and tag(node.getparent()) != "chord":
                    key = (number(node.get("staff"), place), time, side)
                    sides.setdefault(key, {}).setdefault(voice, []).append(identity(node))
        return {
            name
            for voices in sides.values()
            if len(voices) > 1
            for names in voices.values()
            for name in names
        }

    def graces(self, staves: Iterable[Node]) -> Fraction:
        """How long the longest run of grace notes at the start of a measure is."""
        layers = (layer for staff in staves for layer in staff.iterfind(f"{NAMESPACE}layer"))
        lengths = (grace_length(leading_graces(layer)) for layer in layers)
        return max(lengths, default=Fraction(0))

    def write(self) -> Notation:
        source = Source()
        self.define_numbers(source)
        body = Source()
        body.add("<<")
        self.write_group(self.timeline.group, body)
        self.write_times(body)
        body.add(">>")
        for letters, name in self.lanes.dynamics.items():
            source.add(f"{name} = #(make-dynamic-script {quote(letters)})")
        source.add("deepscoresMusic =")
        source.extend(body)
        onsets = {
            name: time
            for name, time in self.onsets.items()
            if tag(self.elements[name]) == "note" and not self.is_grace(name)
        }
        return Notation(
            self.timeline, self.elements, self.header(), source, self.attached.signs, onsets
        )

    def is_grace(self, name: str) -> bool:
        note = self.elements[name]
        return is_grace(note) or is_grace(note.getparent())

    def define_numbers(self, source: Source) -> None:
        names = " ".join(quote(bar.node.get("n") or "") for bar in self.timeline.bars)
        source.add(f"deepscoresNumbers = #(vector {names})")

    def header(self) -> Source:
        """Title, composer and the like: a row for each height, three columns."""
        source = Source()
        head = self.timeline.head
        if head is None:
            return self.plain_header()
        cells: dict[tuple[str, str], list[Node]] = {}
        for rend in head:
            if tag(rend) == "rend":
                key = (rend.get("valign") or "top", rend.get("halign") or "center")
                cells.setdefault(key, []).append(rend)
        for height in ("top", "middle", "bottom"):
            columns = [
                self.cell(cells.get((height, side), []), side, large=(height, side) == _TITLE)
                for side in ("left", "center", "right")
            ]
            if any(columns):
                row = " ".join(column or '""' for column in columns)
                name = quote(f"pgHead {identity(head)}")
                source.add(f"\\markup \\as {name} \\fill-line {{ {row} }}")
        return source

    def plain_header(self) -> Source:
        """Title and names from the file's description, for a score without a header."""
        source = Source()
        title, left, right = (
            next((text for element in self.root.iterfind(path) if (text := _words(element))), "")
            for path in _DESCRIBED
        )
        if title:
            source.add(
                f"\\markup \\as {quote('pgHead')} \\fill-line {{ \\fontsize #4 {quote(title)} }}"
            )
        if left or right:
            row = f"{quote(left)} {quote(right)}"
            source.add(f"\\markup \\as {quote('pgHead')} \\fill-line {{ {row} }}")
        return source

    def cell(self, rends: list[Node], side: str, *, large: bool) -> str:
        lines = [line for rend in rends for line in lines_of(_wrap(rend))]
        if not lines:
            return ""
        rows = " ".join(markup([line]) for line in lines)
        size = "\\fontsize #4 " if large else ""
        return f"{size}\\{side}-column {{ {rows} }}"

    def write_group(self, node: Node, source: Source) -> None:
        """A staff or a group of staves with its brace or bracket."""
        if tag(node) == "staffDef":
            self.write_staff(number(node.get("n")), node, source)
            return
        if tag(node) != "staffGrp":
            return
        symbol = node.find(f"{NAMESPACE}grpSym")
        kind = node.get("symbol") or (symbol.get("symbol") if symbol is not None else "")
        delimiter = _SYMBOLS.get(kind or "")
        source.add("\\new StaffGroup \\with {")
        if delimiter:
            source.add(f"systemStartDelimiter = #'{delimiter}")
        else:
            source.add("\\remove System_start_delimiter_engraver")
        if kind == "brace":
            source.add("\\consists Keep_alive_together_engraver")
        if node.get("bar.thru") != "true":
            source.add("\\remove Span_bar_engraver")
        source.add(_names(node))
        source.add("} <<")
        for child in node:
            self.write_group(child, source)
        source.add(">>")

    def write_staff(self, place: int, node: Node, source: Source) -> None:
        source.add(f'\\new Staff = "{place}" \\with {{')
        source.add(_names(node))
        lines = number(node.get("lines"), 5)
        if lines != 5:
            source.add(f"\\override StaffSymbol.line-count = {max(lines, 1)}")
        scale = (node.get("scale") or "").removesuffix("%")
        if scale.isdigit() and scale != "100":
            source.add(f"\\magnifyStaff #{int(scale)}/100")
        source.add(f"\\override StaffSymbol.details.staff = {place}")
        if self.timeline.hides:
            source.add("\\RemoveEmptyStaves")
        source.add("} <<")
        for leads, layer in zip([True, *[False] * 64], self.layers.get(place, [1]), strict=False):
            name = Layer(place, layer)
            writer = VoiceWriter(name, self.timeline, self.facts, self.attached, leads=leads)
            source.add(f'\\new Voice = "{name.name}" {{')
            source.extend(writer.write())
            source.add("}")
        for voice in (*self.lanes.sources(place), *self.bridges(place)):
            source.add("\\new Voice {")
            source.extend(voice)
            source.add("}")
        source.add(">>")
        for verse in verses(self.notes.get(place, []), self.timeline.bars[-1].end):
            source.add("\\new Lyrics \\lyricmode {")
            source.extend(verse)
            source.add("}")

    def bridges(self, staff: int) -> Iterator[Source]:
        """Voices for slurs and ties from a voice of this staff to another."""
        home = self.attached.home
        for node in self.attached.apart:
            if home[reference(node, "startid")][0] == staff:
                end = self.facts[reference(node, "endid")]
                end_duration = exact(end.duration) or Fraction(1)
                source = bridge(node, self.elements, self.onsets, home, end_duration)
                if source:
                    yield source

    def write_times(self, source: Source) -> None:
        """How long each measure is, and how it ends."""
        source.add("\\new Devnull {")
        length = Fraction(0)
        bars = self.timeline.bars
        if bars[0].node.get("left") == "rptstart":
            source.add("\\set Score.printInitialRepeatBar = ##t")
            source.add('\\bar ".|:"')
        for index, bar in enumerate(bars):
            if bar.grace:
                source.add(f"\\grace {{ s{stretch(bar.grace)} }}")
            self.write_ending(index, source)
            count = bar.counts
            if bar.length / count != length or bar.changes:
                length = bar.length / count
                source.add(f"\\set Timing.measureLength = {moment(length)}")
            if count > 1:
                source.add("\\set Score.skipBars = ##t")
            source.add(f"s{stretch(bar.length)}")
            if count > 1:
                source.add("\\set Score.skipBars = ##f")
                source.add(f"\\set Score.currentBarNumber = {index + 2}")
            # LilyPond forbids breaks where it sees notes that are held over a barline, sometimes
            # for so many measures in a row that a line runs off the page.
            source.add("\\allowBreak")
            line = self.timeline.barline(index)
            if line != PLAIN or index + 1 == len(bars):
                source.add(f"\\bar {quote(line)}")
        if bars[-1].ending is not None:
            source.add("\\set Score.repeatCommands = #'((volta #f))")
        source.add("}")

    def write_ending(self, index: int, source: Source) -> None:
        bars = self.timeline.bars
        current = bars[index].ending
        previous = bars[index - 1].ending if index else None
        if current is previous:
            return
        commands = []
        if previous is not None:
            commands.append("(volta #f)")
        if current is not None:
            text = current.get("n") or ""
            if text and text[-1].isdigit():
                text += "."
            commands.append(f"(volta ,#{{ \\markup \\bold {quote(text)} #}})")
        source.add(f"\\set Score.repeatCommands = #`({' '.join(commands)})")


_TITLE = ("middle", "center")


_DESCRIBED = (
    f".//{NAMESPACE}fileDesc//{NAMESPACE}title",
    f".//{NAMESPACE}respStmt/{NAMESPACE}persName[@role='lyricist']",
    f".//{NAMESPACE}respStmt/{NAMESPACE}persName[@role='composer']",
)


def _words(node: Node) -> str:
    return " ".join("".join(node.itertext()).split())


def _wrap(rend: Node) -> Node:
    """A parent around a copy of *rend*, so that its own lettering counts, too."""
    shell = etree.Element(f"{NAMESPACE}pgHead")
    clone = etree.fromstring(etree.tostring(rend, with_tail=False))
    shell.append(clone)
    return shell


def _names(node: Node) -> str:
    commands = []
    for name, command in (("label", "instrumentName"), ("labelAbbr", "shortInstrumentName")):
        label = node.find(f"{NAMESPACE}{name}")
        lines = lines_of(label) if label is not None else []
        if lines:
            commands.append(f"{command} = \\markup {markup(lines)}")
    return " ".join(commands)


def score_source(notation: Notation, layout: str) -> Source:
    """The whole program for LilyPond; *layout* is the part that depends on the style."""
    source = Source()
    for line in layout.splitlines():
        source.add(line)
    source.extend(notation.music)
    source.extend(notation.head)
    source.add("\\score { \\deepscoresMusic }")
    return source


def tags() -> str:
    """The Scheme code that tags everything drawn."""
    return files("deepscores.engraving.lilypond").joinpath("tags.ly").read_text(encoding="utf-8")


__all__ = ["Notation", "UnsupportedNotation", "score_source", "tags", "write_notation"]
