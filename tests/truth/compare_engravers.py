"""Hold LilyPond's symbols against Verovio's: ``python -m tests.truth.compare_engravers DATASET…``.

The datasets are of both engravers together, or one of each; ``--scores N`` draws the N smallest
scores of the default corpus instead. Of every score, each kind of symbol is
counted in each measure of each staff. Where counts differ there is a reason, which is tested as
such (does the line really break there?), or the difference is reported. ``docs/labels.md`` tells
of the reasons.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from deepscores.engraving.registry import find_engraver
from deepscores.page.model import Score, Style
from deepscores.page.symbols.placing import place_symbols
from deepscores.scores import Source, default_corpus, read_score

UNEXPLAINED = "UNEXPLAINED"
ENGRAVERS = ("lilypond", "verovio")


class Shown(NamedTuple):
    """One symbol, as far as it is compared."""

    kind: str
    element: str
    system: tuple[int, int]  # page and number on it
    staff: int
    measure: str


Key = tuple[str, int, str]  # kind, staff, measure


@dataclass
class Drawn:
    """All symbols of a score by one engraver."""

    symbols: list[Shown] = field(default_factory=list)

    @cached_property
    def counts(self) -> Counter[Key]:
        return Counter(_place(one) for one in self.symbols)

    @cached_property
    def elements(self) -> dict[str, set[str]]:
        """By kind."""
        found: dict[str, set[str]] = defaultdict(set)
        for one in self.symbols:
            found[one.kind].add(one.element)
        return found

    @cached_property
    def starts(self) -> set[str]:
        """The first measures of lines."""
        first: dict[tuple[int, int], str] = {}
        for one in self.symbols:
            if one.measure and one.kind == "staffLine":
                first.setdefault(one.system, one.measure)
        return set(first.values())

    @cached_property
    def staves(self) -> dict[tuple[int, int], set[int]]:
        """The staves that are there, by system."""
        found: dict[tuple[int, int], set[int]] = defaultdict(set)
        for one in self.symbols:
            if one.kind == "staffLine":
                found[one.system].add(one.staff)
        return found

    @cached_property
    def systems(self) -> dict[str, set[tuple[int, int]]]:
        """Where a measure is, by its number."""
        found: dict[str, set[tuple[int, int]]] = defaultdict(set)
        for one in self.symbols:
            if one.measure and one.kind.startswith(("notehead", "rest", "barline")):
                found[one.measure].add(one.system)
        return found

    def staves_at(self, measure: str) -> set[int]:
        """The staves that are there where a measure is; none where all are hidden."""
        return {staff for one in self.systems[measure] for staff in self.staves[one]}

    @cached_property
    def sounding(self) -> set[tuple[int, str]]:
        """Staff and measure of all notes."""
        heads = (one for one in self.symbols if one.kind.startswith("notehead"))
        return {(one.staff, one.measure) for one in heads}


_OF_SYSTEMS = ("brace", "bracket", "systemBarline", "instrumentName")


def _place(one: Shown) -> Key:
    # LilyPond's names stand at their staff, Verovio's at the system.
    return (one.kind, 0, "") if one.kind in _OF_SYSTEMS else (one.kind, one.staff, one.measure)


EACH_LINE = (
    "staffLine", "gClef", "fClef", "cClef", "clef8", "clef15", "unpitchedPercussionClef",
    "keySharp", "keyFlat", "keyNatural", "systemBarline", "brace", "bracket", "instrumentName",
    "measureNumber",
)  # fmt: skip
PIECES = (
    "slur", "tie", "dynamicCrescendoHairpin", "dynamicDiminuendoHairpin", "trillLine", "ottava",
    "octave", "pedalLine", "volta", "beam", "tupletBracket", "glissando", "wiggle",
    "directionText", "textLine",
)  # fmt: skip
WARNING = ("timeSig", "keySharp", "keyFlat", "keyNatural", "gClef", "fClef", "cClef", "clef8")
REPEATS = ("barlineReverseFinal", "barlineRepeatBoth", "barlineFinal", "repeatDot")
SAME_SIGN = {  # the shape that the font has
    "noteheadHalfWithX": "noteheadXHalf",
    "noteheadWholeWithX": "noteheadXWhole",
    "noteheadHalfFilled": "noteheadBlack",
    "noteheadWholeFilled": "noteheadWhole",
}
FREE = {  # what the score does not decide
    "lyricsElision": "Verovio cuts a syllable at an elision's sign",
    "repeatBarNumber": "the number over a measure repeat is Verovio's alone",
    "systemDivider": "dividers between systems are Verovio's alone",
    "octaveParens": "Verovio repeats an ottava's numeral on a new line",
    "pageHeader": "page numbers, and pages differ",
    "lyricHyphen": "each draws as many hyphens as fit",
    "lyricExtender": "Verovio draws a syllable's line where there is room, LilyPond always",
    "tempoText": "Verovio cuts a metronome mark into more words",
}


class Comparison:
    """One score by both engravers, and why they differ."""

    def __init__(self, ours: Drawn, theirs: Drawn) -> None:
        self.ours = ours
        self.theirs = theirs
        self.breaks = ours.starts ^ theirs.starts  # measures that start a line in one only

    def differences(self) -> Iterator[tuple[Key, int, str]]:
        """Yield what LilyPond draws more of (fewer: negative), and the reason."""
        for key in sorted({*self.ours.counts, *self.theirs.counts}):
            more = self.ours.counts[key] - self.theirs.counts[key]
            if more:
                yield key, more, self.reason(key, more) or UNEXPLAINED

    def reason(self, key: Key, more: int) -> str:
        kind, staff, measure = key
        for name, why in FREE.items():
            if kind.startswith(name):
                return why
        if kind == "lyrics" and more < 0 and self.theirs.counts["lyricsElision", staff, measure]:
            return FREE["lyricsElision"]
        if self.other_shape(key, more):
            return "the shape that the font has"
        if self.hidden(kind, staff, measure):
            return "staves that rest are hidden, and lines differ"
        if self.breaks and kind.startswith(EACH_LINE) and self.of_line(key):
            return "drawn at the start of each line, and lines differ"
        if kind.startswith(PIECES) and self.ours.elements[kind] == self.theirs.elements[kind]:
            return "cut where lines break"
        if kind.startswith((*WARNING, *REPEATS)) and self.near_break(measure):
            return "told at the end of a line and at the next one's start"
        if kind.startswith("rest") and more < 0 and self.coincide(key):
            return "rests that Verovio draws one over the other"
        if kind.startswith(REPEATS) and self.one_for_two(measure):
            return "LilyPond draws one sign where a repeat's end meets a repeat's start"
        if kind == "barlineDouble" and self.opens_repeat(measure):
            return "LilyPond draws one sign where a double bar meets a repeat's start"
        if kind == "barlineSingle" and self.opens_repeat(measure) and self.near_break(measure):
            return "told at the end of a line and at the next one's start"
        if kind.startswith("barline") and self.parted(key, more):
            return "Verovio interrupts a barline where words cross it"
        if kind.endswith("ClefChange") and more < 0 and self.ours.counts[key]:
            return "a clef that the score gives twice, Verovio draws twice"
        if kind == "tupletBracket" and self.same_tuplets(staff, measure):
            return "a bracket that the score leaves to the engraver, beside a beam"
        if kind.startswith("artic") and -1 <= more < 0:
            return "an articulation of all notes of a chord is drawn once"
        return ""

    def other_shape(self, key: Key, more: int) -> bool:
        kind, staff, measure = key
        pairs = {**SAME_SIGN, **{ours: theirs for theirs, ours in SAME_SIGN.items()}}
        if kind not in pairs:
            return False
        other = pairs[kind], staff, measure
        return self.ours.counts[other] - self.theirs.counts[other] == -more

    def hidden(self, kind: str, staff: int, measure: str) -> bool:
        """Whether one of them hides the staff, which rests; of what is no staff's, others."""
        if not measure or (staff, measure) in self.ours.sounding | self.theirs.sounding:
            return False
        ours, theirs = self.ours.staves_at(measure), self.theirs.staves_at(measure)
        if staff:
            return (staff in ours) != (staff in theirs)
        # Of a line whose staves all rest LilyPond draws the number alone.
        return ours != theirs or (kind == "measureNumber" and not ours)

    def of_line(self, key: Key) -> bool:
        """Whether one of them starts a line here; what has no measure is of whole lines."""
        return not key[2] or key[2] in self.breaks

    def near_break(self, measure: str) -> bool:
        """Whether one of them breaks the line beside the measure."""
        order = self.order
        place = order.get(measure)
        beside = {measure} if place is None else set(self.names[max(place - 1, 0) : place + 2])
        return bool(beside & self.breaks)

    def one_for_two(self, measure: str) -> bool:
        """Whether LilyPond has the sign of both, here or at the start of the measure."""
        place = self.order.get(measure, 0)
        signs = (("barlineRepeatBoth", 0, one) for one in self.names[max(place - 1, 0) : place + 1])
        return any(self.ours.counts[one] > self.theirs.counts[one] for one in signs)

    def parted(self, key: Key, more: int) -> bool:
        """Whether both have that barline, Verovio in more pieces, and words stand beside it."""
        place = self.order.get(key[2], 0)
        beside = set(self.names[max(place - 1, 0) : place + 2])
        words = (one.measure for one in self.theirs.symbols if one.kind.endswith("Text"))
        return more < 0 < self.ours.counts[key] and not beside.isdisjoint(words)

    def same_tuplets(self, staff: int, measure: str) -> bool:
        """Whether both have the same numbers over tuplets there."""
        numbers = (f"tuplet{digit}" for digit in range(10))
        places = [(one, staff, measure) for one in numbers]
        return all(self.ours.counts[one] == self.theirs.counts[one] for one in places)

    def opens_repeat(self, measure: str) -> bool:
        """Whether a repeat starts after the measure."""
        place = self.order.get(measure, len(self.names)) + 1
        after = self.names[place : place + 1]
        return any(self.ours.counts["barlineReverseFinal", 0, one] for one in after)

    @cached_property
    def names(self) -> list[str]:
        """The measures in order."""
        return list(dict.fromkeys(one.measure for one in self.theirs.symbols if one.measure))

    @cached_property
    def order(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.names)}

    def coincide(self, key: Key) -> bool:
        """Whether LilyPond has that rest, too, if fewer of them."""
        return self.ours.counts[key] > 0


def draw(score: Score, engraver: str, font: str) -> Drawn:
    """The symbols of *score* as one engraver draws them."""
    engraving = find_engraver(engraver).engrave(score, [Style(font, engraver)])
    return Drawn(
        [
            Shown(one.kind, one.element, (page.number, one.system), one.staff, one.measure)
            for _, page, _ in engraving.pages()
            for one in (placed.symbol for placed in place_symbols(page, engraving.music))
        ]
    )


_COLUMNS = ("page", "kind", "element", "system", "staff", "measure")


def read(folders: Iterable[Path]) -> dict[str, dict[str, Drawn]]:
    """The symbols of datasets by score and engraver; of each engraver, those in its first font."""
    found: dict[str, dict[str, Drawn]] = defaultdict(dict)
    for folder in folders:
        rows = pq.ParquetFile(folder / "pages.parquet").read().to_pylist()
        first = {row["engraver"]: row["font"] for row in reversed(rows)}
        pages = {row["page"]: row for row in rows if first[row["engraver"]] == row["font"]}
        for path in sorted((folder / "symbols").glob("*.parquet")):
            file = pq.ParquetFile(path)
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, columns=list(_COLUMNS))
                for row in table.to_pylist():
                    page = pages.get(row.pop("page"))
                    if page:
                        drawn = found[page["score"]].setdefault(page["engraver"], Drawn())
                        row["system"] = page["number"], row["system"]
                        drawn.symbols.append(Shown(**row))
    return found


def drawn_scores(count: int) -> Iterator[tuple[str, dict[str, Drawn]]]:
    """Draw the smallest scores of the default corpus by both engravers."""
    for source in sorted(default_corpus(), key=_size)[:count]:
        score = read_score(source)
        fonts = {"lilypond": "Emmentaler", "verovio": "Leland"}
        yield source.id, {engraver: draw(score, engraver, fonts[engraver]) for engraver in fonts}


def _size(source: Source) -> int:
    packed = source.path.suffix == ".mxl"
    return source.path.stat().st_size * (15 if packed else 1)


def compare(scores: Iterable[tuple[str, dict[str, Drawn]]]) -> dict[str, Any]:
    """The figures of all scores that both engravers have drawn."""
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    examples: dict[tuple[str, str], str] = {}
    count = 0
    for name, by in scores:
        if set(by) != set(ENGRAVERS):
            continue
        count += 1
        ours, theirs = (by[engraver] for engraver in ENGRAVERS)
        for engraver, drawn in (("lilypond", ours), ("verovio", theirs)):
            for kind, _, _ in drawn.counts.elements():
                kinds[kind][engraver] += 1
        for (kind, staff, measure), more, reason in Comparison(ours, theirs).differences():
            reasons[kind, reason]["more" if more > 0 else "fewer"] += abs(more)
            examples.setdefault((kind, reason), f"{name} staff {staff} measure {measure}")
    differences = [
        {"kind": kind, "reason": reason, **dict(some), "example": examples[kind, reason]}
        for (kind, reason), some in sorted(reasons.items())
    ]
    return {
        "scores": count,
        "symbols": {one: sum(some[one] for some in kinds.values()) for one in ENGRAVERS},
        "kinds": {kind: dict(some) for kind, some in sorted(kinds.items())},
        "differences": differences,
    }


def table(figures: dict[str, Any]) -> str:
    lines = ["| kind | reason | more | fewer | for example |", "|---|---|---:|---:|---|"]
    for row in figures["differences"]:
        more, fewer = row.get("more", 0), row.get("fewer", 0)
        lines.append(f"| {row['kind']} | {row['reason']} | {more} | {fewer} | {row['example']} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("datasets", nargs="*", type=Path)
    parser.add_argument("--scores", type=int, default=20, help="drawn where no dataset is named")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    found = sorted(read(options.datasets).items())
    figures = compare(found if options.datasets else drawn_scores(options.scores))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    print(table(figures))
    print(f"{figures['scores']} scores, symbols: {figures['symbols']}")
    return int(any(row["reason"] == UNEXPLAINED for row in figures["differences"]))


if __name__ == "__main__":
    sys.exit(main())
