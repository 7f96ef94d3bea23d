"""Whether a person could read a page: nothing piled up, nothing cut off, notes on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores.page.model import Words
from deepscores.page.overlaps import overlapping_pairs

# Lines and curves: their upright boxes overlap on the best of pages.
_SLANTED = (
    "arpeggiato", "barline", "beam", "brace", "bracket", "dynamicCrescendoHairpin",
    "dynamicDiminuendoHairpin", "glissando", "graceNoteSlash", "laissezVibrer", "ledgerLine",
    "slur", "staffLine", "stem", "systemBarline", "tie", "tremolo", "tuplet", "voltaBracket",
)  # fmt: skip
_TEXTS = ("page", "lyric", "measureNumber", "instrumentName")  # may touch an edge


@dataclass(frozen=True, slots=True)
class Readability:
    """From where on a page counts as unreadable."""

    piled_overlap: float = 0.5  # intersection over union, of boxes of one size
    piled_size: float = 0.15  # by how much sizes that count as one may differ
    pile: int = 3  # symbols in one place that make a pile; two voices may well make two
    most_piled: float = 0.03  # share of the page's symbols that are in piles
    least_piled: int = 9  # symbols in piles, however few there are in all
    most_at_edge: int = 4  # symbols that the page's edge cuts off
    least_notes: int = 1  # noteheads

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> "Readability":
        """The limits that ``dataset.json`` holds; ValueError for a name or value that is none."""
        kinds = {field.name.replace("_", "-"): field.type for field in fields(cls)}
        if unknown := sorted(set(table) - set(kinds)):
            raise ValueError(f"readability: unknown key {unknown[0]!r}")
        for name, limit in table.items():
            if type(limit) not in ((int,) if kinds[name] is int else (int, float)):
                raise ValueError(f"readability: {name}: {limit!r} is not a number")
        return cls(**{name.replace("-", "_"): limit for name, limit in table.items()})


READABLE = Readability()


def unreadable(
    boxes: NDArray[np.float64],
    kinds: Sequence[str] | Words,
    width: int,
    height: int,
    limits: Readability = READABLE,
) -> str | None:
    """Why no one can read a page, or None.

    *boxes* (n, 4) are in pixels of the page, cut at its edge or not; *kinds* are those of the label
    set ``full``.

    >>> unreadable(np.empty((0, 4)), [], 800, 600)
    'empty: no symbol on it'
    """
    words = kinds if isinstance(kinds, Words) else Words.of(kinds)
    count = len(words.codes)
    if not count:
        return "empty: no symbol on it"
    notes = words.where(_is_note).sum()
    if notes < limits.least_notes:
        rests = words.where(lambda kind: kind.startswith("rest")).sum()
        return f"rests only: {rests}, no note" if rests else "empty: neither notes nor rests"
    at_edge = _at_edge(boxes, words, width, height)
    if at_edge > limits.most_at_edge:
        return f"cut off: {at_edge} symbols at or over the page's edge"
    piled = _piled(boxes, words, limits)
    if piled >= limits.least_piled and piled > limits.most_piled * count:
        return f"piled up: {piled} of {count} symbols lie on {limits.pile - 1} or more others"
    return None


def _is_note(kind: str) -> bool:
    return "notehead" in kind.lower() or kind == "tabFret"


def _at_edge(boxes: NDArray[np.float64], kinds: Words, width: int, height: int) -> int:
    over = (boxes[:, :2] <= 0).any(axis=1) | (boxes[:, 2:] >= (width, height)).any(axis=1)
    return int((over & ~kinds.where(lambda kind: kind.startswith(_TEXTS))).sum())


def _piled(boxes: NDArray[np.float64], kinds: Words, limits: Readability) -> int:
    upright = np.flatnonzero(~kinds.where(lambda kind: kind.startswith(_SLANTED)))
    first, second, _ = overlapping_pairs(boxes[upright], limits.piled_overlap)
    sizes = boxes[upright, 2:] - boxes[upright, :2]
    unlike = np.abs(sizes[first] - sizes[second]) > limits.piled_size * sizes[first]
    pairs = np.concatenate([first[~unlike.any(axis=1)], second[~unlike.any(axis=1)]])
    return int((np.bincount(pairs) >= limits.pile - 1).sum())
