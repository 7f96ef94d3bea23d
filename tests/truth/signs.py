"""What the file says is drawn, and what was drawn, as two bags of the same kind of token.

A token names the object by the id of its source element (or the place where it stands) and says
what it looks like; equal bags mean that every object is there, once, and as it should be.
"""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from deepscores.page.model import Symbol
from tests.truth.musicxml import Change, Note, Truth

Token = tuple[Any, ...]
Bags = dict[str, "Counter[Token]"]  # by family
_STEPS = "cdefgab"
_NAMED = {
    "maxima": "Maxima", "long": "Longa", "breve": "DoubleWhole", "whole": "Whole", "half": "Half",
    "quarter": "Quarter", "eighth": "8th",
}  # fmt: skip
LINES_OF = {"eighth": 1, "16th": 2, "32nd": 3, "64th": 4, "128th": 5, "256th": 6, "512th": 7}
LINES_OF["1024th"] = 8
_STEMLESS = frozenset(("whole", "breve", "long", "maxima"))
_HEADS = {
    "x": "noteheadX", "diamond": "noteheadDiamond", "triangle": "noteheadTriangleUp",
    "circle-x": "noteheadCircleX", "slash": "noteheadSlash",
}  # fmt: skip
_ACCIDENTALS = {
    "sharp": "Sharp", "flat": "Flat", "natural": "Natural", "double-sharp": "DoubleSharp",
    "sharp-sharp": "SharpSharp", "flat-flat": "DoubleFlat", "natural-sharp": "NaturalSharp",
    "natural-flat": "NaturalFlat",
}  # fmt: skip
_ARTICULATIONS = {
    "staccato": "articStaccato", "accent": "articAccent", "tenuto": "articTenuto",
    "strong-accent": "articMarcato", "staccatissimo": "articStaccatissimo",
    "detached-legato": "articTenutoStaccato",
    "up-bow": "stringsUpBow", "down-bow": "stringsDownBow",
    "breath-mark": "breathMarkComma", "caesura": "caesura", "harmonic": "stringsHarmonic",
}  # fmt: skip
_ORNAMENTS = {
    "trill-mark": "ornamentTrill", "mordent": "ornamentMordent",
    "inverted-mordent": "ornamentShortTrill", "turn": "ornamentTurn",
    "inverted-turn": "ornamentTurnInverted",
}  # fmt: skip
_CLEFS = {"G": ("gClef", 4 + 7 * 4), "F": ("fClef", 3 + 7 * 3), "C": ("cClef", 7 * 4)}
_LETTERS = {
    "dynamicPiano": "p", "dynamicForte": "f", "dynamicMezzo": "m", "dynamicSforzando": "s",
    "dynamicRinforzando": "r", "dynamicZ": "z", "dynamicNiente": "n",
}  # fmt: skip
_METER = {"timeSigCommon": "C", "timeSigCutCommon": "¢"}


# ---- what the file says


def told(truth: Truth, systems: "Systems") -> Bags:
    """The tokens of what a faithful engraving, broken into *systems*, draws."""
    bags: Bags = defaultdict(Counter)
    shown = [note for note in truth.notes if is_shown(note)]
    chords: dict[str, list[Note]] = defaultdict(list)
    beamed = beamed_notes(truth)
    by_id = {note.id: note for note in truth.notes}
    for note in shown:
        if note.has("rest"):
            _tell_rest(bags, note, _measure_length(truth, note))
        else:
            _tell_note(bags, note)
        chords[note.chord].append(note)
        _tell_signs(bags, note)
    for notes in chords.values():
        _tell_chord(bags, notes, beamed, by_id[notes[0].chord].node)
    _tell_dynamics(bags, truth)
    _tell_clefs(bags, truth, systems)
    _tell_keys(bags, truth, systems)
    _tell_times(bags, truth, systems)
    _tell_positions(bags, truth, shown)
    return bags


def is_shown(note: Note) -> bool:
    return note.node.get("print-object") != "no" and note.text("notehead") != "none"


def _tell_note(bags: Bags, note: Note) -> None:
    bags["noteheads"][note.id, _head(note)] += 1
    verses = [
        _letters("".join(lyric.xpath("text/text() | elision/text()")))
        for lyric in note.node.findall("lyric")
        if lyric.get("print-object") != "no"
    ]
    if any(verses):
        # Elided syllables are drawn apart: which letters there are is what can be compared.
        bags["lyrics"][note.id, "".join(sorted("".join(verses)))] += 1
    for tag, path in (("accidental", "accidental"), ("", "notations/accidental-mark")):
        for sign in note.node.findall(path):
            if sign.get("print-object") != "no" and (sign.text or "").strip():
                key = sign.get("id") if tag else note.chord
                bags["accidentals"][key, _ACCIDENTALS.get(sign.text.strip(), "?")] += 1


def _head(note: Note) -> str:
    name = note.text("type")
    head = note.node.find("notehead")
    shape = _HEADS.get((head.text or "").strip()) if head is not None else None
    if shape:
        hollow = name in ("half", "whole") or head.get("filled") == "no"
        return f"{shape}{'Half' if hollow and 'Diamond' in shape else 'Black'}"
    kinds = {"half": "Half", "whole": "Whole", "breve": "DoubleWhole"}
    return f"notehead{kinds.get(name, 'Black')}"


def _letters(text: str) -> str:
    """A syllable less what is drawn otherwise: verse number, elision, spaces."""
    text = re.sub(r"^[\d/.\s–-]+(?=[^\W\d])|^[\d/.]+\s(?=.)", "", text.strip())
    return re.sub(r"[\W_]", "", text)


def _tell_rest(bags: Bags, note: Note, bar: Fraction) -> None:
    name = note.text("type")
    whole = not name or note.node.find("rest").get("measure") == "yes"
    kind = "Whole" if bar < 8 else "DoubleWhole"
    bags["rests"][note.id, f"rest{kind if whole else _NAMED.get(name, name)}"] += 1
    if not whole and note.has("dot"):
        bags["dots"][note.id, len(note.node.findall("dot"))] += 1


def _tell_signs(bags: Bags, note: Note) -> None:
    for node in note.node.iterfind("notations//*"):
        if node.get("print-object") == "no":
            continue
        if node.tag in ("slur", "tied") and node.get("type") in ("start", "let-ring"):
            bags["slurs" if node.tag == "slur" else "ties"][node.get("id"),] += 1
        elif node.tag == "fermata":
            bags["fermatas"][node.get("id"),] += 1
        elif node.tag in _ARTICULATIONS:
            bags["articulations"][note.chord, _ARTICULATIONS[node.tag]] += 1
        elif node.tag in _ORNAMENTS:
            bags["ornaments"][note.chord, _ORNAMENTS[node.tag]] += 1
        elif node.tag == "arpeggiate":
            bags["arpeggios"][note.chord,] = 1


def _tell_chord(bags: Bags, notes: list[Note], beamed: frozenset[str], head: Any) -> None:
    first = notes[0]
    if first.has("rest"):
        return
    name = first.text("type")
    if name and name not in _STEMLESS and first.text("stem") != "none":
        bags["stems"][first.chord,] += 1
        if name in LINES_OF and first.chord not in beamed:
            bags["flags"][first.chord, f"flag{'8th' if name == 'eighth' else name}"] += 1
    dots = sum(len(note.node.findall("dot")) for note in notes)
    if dots:
        bags["dots"][first.chord, dots] += 1
    if first.chord in beamed:
        states = [(beam.text or "").strip() for beam in head.iter("beam")]
        lines = sum(state == "begin" or "hook" in state for state in states)
        if lines:
            bags["beam lines"][first.part, first.measure] += lines


def beamed_notes(truth: Truth) -> frozenset[str]:
    """Notes under a beam that begins and ends within a voice."""
    return beam_runs(truth).beamed


class BeamRuns(NamedTuple):
    """Notes under beams."""

    beamed: frozenset[str]
    doubtful: frozenset[str]  # state a beam that does not begin and end as it should


def beam_runs(truth: Truth) -> BeamRuns:
    """Which notes have a beam.

    A beam goes from a note that begins it to one that ends it, in one voice, over rests but over
    no note without a beam. In a part where all do, that is that. In a part where one does not, a
    beam is whatever stands together in a measure, two notes at least: from a beginning, or the
    first that goes on, to an end, or the last that goes on.
    """
    beamed: set[str] = set()
    doubtful: set[str] = set()
    parts: dict[str, list[tuple[Note, str]]] = defaultdict(list)
    for note in truth.notes:
        if note.chord == note.id:
            parts[note.part].append((note, _beam_state(note)))
    for notes in parts.values():
        whole = _whole_runs(notes)
        stated = {note.id for note, state in notes if state}
        if stated == whole:
            beamed |= whole
            continue
        loose = _loose_runs(notes)
        beamed |= loose
        doubtful |= stated
    return BeamRuns(frozenset(beamed), frozenset(doubtful))


def _beam_state(note: Note) -> str:
    for beam in note.node.iter("beam"):
        if beam.get("number", "1") == "1":
            return (beam.text or "").strip()
    return ""


def _whole_runs(notes: list[tuple[Note, str]]) -> set[str]:
    runs: dict[Token, list[str]] = {}
    found: set[str] = set()
    for note, state in notes:
        place = (note.voice, note.has("grace"))
        if state == "begin":
            runs[place] = [note.id]
        elif state in ("continue", "end") and place in runs:
            runs[place].append(note.id)
            if state == "end":
                found.update(runs.pop(place))
        elif not note.has("rest"):
            runs.pop(place, None)
    return found


def _loose_runs(notes: list[tuple[Note, str]]) -> set[str]:
    runs: dict[Token, list[list[str]]] = defaultdict(list)
    for note, state in notes:
        mine = runs[note.index, note.voice, note.has("grace")]
        if state in ("continue", "end") and mine and mine[-1]:
            mine[-1].append(note.id)
        elif state in ("begin", "continue"):
            mine.append([note.id])
        if state == "end" or (not state and not note.has("rest")):
            mine.append([])
    return {each for mine in runs.values() for run in mine if len(run) > 1 for each in run}


def _measure_length(truth: Truth, note: Note) -> Fraction:
    start = truth.starts[note.index]
    later = truth.starts[note.index + 1 : note.index + 2]
    return later[0] - start if later else note.duration


def _tell_dynamics(bags: Bags, truth: Truth) -> None:
    for part in truth.root.iterfind("part"):
        for measure in part.iterfind("measure"):
            for direction in measure.iterfind("direction"):
                for node in direction.iterfind("direction-type/dynamics"):
                    word = "".join(
                        child.text or "" if child.tag == "other-dynamics" else child.tag
                        for child in node
                    )
                    if node.get("print-object") != "no" and direction.get("print-object") != "no":
                        bags["dynamics"][part.get("id"), measure.get("number"), word] += 1
                for node in direction.iterfind("direction-type/wedge"):
                    if node.get("type") in ("crescendo", "diminuendo"):
                        bags["hairpins"][node.get("id"), node.get("type")] += 1
            for node in measure.iterfind("note/notations/dynamics"):
                word = "".join(child.tag for child in node)
                bags["dynamics"][part.get("id"), measure.get("number"), word] += 1


def _look(clef: Any) -> str:
    """The clef's kind and line, octave signs and all."""
    sign = clef.findtext("sign")
    octave = {"-1": "8", "1": "8", "-2": "15", "2": "15"}.get(
        clef.findtext("clef-octave-change") or ""
    )
    kind = _CLEFS.get(sign, ("unpitchedPercussionClef1", 0))[0]
    return f"{kind}+clef{octave}" if octave else kind


def _in_force(changes: Iterable[Change], staff: int, index: int) -> Change | None:
    """The last change on *staff* at the beginning of measure *index* or before."""
    own = [each for each in changes if each.staff == staff]
    met = [each for each in own if (each.index, each.at) <= (index, 0)]
    return met[-1] if met else None


def _tell_clefs(bags: Bags, truth: Truth, systems: "Systems") -> None:
    for place, first, _ in systems.spans:
        for staff in systems.staves[place]:
            clef = _in_force(truth.clefs, staff, first)
            bags["clefs at line starts"][*place, staff, _look(clef.node) if clef else "gClef"] += 1
    for clef in truth.clefs:
        if (clef.index, clef.at) != (0, 0):
            bags["clef changes"][clef.id, _look(clef.node)] += 1


def _fifths(key: Change | None) -> int:
    return int(key.node.findtext("fifths") or 0) if key else 0


def _accidentals(fifths: int) -> Counter[str]:
    return Counter({"keySharp" if fifths > 0 else "keyFlat": abs(fifths)}) if fifths else Counter()


def _changed(old: int, new: int) -> Counter[str]:
    """A key change: what the new key has, and naturals where the old one had more."""
    kept = min(abs(old), abs(new)) if old * new > 0 else 0
    # Naturals only where no other sign says as much: nothing of the new key is left to draw.
    cancelled = Counter({"keyNatural": abs(old) - kept}) if new == 0 else Counter()
    return _accidentals(new) + cancelled


def _tell_keys(bags: Bags, truth: Truth, systems: "Systems") -> None:
    by_staff: dict[int, list[Change]] = defaultdict(list)
    for key in truth.keys:
        by_staff[key.staff].append(key)
    for place, first, last in systems.spans:
        for staff in systems.staves[place]:
            keys = by_staff[staff]
            drawn = _accidentals(_fifths(_in_force(keys, staff, first)))
            for number, key in enumerate(keys[1:], 1):
                # Within the system, and as a courtesy at its end.
                if first < key.index <= last + 1 or (key.index == first and key.at):
                    drawn += _changed(_fifths(keys[number - 1]), _fifths(key))
            for kind, count in drawn.items():
                bags["key accidentals"][*place, staff, kind] += count


def _meter(time: Any) -> str:
    symbol = time.get("symbol")
    if symbol in ("common", "cut"):
        return "C" if symbol == "common" else "¢"
    beats, kinds = time.findtext("beats") or "", time.findtext("beat-type") or ""
    return "".join(sorted(beats.replace("+", "") + kinds))


def _tell_times(bags: Bags, truth: Truth, systems: "Systems") -> None:
    by_staff: dict[int, list[Change]] = defaultdict(list)
    for time in truth.times:
        by_staff[time.staff].append(time)
    for place, first, last in systems.spans:
        for staff in systems.staves[place]:
            for time in by_staff[staff]:
                hidden = time.node.get("print-object") == "no"
                if not hidden and (first <= time.index <= last + 1):
                    bags["time signatures"][*place, staff, _meter(time.node)] += 1


def _tell_positions(bags: Bags, truth: Truth, shown: list[Note]) -> None:
    """Where on the staff each head stands, by pitch and the clef in force."""
    places: dict[int, list[tuple[tuple[int, Fraction], int]]] = defaultdict(list)
    for clef in truth.clefs:
        places[clef.staff].append(((clef.index, clef.at), _bottom_line(clef.node)))
    for known in places.values():
        known.sort(key=lambda item: item[0])
    shifts = _octave_shifts(truth)
    for note in shown:
        if not note.step or note.octave is None:
            continue
        at = (note.index, note.onset - truth.starts[note.index])
        known = places[note.staff]
        number = bisect_right([key for key, _ in known], at)
        bottom = known[number - 1][1] if number else 30
        height = _STEPS.index(note.step) + 7 * note.octave - bottom
        bags["staff positions"][note.id, height - 7 * shifts.get(note.id, 0)] += 1


def _bottom_line(clef: Any) -> int:
    """The diatonic step of the bottom line, C0 being 0."""
    sign = clef.findtext("sign")
    octave = int(clef.findtext("clef-octave-change") or 0)
    usual = {"G": 2, "F": 4, "C": 3}.get(sign, 2)
    line = int(clef.findtext("line") or usual)
    return int(_CLEFS.get(sign, _CLEFS["G"])[1]) + 7 * octave - 2 * (line - 1)


def _octave_shifts(truth: Truth) -> dict[str, int]:
    """Octaves by which a note under an ottava sounds above what is written."""
    shifts: dict[str, int] = {}
    for part in truth.root.iterfind("part"):
        now: dict[str, int] = {}
        for node in part.iter("note", "octave-shift"):
            if node.tag == "note":
                staff = node.findtext("staff") or "1"
                shifts[node.get("id")] = now.get(staff, 0)
                continue
            direction = next(node.iterancestors("direction"))
            staff = direction.findtext("staff") or "1"
            size = {"8": 1, "15": 2, "22": 3}.get(node.get("size", "8"), 1)
            sign = {"down": 1, "up": -1}.get(node.get("type"), 0)
            now[staff] = sign * size
    return shifts


# ---- what was drawn


class Systems:
    """Which measures stand on which system, as the symbols drawn from notes tell."""

    def __init__(self, truth: Truth, pages: tuple[tuple[Symbol, ...], ...]) -> None:
        index = {note.id: note.index for note in truth.notes}
        first: dict[tuple[int, int], int] = {}
        self.staves: dict[tuple[int, int], set[int]] = defaultdict(set)
        for number, page in enumerate(pages, 1):
            for one in page:
                place = (number, one.system)
                if one.element in index:
                    first[place] = min(index[one.element], first.get(place, 1 << 30))
                if one.kind == "staffLine":
                    self.staves[place].add(one.staff)
        order = sorted(first)
        ends = [first[place] - 1 for place in order[1:]] + [len(truth.measures) - 1]
        self.spans = [(place, first[place], end) for place, end in zip(order, ends, strict=True)]


def shown(truth: Truth, pages: tuple[tuple[Symbol, ...], ...]) -> Bags:
    """The tokens of what was drawn."""
    bags: Bags = defaultdict(Counter)
    chord = {note.id: note.chord for note in truth.notes}
    for number, page in enumerate(pages, 1):
        for family, token in _tokens(page, number, chord, truth):
            bags[family][token] += 1
    bags["dots"] = Counter((unit, dots) for (unit,), dots in bags.pop("_dots", Counter()).items())
    for family in ("slurs", "ties", "hairpins", "arpeggios"):  # pieces of one are one
        bags[family] = Counter(dict.fromkeys(bags[family], 1))
    return bags


def _tokens(
    page: tuple[Symbol, ...], number: int, chord: dict[str, str], truth: Truth
) -> Iterator[tuple[str, Token]]:
    by_number = {one.number: one for one in page}
    verses: dict[str, list[str]] = defaultdict(list)
    stems: set[tuple[str, int]] = set()
    groups: dict[int, list[Symbol]] = defaultdict(list)
    for one in page:
        role, kind, element = one.role, one.kind, one.element
        parent = by_number.get(one.parent)
        owner = parent.element if parent else ""
        unit = chord.get(owner, owner)
        plain = kind.removesuffix("Above").removesuffix("Below")
        if role == "notehead" and not kind.startswith("noteheadParen"):
            yield "noteheads", (element, kind.replace("WholeSquare", "Whole"))
            if one.step:
                yield "staff positions", (element, one.staff_position)
            own = chord.get(element, element)
            if one.parent and (own, one.parent) not in stems:
                stems.add((own, one.parent))
                yield "stems", (own,)
        elif role in ("rest", "mRest"):
            yield "rests", (element, kind)
        elif role == "flag" and kind.startswith("flag"):
            yield "flags", (unit, kind.removesuffix("Up").removesuffix("Down"))
        elif role == "dots":
            yield "_dots", (unit,)
        elif role == "accid" and kind.startswith("accidental") and "Parens" not in kind:
            key = element if element in truth.marked else unit
            yield "accidentals", (key, kind.removeprefix("accidental"))
        elif role == "artic" or kind in ("breathMarkComma", "caesura"):
            yield "articulations", (unit, re.sub("(Wedge|Stroke)$", "", plain))
        elif role in ("trill", "mordent", "turn", "ornam") and kind.startswith("ornament"):
            yield "ornaments", (unit, kind)
        elif kind in ("slur", "tie"):
            yield f"{kind}s", (element,)
        elif role == "fermata":
            yield "fermatas", (element,)
        elif role == "hairpin":
            rises = kind == "dynamicCrescendoHairpin"
            yield "hairpins", (element, "crescendo" if rises else "diminuendo")
        elif role == "arpeg":
            yield "arpeggios", (unit,)
        elif kind == "lyrics":
            verses[owner].append(one.text)
        elif role == "beam" or role == "beamSpan":
            yield "beam lines", (one.part, one.measure)
        elif role in ("dynam", "meterSig") or role == "clef":
            groups[one.group].append(one)
        elif role == "keyAccid":
            yield "key accidentals", (number, one.system, one.staff, kind)
    for owner, lines in verses.items():
        if any(map(_letters, lines)):
            yield "lyrics", (owner, "".join(sorted("".join(map(_letters, lines)))))
    for members in groups.values():
        yield from _grouped(members, number, truth)


def _grouped(members: list[Symbol], number: int, truth: Truth) -> Iterator[tuple[str, Token]]:
    one = members[0]
    if one.role == "dynam":
        letters = sorted((each.box.x0, each) for each in members if each.kind in _LETTERS)
        if letters:
            yield "dynamics", (one.part, one.measure, "".join(_LETTERS[s.kind] for _, s in letters))
    elif one.role == "meterSig":
        digits = [_METER.get(each.kind, each.kind.removeprefix("timeSig")) for each in members]
        yield "time signatures", (number, one.system, one.staff, "".join(sorted(digits)))
    elif one.role == "clef":
        kinds = sorted((each.kind.removesuffix("Change") for each in members), reverse=True)
        kinds.sort(key=lambda kind: "Clef" not in kind)
        if one.element in truth.marked:
            yield "clef changes", (one.element, "+".join(kinds))
        else:
            yield "clefs at line starts", (number, one.system, one.staff, "+".join(kinds))
