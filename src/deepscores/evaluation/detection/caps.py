"""How many detections count, and signs that an output was cut before it came here."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.matching.boxes import Boxes, Pages
from deepscores.page.model.packing import pack

MAX_DETECTIONS = 10_000  # detections of a page and class: no page has as many objects
CAPS = (100, 1000, MAX_DETECTIONS)
# The largest count is a cut if it is not small, comes up often, in more than one work (a work's
# pages in several fonts may well be alike), and if there is more to find in one of these places.
_MIN_CUT, _MIN_PAGES, _MIN_SHARE = 10, 3, 0.05
Counts = NDArray[np.int64]


def cut_at(detections: Boxes, truth: Boxes, pages: Pages) -> list[str]:
    """Warnings where the detections of many pages stop at the same number, as if cut off there."""
    id_count = int(max(detections.class_id.max(initial=0), truth.class_id.max(initial=0))) + 1
    cells = len(pages) * id_count
    of_page = [np.bincount(boxes.page, minlength=len(pages)) for boxes in (detections, truth)]
    of_class = [
        np.bincount(pack([boxes.page, boxes.class_id], [len(pages), id_count]), minlength=cells)
        for boxes in (detections, truth)
    ]
    return [
        *_constant(of_page[0], of_page[1], pages.work, "per page"),
        *_constant(of_class[0], of_class[1], np.repeat(pages.work, id_count), "per page and class"),
        *_beyond(of_class[0]),
    ]


def _constant(
    detection_counts: Counts, object_counts: Counts, works: NDArray[np.int64], scope: str
) -> list[str]:
    """A warning if the largest count comes up too often to be chance."""
    largest = int(detection_counts.max(initial=0))
    capped = np.flatnonzero(detection_counts == largest)
    often = max(_MIN_PAGES, _MIN_SHARE * np.count_nonzero(detection_counts >= largest / 2))
    if largest < _MIN_CUT or len(capped) < often or len(np.unique(works[capped])) < 2:
        return []
    lost = int(np.maximum(object_counts[capped] - largest, 0).sum())
    if not lost:
        return []
    message = (
        f"the detections {scope} stop at {largest} in {len(capped)} cases: the output was cut "
        f"there, so at least {lost} objects could not be found"
    )
    return [message]


def _beyond(of_class: NDArray[np.int64]) -> list[str]:
    excess = int((of_class > MAX_DETECTIONS).sum())
    if not excess:
        return []
    message = (
        f"more than {MAX_DETECTIONS} detections of a class on a page, {excess} times; those with "
        "the lowest scores are ignored"
    )
    return [message]


def reachable(truth: Boxes, caps: Sequence[int]) -> list[float]:
    """The share of objects that are among the first *caps* of their page and class."""
    id_count = int(truth.class_id.max(initial=0)) + 1
    pages = int(truth.page.max(initial=0)) + 1
    cells = pack([truth.page, truth.class_id], [pages, id_count])
    _, counts = np.unique(cells, return_counts=True)
    return [float(np.minimum(counts, cap).sum() / max(len(truth), 1)) for cap in caps]
