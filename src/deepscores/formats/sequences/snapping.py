"""Move dynamics, hairpins and words onto the notes at which they stand, for the converters.

MusicXML puts them at any time, say a 32nd after a note. Formats that hang them on notes cannot say
that: converter21 makes up voices of invisible rests for them, or gives up.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import chain

from lxml import etree

from deepscores.formats.sequences.score import ID, MEI, Node, tag_of

_CLOSE = 1e-6
Times = dict[int, list[float]]  # by staff; 0 for all of them


def snap(mei: str, onsets: Mapping[str, float]) -> str:
    """*mei* with every ``@tstamp`` at the last note or rest of its staff that is not after it.

    *onsets*, by element, are in quarter notes from the first measure.
    """
    root = etree.fromstring(mei.encode())
    measures: list[tuple[Node, Times, float]] = []
    unit = 4.0
    for node in root.iter(f"{MEI}meterSig", f"{MEI}measure"):
        if tag_of(node) == "meterSig":
            unit = float(node.get("unit") or unit)
        else:
            measures.append((node, _onsets_by_staff(node, onsets), unit / 4))
    for place, (measure, times, beats) in enumerate(measures):
        for node in measure:
            staff = int((node.get("staff") or "0").split()[0])
            if stamp := node.get("tstamp"):
                node.set("tstamp", _move(float(stamp), times, staff, beats))
            count, plus, stamp = node.get("tstamp2", "").partition("m+")
            if plus and place + int(count) < len(measures):
                _, end_times, beats_there = measures[place + int(count)]
                moved = _move(float(stamp), end_times, staff, beats_there)
                if int(count) or float(moved) > float(node.get("tstamp", "0")):
                    node.set("tstamp2", f"{count}m+{moved}")
    text: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return text.decode()


def _onsets_by_staff(measure: Node, onsets: Mapping[str, float]) -> Times:
    """When something begins in *measure*, from its start."""
    onsets_of: Times = {}
    for staff in measure.iterfind(f"{MEI}staff"):
        names = (node.get(ID) for node in staff.iter(f"{MEI}*"))
        onsets_of[int(staff.get("n", "0"))] = [onsets[name] for name in names if name in onsets]
    start = min(chain.from_iterable(onsets_of.values()), default=0.0)
    onsets_of[0] = list(chain.from_iterable(onsets_of.values()))
    return {staff: sorted({time - start for time in times}) for staff, times in onsets_of.items()}


def _move(stamp: float, times: Times, staff: int, beats: float) -> str:
    staff_times: Sequence[float] = times.get(staff) or times[0]
    if not staff_times:
        return repr(stamp)
    place = bisect_right(staff_times, (stamp - 1) / beats + _CLOSE)
    return repr(staff_times[max(place - 1, 0)] * beats + 1)
