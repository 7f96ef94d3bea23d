"""How unevenly objects are spread over classes, in one number each."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Imbalance(NamedTuple):
    """Measures over the classes that have an object; shares *p* of each class."""

    gini: float  # 0: all classes equally often; towards 1: one has nearly all
    entropy: float  # bits: -Σ p log2 p
    evenness: float  # entropy over its largest possible value (Pielou)
    effective: float  # 2 ** entropy: as many equally frequent classes are as hard to guess
    inverse_simpson: float  # 1 / Σ p²: likewise, of what two random objects have in common
    ratio: float  # most frequent over rarest
    singletons: int  # classes with fewer than 10 objects


def imbalance(counts: NDArray[np.int64]) -> Imbalance:
    """Measure *counts* of objects by class; classes without an object are left out.

    >>> imbalance(np.array([5, 5, 0]))[:4]
    (0.0, 1.0, 1.0, 2.0)
    """
    present = np.sort(counts[counts > 0]).astype(np.float64)
    if not len(present):
        return Imbalance(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
    share = present / present.sum()
    entropy = float(-(share * np.log2(share)).sum()) + 0.0
    max_entropy = float(np.log2(len(present)))
    return Imbalance(
        gini(present),
        entropy,
        entropy / max_entropy if max_entropy else 1.0,
        float(2**entropy),
        float(1 / (share**2).sum()),
        float(present[-1] / present[0]),
        int(np.count_nonzero(present < 10)),
    )


def gini(values: NDArray[np.float64]) -> float:
    """The Gini coefficient of *values*, ascending and positive."""
    ranks = np.arange(1, len(values) + 1)
    return float((2 * ranks - len(values) - 1) @ values / (len(values) * values.sum()))


def lorenz(counts: NDArray[np.int64]) -> list[tuple[float, float]]:
    """Points of the Lorenz curve: share of classes, rarest first, and their share of the objects.

    >>> lorenz(np.array([1, 0, 3]))
    [(0.0, 0.0), (0.5, 0.25), (1.0, 1.0)]
    """
    present = np.sort(counts[counts > 0])
    if not len(present):
        return [(0.0, 0.0)]
    shares = np.concatenate([[0.0], np.cumsum(present) / present.sum()])
    return [(place / len(present), float(share)) for place, share in enumerate(shares)]
