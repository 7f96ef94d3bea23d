"""How many detections count, and signs that an output was cut before it came here."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.matching.boxes import Boxes, Pages
from deepscores.page.model.packing import pack

MOST = 10_000  # detections of a page and class: no page has as many objects
CAPS = (100, 1000, MOST)
# The largest count is a cut if it is not small, comes up often, in more than one work (a work's
# pages in several fonts may well be alike), and if there is more to find in one of these places.
_LEAST_CUT, _LEAST_PAGES, _LEAST_SHARE = 10, 3, 0.05
Counts = NDArray[np.int64]


def cut_at(found: Boxes, truth: Boxes, pages: Pages) -> list[str]:
    """Warnings where the detections of many pages stop at the same number, as if cut off there."""
    most = int(max(found.class_id.max(initial=0), truth.class_id.max(initial=0))) + 1
    cells = len(pages) * most
    of_page = [np.bincount(one.page, minlength=len(pages)) for one in (found, truth)]
    of_class = [
        np.bincount(pack([boxes.page, boxes.class_id], [len(pages), most]), minlength=cells)
        for boxes in (found, truth)
    ]
    return [
        *_constant(of_page[0], of_page[1], pages.work, "of a page"),
        *_constant(of_class[0], of_class[1], np.repeat(pages.work, most), "of a page and class"),
        *_beyond(of_class[0]),
    ]


def _constant(found: Counts, truth: Counts, works: NDArray[np.int64], what: str) -> list[str]:
    """A warning if the largest count comes up too often to be chance."""
    largest = int(found.max(initial=0))
    at = np.flatnonzero(found == largest)
    often = max(_LEAST_PAGES, _LEAST_SHARE * np.count_nonzero(found >= largest / 2))
    if largest < _LEAST_CUT or len(at) < often or len(np.unique(works[at])) < 2:
        return []
    lost = int(np.maximum(truth[at] - largest, 0).sum())
    if not lost:
        return []
    told = (
        f"the detections {what} stop at {largest} in {len(at)} cases: the output was cut there, so "
        f"at least {lost} objects could not be found"
    )
    return [told]


def _beyond(of_class: NDArray[np.int64]) -> list[str]:
    more = int((of_class > MOST).sum())
    if not more:
        return []
    return [f"{more} times a page has more than {MOST} detections of a class; the least sure go"]


def reachable(truth: Boxes, caps: Sequence[int]) -> list[float]:
    """The share of objects that are among the first *caps* of their page and class."""
    most = int(truth.class_id.max(initial=0)) + 1
    pages = int(truth.page.max(initial=0)) + 1
    cells = pack([truth.page, truth.class_id], [pages, most])
    _, counts = np.unique(cells, return_counts=True)
    return [float(np.minimum(counts, cap).sum() / max(len(truth), 1)) for cap in caps]
