"""The links between symbols that follow from where their elements stand and they lie, compiled.

Symbols and elements come as columns; what they are, as flags. Rows count from 0, numbers of symbols
from 1; 0 is none.
"""

import numpy as np
from numba import njit

# What an element is.
UNIT = 1  # note, chord or rest
STOP = 2  # layer, staff or measure: what notes stand in
LAYER = 4
CHORD = 8
BEAM = 16
# What a symbol is, and what it belongs to.
IS_HEAD = 1
IS_STEM = 2
IS_BEAM = 4
BEAMS_OWN = 8  # a beam in its notes' element, not across measures or voices
TO_STEM = 16
TO_HEAD = 32
TO_BEAM = 64


@njit(cache=True)
def link(enclosing, elements, symbols, element, system, boxes, parents):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    """Fill in *parents* the numbers of the stems, heads and beams that symbols belong to.

    *enclosing* has the element around each; *element* and *system* are the symbols'.
    """
    places, count = len(enclosing), len(symbols)
    systems = 1
    for row in range(count):
        systems = max(systems, system[row] + 1)
    stem_in = np.full(places, -1, np.int32)  # by element: the first stem in it
    # Heads by note, chord and rest, and beams by element and by system: chains of rows.
    head_in, last_head = np.full(places, -1, np.int32), np.full(places, -1, np.int32)
    beam_in = np.full(places + systems, -1, np.int32)
    last_beam = np.full(places + systems, -1, np.int32)
    room = 0
    for row in range(count):
        place = element[row] if symbols[row] & IS_HEAD else -1
        while place >= 0 and not elements[place] & STOP:
            room += elements[place] & UNIT
            place = enclosing[place]
        room += 1  # a beam, perhaps
    links = np.empty((room, 2), np.int32)  # a row, and the next link
    used = 0
    for row in range(count):
        flags, place = symbols[row], element[row]
        if flags & IS_HEAD:
            while place >= 0 and not elements[place] & STOP:
                if elements[place] & UNIT:
                    used = _append(links, used, head_in, last_head, place, row)
                place = enclosing[place]
        elif flags & IS_STEM and enclosing[place] >= 0 and stem_in[enclosing[place]] < 0:
            stem_in[enclosing[place]] = row
        if flags & IS_BEAM:
            chain_place = element[row] if flags & BEAMS_OWN else places + system[row]
            used = _append(links, used, beam_in, last_beam, chain_place, row)
    for row in range(count):
        flags, place = symbols[row], element[row]
        if flags & TO_STEM:
            while place >= 0:
                if stem_in[place] >= 0:
                    parents[row] = stem_in[place] + 1
                    break
                if elements[place] & (CHORD | LAYER):
                    break
                place = enclosing[place]
        elif flags & TO_HEAD:
            while place >= 0:
                if head_in[place] >= 0:
                    parents[row] = _nearest(links, head_in[place], boxes, row) + 1
                    break
                if elements[place] & LAYER:
                    break
                place = enclosing[place]
        elif flags & TO_BEAM and flags & IS_STEM:
            while place >= 0 and not elements[place] & BEAM:
                place = enclosing[place]
            chain = beam_in[place] if place >= 0 else -1
            if chain < 0:
                chain = beam_in[places + system[row]]
            parents[row] = _reached(links, chain, boxes, row) + 1
        elif flags & TO_BEAM:  # its other lines belong to the first, which the stems reach
            first = links[beam_in[place], 0]
            parents[row] = first + 1 if first != row else 0


@njit(cache=True)
def _append(links, used, first, last, place, row):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    """Add *row* to the end of the chain at *place*; how many links are then used."""
    links[used, 0], links[used, 1] = row, -1
    if first[place] < 0:
        first[place] = used
    else:
        links[last[place], 1] = used
    last[place] = used
    return used + 1


@njit(cache=True)
def _nearest(links, chain, boxes, row):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    """The row of a chain whose middle is nearest in height."""
    middle = (boxes[row, 1] + boxes[row, 3]) / 2
    best, smallest = -1, np.inf
    while chain >= 0:
        candidate = links[chain, 0]
        distance = abs((boxes[candidate, 1] + boxes[candidate, 3]) / 2 - middle)
        if distance < smallest:
            best, smallest = candidate, distance
        chain = links[chain, 1]
    return best


@njit(cache=True)
def _reached(links, chain, boxes, row):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    """The first beam of a chain that a stem reaches, within a pixel; -1 if there is none."""
    x = (boxes[row, 0] + boxes[row, 2]) / 2
    while chain >= 0:
        beam = boxes[links[chain, 0]]
        if (
            beam[0] - 1 <= x <= beam[2] + 1
            and beam[1] <= boxes[row, 3] + 1
            and boxes[row, 1] <= beam[3] + 1
        ):
            return links[chain, 0]
        chain = links[chain, 1]
    return -1
