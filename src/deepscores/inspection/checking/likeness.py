"""Scores that are much the same music: other files, keys, arrangements or parts of one work.

A part is the sequence of its notes: how far each is above the one before, in semitones, and how
long it lasts. So transposing changes nothing, and a part taken alone keeps all it has. Every eight
notes in a row make a fingerprint; two scores are alike as far as the smaller set of them lies in
the larger one. Fingerprints that very many scores have (scales, repeated notes) are ignored.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from deepscores.dataset.symbol_files import RowGroup
from deepscores.page.model.packing import pack

_LENGTH = 8  # notes in a fingerprint
_MIN_PRINTS = 16  # fingerprints of a score that can be compared
_COMMON = 60  # scores: a fingerprint that more of them have is of no work in particular
_COLUMNS = ["page", "part", "staff", "onset", "duration", "step", "alter", "octave", "grace"]
_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}

Prints = NDArray[np.uint64]  # sorted, each once


class Alike(NamedTuple):
    """Two scores, by their places, and how much of the smaller one is in the other, 0…1."""

    first: int
    second: int
    share: float


def prints_of_group(group: RowGroup, pages: Sequence[str]) -> Prints:
    """The fingerprints of a score: its *pages* in one font, in a row group of the symbol table."""
    table = group.read(_COLUMNS)
    is_comparable = (
        pc.field("page").isin(list(pages))
        & pc.field("octave").is_valid()
        & pc.field("onset").is_valid()
        & ~pc.field("grace")
    )
    return prints_of_notes(table.filter(is_comparable))


def prints_of_notes(notes: pa.Table) -> Prints:
    """The fingerprints of *notes*, rows of the symbol table with pitch and onset."""
    steps = np.array([_STEPS.get(step or "", 0) for step in notes["step"].to_pylist()], np.int64)
    sounding = _column(notes, "octave") * 12 + _column(notes, "alter")
    pitch = np.round(sounding).astype(np.int64) + steps
    lasting = np.round(_column(notes, "duration") * 96).astype(np.int64)
    onset = _column(notes, "onset")
    voices = [f"{part} {staff}" for part, staff in _zip_columns(notes, "part", "staff")]
    voice = np.unique(voices, return_inverse=True)[1] if voices else np.empty(0, np.int64)
    # The highest note of each chord; voices of one staff are one line of highest notes.
    order = np.lexsort((-pitch, onset, voice))
    top = (np.diff(onset[order], prepend=-1e9) != 0) | (np.diff(voice[order], prepend=-1) != 0)
    line = order[top]
    return _fingerprints(pitch[line], lasting[line], voice[line])


def _column(table: pa.Table, name: str) -> NDArray[np.float64]:
    values: NDArray[np.float64] = np.nan_to_num(table[name].to_numpy().astype(np.float64))
    return values


def _zip_columns(table: pa.Table, *names: str) -> list[tuple[object, ...]]:
    return list(zip(*(table[name].to_pylist() for name in names), strict=True))


def _fingerprints(
    pitch: NDArray[np.int64], lasting: NDArray[np.int64], voice: NDArray[np.int64]
) -> Prints:
    count = len(pitch) - _LENGTH + 1
    if count < 1:
        return np.empty(0, np.uint64)
    rising = np.diff(pitch)
    mixed = np.zeros(count, np.uint64)
    for place in range(_LENGTH):
        mixed = _mix(mixed, lasting[place : place + count])
        if place:
            mixed = _mix(mixed, rising[place - 1 : place - 1 + count])
    is_one_voice = voice[:count] == voice[_LENGTH - 1 :]
    return np.unique(mixed[is_one_voice])


def _mix(state: NDArray[np.uint64], values: NDArray[np.int64]) -> NDArray[np.uint64]:
    # Steps of the generator SplitMix64 (Steele, Lea and Flood 2014), whose outputs are well spread.
    z = state * np.uint64(31) + values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    return z ^ (z >> np.uint64(27))


def find_alike(prints: Sequence[Prints], min_share: float) -> list[Alike]:
    """The pairs of scores of which at least the share *min_share* of the smaller is in the other.

    Takes time and memory by the fingerprints that scores share, not by pairs of scores.
    """
    sizes = np.array([len(fingerprints) for fingerprints in prints], np.int64)
    owners = np.repeat(np.arange(len(prints)), sizes)
    merged = np.concatenate([*prints, np.empty(0, np.uint64)])
    order = np.argsort(merged, kind="stable")
    merged, owners = merged[order], owners[order]
    starts = np.flatnonzero(np.diff(merged, prepend=~merged[:1]) != 0)
    has = np.diff(np.append(starts, len(merged)))  # how many scores have each
    telling = np.repeat(has <= _COMMON, has)
    merged, owners = merged[telling], owners[telling]
    shared: NDArray[np.int64] = np.empty(0, np.int64)
    counts: NDArray[np.int64] = np.empty(0, np.int64)
    for step in range(1, _COMMON):
        is_shared = merged[step:] == merged[:-step]
        if not is_shared.any():
            break
        pairs = [owners[:-step][is_shared], owners[step:][is_shared]]
        keys = pack(pairs, [len(prints), len(prints)])
        shared, counts = _add_up(shared, counts, keys)
    own_counts = np.bincount(owners, minlength=len(prints))
    first, second = np.divmod(shared, max(len(prints), 1))
    smaller = np.minimum(own_counts[first], own_counts[second])
    share = counts / np.maximum(smaller, 1)
    keep = (share >= min_share) & (smaller >= _MIN_PRINTS)
    columns = (first[keep].tolist(), second[keep].tolist(), share[keep].tolist())
    return [Alike(*pair) for pair in zip(*columns, strict=True)]


def _add_up(
    keys: NDArray[np.int64], counts: NDArray[np.int64], new_keys: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    merged, place = np.unique(np.concatenate([keys, new_keys]), return_inverse=True)
    weights = np.concatenate([counts, np.ones(len(new_keys), np.int64)])
    return merged, np.bincount(place, weights).astype(np.int64)
