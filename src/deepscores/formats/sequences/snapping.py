"""Dynamics, hairpins and words moved onto the notes at which they stand, for the converters.

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


def snapped(mei: str, onsets: Mapping[str, float]) -> str:
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
            measures.append((node, _times(node, onsets), unit / 4))
    for place, (measure, times, beats) in enumerate(measures):
        for node in measure:
            staff = int((node.get("staff") or "0").split()[0])
            if stamp := node.get("tstamp"):
                node.set("tstamp", _moved(float(stamp), times, staff, beats))
            count, plus, stamp = node.get("tstamp2", "").partition("m+")
            if plus and place + int(count) < len(measures):
                _, there, beats_there = measures[place + int(count)]
                moved = _moved(float(stamp), there, staff, beats_there)
                if int(count) or float(moved) > float(node.get("tstamp", "0")):
                    node.set("tstamp2", f"{count}m+{moved}")
    text: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return text.decode()


def _times(measure: Node, onsets: Mapping[str, float]) -> Times:
    """When something begins in *measure*, from its start."""
    found: Times = {}
    for staff in measure.iterfind(f"{MEI}staff"):
        names = (node.get(ID) for node in staff.iter(f"{MEI}*"))
        found[int(staff.get("n", "0"))] = [onsets[name] for name in names if name in onsets]
    start = min(chain.from_iterable(found.values()), default=0.0)
    found[0] = list(chain.from_iterable(found.values()))
    return {staff: sorted({time - start for time in times}) for staff, times in found.items()}


def _moved(stamp: float, times: Times, staff: int, beats: float) -> str:
    own: Sequence[float] = times.get(staff) or times[0]
    if not own:
        return repr(stamp)
    place = bisect_right(own, (stamp - 1) / beats + _CLOSE)
    return repr(own[max(place - 1, 0)] * beats + 1)
