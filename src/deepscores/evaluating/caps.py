"""How many detections count, and signs that an output was cut before it came here."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluating.boxes import Boxes, Pages

MOST = 10_000  # detections of a page and class: no page has as many objects
CAPS = (100, 1000, MOST)
# The largest count is a cut if it is not small, comes up often, and in more than one work: the
# pages of one work in several fonts may well be alike.
_LEAST_CUT, _LEAST_PAGES, _LEAST_SHARE = 10, 3, 0.05


def cut_at(found: Boxes, pages: Pages) -> list[str]:
    """Warnings where the detections of many pages stop at the same number, as if cut off there."""
    of_page = np.bincount(found.page, minlength=len(pages))
    largest = int(found.class_id.max(initial=0)) + 1
    of_class = np.bincount(found.page * largest + found.class_id)
    works = pages.work
    return [
        *_constant(of_page, works, "of a page"),
        *_constant(of_class, np.repeat(works, largest)[: len(of_class)], "of a page and class"),
        *_beyond(of_class),
    ]


def _constant(counts: NDArray[np.int64], works: NDArray[np.int64], what: str) -> list[str]:
    """A warning if the largest count comes up too often to be chance, and in several works."""
    largest = int(counts.max(initial=0))
    at = np.flatnonzero(counts == largest)
    few = len(at) < max(_LEAST_PAGES, _LEAST_SHARE * np.count_nonzero(counts >= largest / 2))
    if largest < _LEAST_CUT or few or len(np.unique(works[at])) < 2:
        return []
    return [
        f"the detections {what} stop at {largest} in {len(at)} cases: the output was cut there, so "
        "what lies beyond counts as missed"
    ]


def _beyond(of_class: NDArray[np.int64]) -> list[str]:
    more = int((of_class > MOST).sum())
    if not more:
        return []
    return [f"{more} times a page has more than {MOST} detections of a class; the least sure go"]


def reachable(truth: Boxes, caps: Sequence[int]) -> list[float]:
    """The share of objects that are among the first *caps* of their page and class."""
    most = int(truth.class_id.max(initial=0)) + 1
    _, counts = np.unique(truth.page * most + truth.class_id, return_counts=True)
    return [float(np.minimum(counts, cap).sum() / max(len(truth), 1)) for cap in caps]
