"""Average precision of a detector while it is trained: as evaluation measures it, of arrays."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.detection.averages import MIN_OBJECTS
from deepscores.evaluation.matching.boxes import Boxes, Pages, from_columns
from deepscores.evaluation.matching.curves import quality
from deepscores.evaluation.matching.judging import DetectionMaterial
from deepscores.inference.models.detections import Detections


class Truth(NamedTuple):
    """The objects of a page."""

    box: NDArray[np.float32]  # (n, 4) x0 y0 x1 y1
    class_id: NDArray[np.int32]  # (n,)


def average_precisions(
    detections: Sequence[Detections], truth: Sequence[Truth]
) -> dict[int, NDArray[np.float64]]:
    """(10,) the average precision at each of COCO's thresholds, of each class that *truth* has.

    *detections* and *truth* are of the same pages.
    """
    material = DetectionMaterial(
        _columns(truth, [np.ones(len(page.class_id)) for page in truth]),
        _columns(detections, [page.score for page in detections]),
        _pages(len(truth)),
        tuple(np.flatnonzero(_object_counts(truth)).tolist()),
    )
    judged = material.upright() if material.classes else {}
    return {class_id: quality(judgement).precision for class_id, judgement in judged.items()}


def macro(
    precisions: dict[int, NDArray[np.float64]],
    truth: Sequence[Truth],
    min_objects: int = MIN_OBJECTS,
) -> NDArray[np.float64]:
    """(10,) the mean over classes with at least *min_objects*, at each threshold; NaN for none."""
    counts = _object_counts(truth)
    rows = [row for class_id, row in precisions.items() if counts[class_id] >= min_objects]
    return np.mean(rows, axis=0) if rows else np.full(1, np.nan)


def _object_counts(truth: Sequence[Truth]) -> NDArray[np.int64]:
    """Objects by class id."""
    return np.bincount(np.concatenate([page.class_id for page in truth] or [np.empty(0, int)]))


def _columns(
    pages: Sequence[Truth] | Sequence[Detections], scores: Sequence[NDArray[np.floating[Any]]]
) -> Boxes:
    """The boxes of all *pages* in columns."""
    corners = np.concatenate([np.empty((0, 4)), *(page.box for page in pages)])
    return from_columns(
        np.repeat(np.arange(len(pages)), [len(page.box) for page in pages]),
        np.concatenate([np.empty(0, np.int64), *(page.class_id for page in pages)]),
        np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1),
        np.concatenate([np.empty(0), *scores]),
    )


def _pages(count: int) -> Pages:
    """Pages without names or sizes: upright boxes need neither."""
    return Pages(("",) * count, np.ones(count), np.zeros(count, np.int64), 1)
