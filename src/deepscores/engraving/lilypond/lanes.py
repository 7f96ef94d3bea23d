"""Dynamics, hairpins and words beside a staff, each in a voice of invisible rests."""

from collections import defaultdict
from fractions import Fraction
from typing import NamedTuple

from deepscores.engraving.lilypond.attachments import SIDES, is_long
from deepscores.engraving.lilypond.durations import stretch
from deepscores.engraving.lilypond.mei import NAMESPACE, Node, identity, number, reference, tag
from deepscores.engraving.lilypond.source import Source, quote
from deepscores.engraving.lilypond.texts import Run, lines_of, markup, metronome
from deepscores.engraving.lilypond.timeline import Timeline

_LETTERS = frozenset("pmfszrn")
_PLACES = {"dynam": "below", "hairpin": "below", "tempo": "above", "dir": "above"}
_BEFORE_NOTE = frozenset(("\\breathe", "\\caesura"))  # stand by themselves, not on a note
_SHORTEST = Fraction(1, 256)


class _TimedEvent(NamedTuple):
    """Post-events at a time."""

    time: Fraction
    text: str
    element: str


class _Span(NamedTuple):
    start: Fraction
    end: Fraction  # equal to start for what takes no time
    items: tuple[_TimedEvent, ...]


class Lanes:
    """The lanes of all staves."""

    def __init__(self, timeline: Timeline, onsets: dict[str, Fraction]) -> None:
        self.timeline = timeline
        self.onsets = onsets
        self.spans: dict[tuple[int, str], list[_Span]] = defaultdict(list)
        self.dynamics: dict[str, str] = {}  # letters → name of the command that draws them
        self.pedals: dict[int, tuple[Node, Fraction]] = {}  # lines that have not ended, by staff
        for index, bar in enumerate(timeline.bars):
            for node in bar.node:
                self.read(node, index)

    def read(self, node: Node, index: int) -> None:
        name = tag(node)
        if name == "dynam":
            self.dynamic(node, index)
        elif name == "hairpin":
            self.hairpin(node, index)
        elif name in ("tempo", "dir", "harm", "reh", "ornam"):
            self.words(node, index)
        elif name == "repeatMark":
            self.repeat_mark(node, index)
        elif name == "pedal":
            self.pedal(node, index)
        elif name == "trill" and is_long(node):
            self.trill(node, index)
        elif name in ("breath", "caesura") and not node.get("startid"):
            command = "\\breathe" if name == "breath" else "\\caesura"
            self.attach("words", node, _TimedEvent(self.time(node, index), command, identity(node)))
        elif name == "octave":
            self.octave(node, index)

    def sources(self, staff: int) -> list[Source]:
        """The voices of rests that carry the signs beside *staff*."""
        lanes: list[Source] = []
        for (place, family), spans in sorted(self.spans.items()):
            if place == staff:
                crowded = family == "words"
                lanes += map(self.lane, _split_lanes(spans, crowded=crowded))
        return lanes

    def lane(self, spans: list[_Span]) -> Source:
        source = Source()
        by_time: dict[Fraction, list[_TimedEvent]] = defaultdict(list)
        for span in spans:
            for item in span.items:
                by_time[item.time].append(item)
        position = Fraction(0)
        times = sorted(by_time)
        for time, following in zip(times, [*times[1:], None], strict=True):
            if time > position:
                source.add(f"s{stretch(time - position)}")
            duration = _SHORTEST if following is None else following - time
            items = by_time[time]
            for item in items:
                if item.text in _BEFORE_NOTE:
                    source.add(item.text, item.element)
            source.add(f"s{stretch(duration)}")
            for item in items:
                if item.text not in _BEFORE_NOTE:
                    source.add(item.text, item.element)
            position = time + duration
        return source

    def time(self, node: Node, index: int) -> Fraction:
        """The onset of *node*, by its beat or by the note that it starts at."""
        bar = self.timeline.bars[index]
        start = reference(node, "startid")
        if start in self.onsets:
            return self.onsets[start]
        return min(bar.start + _beats(node.get("tstamp"), bar.unit), bar.end)

    def end(self, node: Node, index: int) -> Fraction:
        """The end of *node*."""
        final = self.timeline.bars[-1].end
        end = reference(node, "endid")
        if end in self.onsets:
            return self.onsets[end]
        measures, _, beat = (node.get("tstamp2") or "").rpartition("m+")
        if not beat:
            return self.timeline.bars[index].end
        target = min(index + number(measures), len(self.timeline.bars) - 1)
        bar = self.timeline.bars[target]
        return min(bar.start + _beats(beat, bar.unit), bar.end, final)

    def staff(self, node: Node) -> int:
        staff = number((node.get("staff") or "").split(" ")[0])
        if staff in self.timeline.definitions:
            return staff
        return self.timeline.staves[0]

    def attach(self, family: str, node: Node, *items: _TimedEvent) -> None:
        span = _Span(items[0].time, items[-1].time, items)
        self.spans[self.staff(node), family].append(span)

    def dynamic(self, node: Node, index: int) -> None:
        text = "".join(node.itertext()).strip()
        time = self.time(node, index)
        if not text:
            return
        if not set(text) <= _LETTERS:
            self.words(node, index)
            return
        name = self.dynamics.setdefault(text, f"dynamic{_letters(len(self.dynamics))}")
        side = SIDES.get(node.get("place", ""), "_")
        self.attach("dynamics", node, _TimedEvent(time, f"{side}\\{name}", identity(node)))

    def hairpin(self, node: Node, index: int) -> None:
        start, end = self.time(node, index), self.end(node, index)
        if end <= start:
            end = max(self.timeline.bars[index].end, start + Fraction(1, 2))
        end = min(end, self.timeline.bars[-1].end - _SHORTEST)
        if end <= start:
            return
        side = SIDES.get(node.get("place", ""), "_")
        mark = "\\>" if node.get("form") == "dim" else "\\<"
        begins = _TimedEvent(start, f"{side}{mark}", identity(node))
        self.attach("dynamics", node, begins, _TimedEvent(end, "\\!", ""))

    def words(self, node: Node, index: int) -> None:
        name = tag(node)
        figures = list(node.iter(f"{NAMESPACE}f"))
        if figures:
            self.figures(node, figures, index)
            return
        lines = lines_of(node, bold=name in ("tempo", "reh"), italic=name in ("dir", "dynam"))
        if name == "tempo" and not lines:
            lines = metronome(node)
        if not lines:
            return
        place = node.get("place") or _PLACES.get(name, "above")
        text = markup(lines)
        if name == "reh":
            text = f"\\box {text}"
        final = self.timeline.bars[-1].end - _SHORTEST
        time = min(self.time(node, index), final)
        self.attach(
            "words",
            node,
            _TimedEvent(time, f"{SIDES.get(place, '^')}\\markup {text}", identity(node)),
        )

    def repeat_mark(self, node: Node, index: int) -> None:
        """A segno, a coda, or words such as *D.C.*"""
        sign = {"segno": "\ue047", "coda": "\ue048"}.get(node.get("func") or "")
        if sign and not "".join(node.itertext()).strip():
            lines = [[Run(sign, bold=False, italic=False)]]
            time = min(self.time(node, index), self.timeline.bars[-1].end - _SHORTEST)
            self.attach(
                "words", node, _TimedEvent(time, f"^\\markup {markup(lines)}", identity(node))
            )
        else:
            self.words(node, index)

    def figures(self, node: Node, figures: list[Node], index: int) -> None:
        """Figured bass: its figures, one below the other."""
        rows = [
            f"\\as {quote('of ' + identity(figure))} {markup(lines)}"
            for figure in figures
            if (lines := lines_of(figure))
        ]
        if rows:
            time = min(self.time(node, index), self.timeline.bars[-1].end - _SHORTEST)
            text = f"\\markup \\column {{ {' '.join(rows)} }}"
            side = SIDES.get(node.get("place") or "below", "_")
            self.attach("words", node, _TimedEvent(time, side + text, identity(node)))

    def pedal(self, node: Node, index: int) -> None:
        if node.get("form") == "line":
            self.pedal_line(node, index)
            return
        command = "\\sustainOff" if node.get("dir") == "up" else "\\sustainOn"
        time = min(self.time(node, index), self.timeline.bars[-1].end - _SHORTEST)
        self.attach("pedal", node, _TimedEvent(time, command, identity(node)))

    def pedal_line(self, node: Node, index: int) -> None:
        """Start a pedal line, or end one; the next may start at the same time."""
        staff, time = self.staff(node), self.time(node, index)
        begun = self.pedals.pop(staff, None)
        if begun is not None:
            hook = "\\markup \\draw-line #'(0 . 1)"
            self.line(
                "pedal line",
                begun[0],
                (begun[1], time),
                "\\tweak style #'line"
                f" \\tweak bound-details.left.text {hook}"
                f" \\tweak bound-details.right.text {hook}",
                is_below=True,
            )
        if node.get("dir") != "up":
            self.pedals[staff] = (node, time)

    def trill(self, node: Node, index: int) -> None:
        start, end = self.time(node, index), self.end(node, index)
        end = min(end, self.timeline.bars[-1].end - _SHORTEST)
        if end > start:
            side = SIDES.get(node.get("place") or "above", "^")
            begins = _TimedEvent(start, f"{side}\\startTrillSpan", identity(node))
            self.attach("trill", node, begins, _TimedEvent(end, "\\stopTrillSpan", ""))

    def octave(self, node: Node, index: int) -> None:
        """An ottava bracket; the notes stand as they are drawn, so it moves none."""
        is_below = node.get("dis.place") == "below"
        name = {"8": "ottava", "15": "quindicesima", "22": "ventiduesima"}.get(node.get("dis", "8"))
        text = quote(node.get("dis") or "8")
        hook = f"\\draw-line #'(0 . {1 if is_below else -1})"
        self.line(
            "octave",
            node,
            (self.time(node, index), self.end(node, index)),
            f"\\tweak bound-details.left.text \\markup \\as {quote(name or '')} \\bold {text}"
            f" \\tweak bound-details.right.text \\markup {hook}",
            is_below=is_below,
        )

    def line(
        self,
        family: str,
        node: Node,
        times: tuple[Fraction, Fraction],
        tweaks: str,
        *,
        is_below: bool,
    ) -> None:
        """A line beside the staff from one time to another."""
        start, end = times
        last = min(end, self.timeline.bars[-1].end - _SHORTEST)
        if last <= start:
            return
        side = "_" if is_below else "^"
        begins = _TimedEvent(start, f"{side}{tweaks} \\startTextSpan", identity(node))
        self.attach(family, node, begins, _TimedEvent(last, "\\stopTextSpan", ""))


def _beats(text: str | None, unit: int) -> Fraction:
    """Quarter notes from the start of a measure to a beat, which are counted from 1."""
    try:
        beat = Fraction(text or "1").limit_denominator(10_000)
    except ValueError:
        beat = Fraction(1)
    return max(beat - 1, Fraction(0)) * 4 / unit


def _split_lanes(spans: list[_Span], *, crowded: bool) -> list[list[_Span]]:
    """Distribute spans over as few lanes as possible without overlaps."""
    if crowded:
        return [sorted(spans, key=lambda span: span.start)]
    lanes: list[list[_Span]] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        for lane in lanes:
            previous = lane[-1]
            free = previous.end < span.start
            # A hairpin may end, or begin, where a dynamic stands.
            touches = previous.end == span.start and (previous.start < previous.end) != (
                span.start < span.end
            )
            if free or touches:
                lane.append(span)
                break
        else:
            lanes.append([span])
    return lanes


def _letters(count: int) -> str:
    """A number in letters, as LilyPond's names have no digits."""
    return chr(ord("A") + count // 26) + chr(ord("A") + count % 26)
