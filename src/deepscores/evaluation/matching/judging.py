"""From boxes to judged detections: by upright, padded and oriented boxes, sizes and centres."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.detection.caps import MAX_DETECTIONS
from deepscores.evaluation.matching.boxes import Boxes, Pages, in_staff_spaces, padded
from deepscores.evaluation.matching.curves import JudgedDetections
from deepscores.evaluation.matching.matching import THRESHOLDS, Ranks, match, ranks_of
from deepscores.evaluation.matching.pairs import (
    Pairs,
    centre_pairs,
    class_keys,
    oriented_pairs,
    upright_pairs,
)

PADDING = 0.25  # staff spaces: sides are at least so long
AWAY = 0.25  # staff spaces between centres: half the way to the next position on the staff
THIN = 0.25  # staff spaces: 4 px of a page with 16 px between the lines
# Bounds of each range, in staff spaces of the square root of a box's area; half open.
RANGES = (
    ("<0.5", 0.0, 0.5),
    ("0.5-1", 0.5, 1.0),
    ("1-2", 1.0, 2.0),
    ("2-6", 2.0, 6.0),
    (">6", 6.0, np.inf),
)


@dataclass(frozen=True)
class DetectionMaterial:
    """The truth, the detections and their pairs; matched in several ways."""

    truth: Boxes
    detections: Boxes
    pages: Pages
    classes: tuple[int, ...]  # ids

    @cached_property
    def ranks(self) -> Ranks:
        return ranks_of(self.detections)

    @cached_property
    def pairs(self) -> Pairs:
        """By overlap of upright boxes."""
        return upright_pairs(self.detections, self.truth, self._keys, THRESHOLDS[0])

    @cached_property
    def matched(self) -> NDArray[np.int64]:
        """(thresholds, detections) by `pairs`, without a cap that anything reaches."""
        return match(
            self.pairs, self.ranks, len(self.truth), THRESHOLDS, max_detections=MAX_DETECTIONS
        )

    @property
    def _keys(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return class_keys(self.detections, self.truth)

    def upright(self, max_detections: int = MAX_DETECTIONS) -> dict[int, JudgedDetections]:
        """By upright boxes, the *max_detections* surest of each page and class."""
        return judged(self, self.matched, max_detections=max_detections)

    def padded(self) -> dict[int, JudgedDetections]:
        """By boxes with sides of at least a quarter of a staff space, on both sides."""
        detections, truth = (
            padded(boxes, self.pages, PADDING) for boxes in (self.detections, self.truth)
        )
        pairs = upright_pairs(detections, truth, self._keys, THRESHOLDS[0])
        return judged(
            self,
            match(pairs, self.ranks, len(self.truth), THRESHOLDS, max_detections=MAX_DETECTIONS),
        )

    def oriented(self) -> dict[int, JudgedDetections]:
        """By oriented boxes."""
        pairs = oriented_pairs(self.detections, self.truth, self._keys, THRESHOLDS[0])
        return judged(
            self,
            match(pairs, self.ranks, len(self.truth), THRESHOLDS, max_detections=MAX_DETECTIONS),
        )

    def centred(self) -> dict[int, JudgedDetections]:
        """By the distance of centres; one threshold."""
        pairs = centre_pairs(self.detections, self.truth, self.pages, self._keys, AWAY)
        return judged(
            self,
            match(pairs, self.ranks, len(self.truth), (1 - AWAY,), max_detections=MAX_DETECTIONS),
        )

    def within(self, size_range: "SizeMask") -> dict[int, JudgedDetections]:
        """Of objects of some size: objects of other sizes and their detections are passed over."""
        is_outside = ~size_range.truth
        matched = match(
            self.pairs,
            self.ranks,
            len(self.truth),
            THRESHOLDS,
            passed_over=is_outside,
            max_detections=MAX_DETECTIONS,
        )
        return judged(self, matched, passed_over=is_outside, outside=~size_range.detections)

    def ranges(self) -> Mapping[str, "SizeMask"]:
        """Sizes by name, and the thin."""
        detection_sizes, object_sizes = (
            in_staff_spaces(boxes, self.pages) for boxes in (self.detections, self.truth)
        )
        sizes = {
            name: SizeMask(
                *(_between(size, low, high) for size, _ in (object_sizes, detection_sizes))
            )
            for name, low, high in RANGES
        }
        return {**sizes, "thin": SizeMask(object_sizes[1] < THIN, detection_sizes[1] < THIN)}


@dataclass(frozen=True, slots=True, eq=False)
class SizeMask:
    """Which objects and detections are of some size."""

    truth: NDArray[np.bool_]
    detections: NDArray[np.bool_]


def _between(size: NDArray[np.float64], low: float, high: float) -> NDArray[np.bool_]:
    return np.asarray((size >= low) & (size < high))


def judged(
    material: DetectionMaterial,
    matched: NDArray[np.int64],
    *,
    max_detections: int = MAX_DETECTIONS,
    passed_over: NDArray[np.bool_] | None = None,
    outside: NDArray[np.bool_] | None = None,
) -> dict[int, JudgedDetections]:
    """The detections of each class, right or wrong by what they *matched* (thresholds, detections).

    Detections that match an object *passed_over* do not count; nor do unmatched ones *outside*.
    """
    truth, detections, ranks = material.truth, material.detections, material.ranks
    ranked = ranks.order[ranks.of_page[ranks.order] < max_detections]
    ids = detections.class_id[ranked]
    counted = np.ones(len(truth), np.bool_) if passed_over is None else ~passed_over
    judgements = {}
    for class_id in material.classes:
        first, last = np.searchsorted(ids, [class_id, class_id + 1])
        rows = ranked[first:last]
        hit = matched[:, rows]
        right = hit >= 0
        counts = np.ones_like(right)
        if passed_over is not None and outside is not None:
            over = np.append(passed_over, False)[hit]  # -1 is the appended
            counts = ~(over | (~right & outside[rows]))
        objects = truth.page[(truth.class_id == class_id) & counted]
        judgements[class_id] = JudgedDetections(
            right, counts, detections.page[rows], detections.score[rows],
            np.bincount(objects, minlength=len(material.pages)),
        )  # fmt: skip
    return judgements
