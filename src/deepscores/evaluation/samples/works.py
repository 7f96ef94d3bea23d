"""Intervals by resampling works: pages of one work are alike, so they come and go together."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.results import Measure

_TAIL = 2.5  # percent on each side
FEW_WORKS = 10  # fewer give rough intervals


def work_places(works: Sequence[str]) -> tuple[NDArray[np.int64], int]:
    """The place of each page's work among the distinct works, and how many these are.

    >>> work_places(["b", "a", "b"])
    (array([1, 0, 1]), 2)
    """
    distinct, places = np.unique(np.array(works, dtype=np.str_), return_inverse=True)
    return places.astype(np.int64), len(distinct)


def work_weights(works: int, resamples: int, seed: int) -> NDArray[np.int64]:
    """(resamples, works): how often each of *works* is drawn, with replacement, as many in all."""
    if works == 0:
        return np.zeros((resamples, 0), np.int64)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(works, np.full(works, 1 / works), size=resamples)
    return drawn.astype(np.int64)


def measure(value: float, resampled: NDArray[np.float64] | None = None) -> Measure:
    """*value* with its 95 % interval over resampled works.

    NaN, for nothing to measure, gives None; NaN among the resamples is left out.
    """
    if np.isnan(value):
        return Measure(None)
    defined = None if resampled is None else resampled[~np.isnan(resampled)]
    if defined is None or not len(defined):
        return Measure(float(value))
    low, high = np.percentile(defined, [_TAIL, 100 - _TAIL])
    return Measure(float(value), float(low), float(high))
