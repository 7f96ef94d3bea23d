"""Split octave clefs, one glyph in SMuFL, into a clef and its numeral."""

import re

import numpy as np
from numpy.typing import NDArray

from deepscores.page.outlines.contours import contours

Edges = NDArray[np.float64]

_OCTAVE_CLEF = re.compile(r"([cfg]Clef)(?:8va|8vb|15ma|15mb)")
_TOUCHING = (
    8.0  # of 1000 units per em: edges so near to the plain clef's outline belong to the clef
)
_LEAVING = 2.0  # the numeral's outline begins and ends so near to it
_SLIP = 4  # edges; a shorter stretch near the clef's outline only crosses it


def plain_clef(name: str) -> str:
    """The plain clef of the octave clef *name*; "" if it is not an octave clef.

    >>> plain_clef("gClef8vb"), plain_clef("gClef8vbOld")
    ('gClef', '')
    """
    octave_clef = _OCTAVE_CLEF.fullmatch(name)
    return octave_clef[1] if octave_clef else ""


def split_clef(composite: Edges, plain: Edges) -> tuple[Edges, Edges]:
    """The outlines of clef and numeral in an octave clef, given the *plain* clef of the same font.

    Most fonts merge the two outlines where they overlap. Edges away from the plain clef belong to
    the numeral; a straight line within the clef separates them. Together they are the composite,
    whose clef is not always drawn as the plain one is.
    """
    bodies: list[Edges] = []
    numerals: list[Edges] = []
    for contour in contours(composite):
        gaps = _gaps(contour, plain)
        stretches = [_extend(run, gaps) for run in _stretches(gaps > _TOUCHING) if len(run) > _SLIP]
        numerals += [_close(contour[stretch]) for stretch in stretches]
        bodies.append(_cut_out(contour, stretches))
    return np.concatenate(bodies), np.concatenate([np.zeros((0, 4)), *numerals])


def _cut_out(contour: Edges, stretches: list[NDArray[np.intp]]) -> Edges:
    """A closed contour with straight lines in place of *stretches*."""
    left = np.ones(len(contour), bool)
    cut = contour.copy()
    for stretch in stretches:
        left[stretch[1:]] = False
        cut[stretch[0], 2:] = contour[stretch[-1], 2:]
    edges: Edges = cut[left & (cut[:, :2] != cut[:, 2:]).any(axis=1)]
    return edges


def _extend(stretch: NDArray[np.intp], gaps: NDArray[np.float64]) -> NDArray[np.intp]:
    """Extend *stretch* in both directions to where its contour leaves the clef."""
    count = len(gaps)
    first, last = int(stretch[0]), int(stretch[0]) + len(stretch) - 1
    while last - first < count - 1 and gaps[(first - 1) % count] > _LEAVING:
        first -= 1
    while last - first < count - 1 and gaps[(last + 1) % count] > _LEAVING:
        last += 1
    return np.arange(first, last + 1) % count


def _gaps(contour: Edges, plain: Edges) -> NDArray[np.float64]:
    """How far the edges of *contour* lie from the outline *plain*."""
    middles = (contour[:, None, :2] + contour[:, None, 2:]) / 2
    starts, spans = plain[:, :2], plain[:, 2:] - plain[:, :2]
    squares = np.maximum((spans * spans).sum(axis=1), 1e-12)
    fractions = (((middles - starts) * spans).sum(axis=2) / squares).clip(0, 1)
    gaps = starts + fractions[:, :, None] * spans - middles
    nearest: NDArray[np.float64] = np.sqrt((gaps * gaps).sum(axis=2).min(axis=1))
    return nearest


def _stretches(apart: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Indices of the unbroken runs in a closed contour's flags; short gaps are closed."""
    count = len(apart)
    if apart.all():
        return [np.arange(count)]
    if not apart.any():
        return []
    first = int(np.flatnonzero(~apart)[0])
    turned = np.roll(apart, -first)  # starts outside every run
    places = np.flatnonzero(turned)
    breaks = np.flatnonzero(np.diff(places) > _SLIP) + 1
    return [(np.arange(run[0], run[-1] + 1) + first) % count for run in np.split(places, breaks)]


def _close(edges: Edges) -> Edges:
    end, start = edges[-1, 2:], edges[0, :2]
    if (end == start).all():
        return edges
    return np.vstack([edges, [*end, *start]])
