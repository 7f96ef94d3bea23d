"""How far a figure may be chance: intervals by the bootstrap over works.

Pages of one work resemble each other, so works are drawn, not pages (Efron 1979; percentile
method). Counts add up, so a figure of drawn works follows from the sum of their counts.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.streams import stream

DRAWS = 1000
_TAILS = (0.025, 0.975)


class Estimate(NamedTuple):
    """A figure, and where 95 % of its resamples lie; None where a figure or interval has no base.

    An interval needs two works.
    """

    value: float | None
    low: float | None = None
    high: float | None = None


def estimate(
    counts: NDArray[np.int64],
    figure: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    seed: int = 0,
) -> Estimate:
    """The *figure* of *counts* (works, …), with its interval.

    *figure* takes sums of counts with one more axis in front, (n, …), and gives n figures; NaN
    where there is none. The same counts and seed give the same interval.
    """
    whole = _plain(figure(counts.sum(axis=0, keepdims=True).astype(np.float64))[0])
    works = len(counts)
    if whole is None or works < 2:
        return Estimate(whole)
    drawn = stream(seed, "bootstrap", works).multinomial(works, [1 / works] * works, DRAWS)
    sums = drawn.astype(np.float64) @ counts.reshape(works, -1).astype(np.float64)
    found = figure(sums.reshape(DRAWS, *counts.shape[1:]))
    found = found[~np.isnan(found)]
    if not len(found):
        return Estimate(whole)
    low, high = np.quantile(found, _TAILS)
    return Estimate(whole, float(low), float(high))


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
