"""Which symbol of a page links to which in a notation graph, in the manner of MUSCIMA++ 2.

All links go from the notehead, or the rest or other symbol in its place, to what belongs to it:

* a notehead links to its stem, and past that to its flags and to all beams that cross or meet the
  stem; every notehead of a chord does;
* a notehead or rest links to its accidental, dots, articulations, ornaments, fermata, lyrics, and
  to the slurs and ties that begin at it;
* a notehead above or below its staff links to the ledger lines between;
* any other symbol that others belong to links to them (a barline to its repeat dots);
* what stands on a staff (noteheads, rests, clefs, signatures) links to the staff, where that is one
  object; where its lines are, noteheads and clefs on a line link to that line.

All but beams beyond the first of a stem, ledger lines and staves follow from the symbol table's
``parent``; beams and ledger lines follow from where the symbols lie.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_STEM, _BEAM, _LEDGER, _LINE = "stem", "beam", "ledgerLine", "staffLine"  # kinds
_HEAD = "notehead"  # a role
_OF_THE_STEM = ("flag", "bTrem")  # roles
_ON_STAFF = frozenset(("notehead", "rest", "mRest", "clef", "keyAccid", "meterSig"))  # roles
_SLACK = 1.0  # pixels between a stem and a beam that meet
_LEDGER_SLACK = (
    0.25  # of a notehead's height: how far from its middle a ledger line through it may be
)

Boxes = NDArray[np.float64]


def links(symbols: pa.Table) -> list[tuple[int, int]]:
    """The links between the symbols of a page, from number to number, in order.

    *symbols* are its rows of the symbol table, by number.
    """
    table = {name: symbols[name].to_pylist() for name in ("kind", "role", "parent")}
    boxes = np.stack([symbols[name].to_numpy() for name in ("x0", "y0", "x1", "y1")], axis=1)
    pairs = set(_to_belongings(table, boxes.astype(np.float64)))
    pairs.update(_to_ledger_lines(symbols, boxes.astype(np.float64)))
    return sorted(pairs)


def staff_links(symbols: pa.Table, object_of: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The links to staves, from a symbol's number to that of a staff's line.

    *object_of* has, by symbol number, which object the symbol is part of, 0 for none.
    """
    places = list(zip(symbols["system"].to_pylist(), symbols["staff"].to_pylist(), strict=True))
    kinds, roles = symbols["kind"].to_pylist(), symbols["role"].to_pylist()
    positions, tops = symbols["staff_position"].to_pylist(), symbols["y0"].to_pylist()
    parents = symbols["parent"].to_pylist()
    lines: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for row in sorted(range(len(kinds)), key=lambda row: -tops[row]):
        if kinds[row] == _LINE:
            lines[places[row]].append(row + 1)  # from the lowest
    for row, role in enumerate(roles):
        staff = lines.get(places[row])
        if role not in _ON_STAFF or not staff:
            continue
        if role != _HEAD and parents[row]:  # the numeral of a clef, which stands on the clef
            continue
        if len({object_of[line] for line in staff}) == 1:
            yield row + 1, staff[0]
        elif (position := positions[row]) is not None and role in (_HEAD, "clef"):
            line, between = divmod(position, 2)
            if not between and 0 <= line < len(staff):
                yield row + 1, staff[line]


def _to_belongings(table: dict[str, list[Any]], boxes: Boxes) -> Iterator[tuple[int, int]]:
    kinds, roles, parents = table["kind"], table["role"], table["parent"]
    heads_of: defaultdict[int, list[int]] = defaultdict(list)  # by stem
    lines_of: defaultdict[int, list[int]] = defaultdict(list)  # of a beam, by its first
    for number, (kind, role, parent) in enumerate(zip(kinds, roles, parents, strict=True), start=1):
        if role == _HEAD:
            heads_of[parent].append(number)
        if kind == _BEAM:
            lines_of[parent or number].append(number)
    for number, parent in enumerate(parents, start=1):
        if not parent:
            continue
        kind, role, parent_kind = kinds[number - 1], roles[number - 1], kinds[parent - 1]
        if kind == _BEAM == parent_kind:
            continue  # the noteheads of its stems link to it
        if kind == _STEM and parent_kind == _BEAM:
            for line in lines_of[parents[parent - 1] or parent]:
                if line == parent or _meet(boxes[number - 1], boxes[line - 1]):
                    yield from ((head, line) for head in heads_of[number])
        elif role == _HEAD and parent_kind == _STEM:
            yield number, parent
        elif role in _OF_THE_STEM and parents[parent - 1]:
            yield from ((head, number) for head in heads_of[parents[parent - 1]])
        else:
            yield parent, number


def _meet(stem: NDArray[np.float64], beam: NDArray[np.float64]) -> bool:
    x = (stem[0] + stem[2]) / 2
    within = beam[0] - _SLACK <= x <= beam[2] + _SLACK
    return bool(within and beam[1] <= stem[3] + _SLACK and stem[1] <= beam[3] + _SLACK)


def _to_ledger_lines(symbols: pa.Table, boxes: Boxes) -> Iterator[tuple[int, int]]:
    kinds, roles = symbols["kind"].to_pylist(), symbols["role"].to_pylist()
    places = list(zip(symbols["system"].to_pylist(), symbols["staff"].to_pylist(), strict=True))
    middles = (boxes[:, 1] + boxes[:, 3]) / 2
    ledgers: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    lines: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
    for row, kind in enumerate(kinds):
        if kind == _LEDGER:
            ledgers[places[row]].append(row)
        elif kind == _LINE:
            lines[places[row]].append(middles[row])
    for row, role in enumerate(roles):
        if role != _HEAD or places[row] not in lines:
            continue
        x0, y0, x1, y1 = boxes[row]
        slack = (y1 - y0) * _LEDGER_SLACK
        # The staff's outer lines, or the notehead beyond them.
        top = min(*lines[places[row]], middles[row] - slack)
        bottom = max(*lines[places[row]], middles[row] + slack)
        for ledger in ledgers[places[row]]:
            beside = boxes[ledger, 0] <= (x0 + x1) / 2 <= boxes[ledger, 2]
            if beside and top <= middles[ledger] <= bottom:
                yield row + 1, ledger + 1
