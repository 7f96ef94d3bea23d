"""Which measures and staves the systems of a page show."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from deepscores.formats.sequences.excerpt import Span
from deepscores.formats.sequences.score import Score, Signs
from deepscores.formats.sequences.unfit import Unfit

_CLEFS = {
    name + change: name[0].upper()
    for name in ("gClef", "fClef", "cClef")
    for change in ("", "Change")
}
_COURTESY = {"keyAccid": "keySig", "meterSig": "meterSig"}
_KEYS = {"keySharp": "s", "keyFlat": "f"}


@dataclass(frozen=True, slots=True)
class System:
    """One system: its rows of the symbol table, and what it shows."""

    number: int  # on the page, from 1
    rows: pa.Table
    span: Span


def systems_of(symbols: pa.Table, score: Score, measures: int) -> list[System]:
    """The systems of a page, in order; *measures* are on the page.

    Raise Unfit if they do not follow each other through the score.
    """
    numbers = sorted({number for number in symbols["system"].to_pylist() if number})
    if not numbers:
        raise Unfit("no system is on the page")
    rows = [symbols.filter(pc.field("system") == number) for number in numbers]
    firsts = [_first_measure(system_rows, score) for system_rows in rows]
    ends = [first - 1 for first in firsts[1:]] + [firsts[0] + measures - 1]
    systems = []
    for number, system_rows, first, last in zip(numbers, rows, firsts, ends, strict=True):
        if not max(_measures(system_rows, score)) <= last < len(score.measures):
            raise Unfit(f"the measures of system {number} do not follow one another")
        systems.append(System(number, system_rows, _span(system_rows, first, last)))
    return systems


def whole_page(systems: list[System], symbols: pa.Table) -> Span:
    """What all *systems* of a page show together; raise Unfit where staves come and go."""
    spans = [system.span for system in systems]
    if len({span.staves for span in spans}) > 1:
        raise Unfit("not all systems have the same staves")
    return Span(
        spans[0].first, spans[-1].last, spans[0].staves, spans[0].timed,
        tuple(span.first for span in spans[1:]), frozenset(symbols["element"].to_pylist()),
        frozenset().union(*(span.staff_names for span in spans)), spans[-1].courtesy,
    )  # fmt: skip


def _first_measure(rows: pa.Table, score: Score) -> int:
    return min(_measures(rows, score))


def _measures(rows: pa.Table, score: Score) -> set[int]:
    """Places of the measures that have a note, a rest or staff lines among *rows*."""
    placed = rows.filter(pc.is_valid(pc.field("onset")) | (pc.field("role") == "staff"))
    places = {
        score.place[element] for element in placed["element"].to_pylist() if element in score.place
    }
    if not places:
        raise Unfit("none of its notes is in the score")
    return places


def _span(rows: pa.Table, first: int, last: int) -> Span:
    staves = frozenset(
        staff for staff in rows.filter(pc.field("role") == "staff")["staff"].to_pylist() if staff
    )
    timed_staves = _before_music(rows, pc.field("role") == "meterSig")["staff"].to_pylist()
    roles = set(rows["role"].to_pylist())
    return Span(
        first, last, staves, frozenset(timed_staves), (), frozenset(rows["element"].to_pylist()),
        frozenset({"label", "labelAbbr"} & roles), _courtesy(rows),
    )  # fmt: skip


def _courtesy(rows: pa.Table) -> frozenset[str]:
    """The signs right of all notes and rests."""
    end = pc.max(rows.filter(pc.is_valid(pc.field("onset")))["x1"]).as_py()
    roles_after = set(rows.filter(pc.field("x0") > end)["role"].to_pylist())
    return frozenset(sign for role, sign in _COURTESY.items() if role in roles_after)


def _before_music(rows: pa.Table, condition: pc.Expression) -> pa.Table:
    """Those of *condition* that stand left of all notes and rests."""
    music = rows.filter(pc.is_valid(pc.field("onset")))["x0"]
    start = pc.min(music).as_py()
    return rows.filter(condition & (pc.field("x0") < start))


def check_signs(system: System, score: Score) -> None:
    """Raise Unfit if a staff does not begin with the clef and the key that are in force there."""
    span = system.span
    signs_before = _before_music(system.rows, pc.field("kind").isin([*_CLEFS, *_KEYS])).sort_by(
        "x0"
    )
    for staff in sorted(span.staves):
        drawn = _describe_drawn(signs_before.filter(pc.field("staff") == staff).to_pylist())
        in_force = _describe_in_force(score.in_force[span.first][staff])
        if drawn != in_force:
            raise Unfit(f"staff {staff} begins with {drawn}; in force is {in_force}")


def _describe_drawn(signs: list[dict[str, Any]]) -> str:
    clef = next((sign for sign in signs if sign["kind"] in _CLEFS), None)
    shape = f"{_CLEFS[clef['kind']]}{clef['staff_position'] // 2 + 1}" if clef else "none"
    keys = Counter(_KEYS[sign["kind"]] for sign in signs if sign["kind"] in _KEYS)
    return f"clef {shape}, key {_key(keys['s'], keys['f'])}"


def _describe_in_force(signs: Signs) -> str:
    clef, key = signs.get("clef"), signs.get("key")
    shape = f"{clef.get('shape')}{clef.get('line')}" if clef is not None else "none"
    sig = key.get("sig", "0") if key is not None else "0"
    count = int(sig[:-1]) if sig[:-1].isdigit() else 0
    return f"clef {shape}, key {_key(count * sig.endswith('s'), count * sig.endswith('f'))}"


def _key(sharps: int, flats: int) -> str:
    return f"{sharps} sharps" if sharps else f"{flats} flats"


def names_of(score: Score, span: Span) -> Iterator[str]:
    """Numbers of the measures as the score has them; they may be missing, or come twice."""
    for measure in score.measures[span.first : span.last + 1]:
        yield measure.get("n", "")
