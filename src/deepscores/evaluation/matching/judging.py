"""From boxes to judged detections: by upright, padded and oriented boxes, sizes and centres."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.detection.caps import MOST
from deepscores.evaluation.matching.boxes import Boxes, Pages, in_staff_spaces, padded
from deepscores.evaluation.matching.curves import Judged
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
class Material:
    """The truth, what was found, and their pairs; matched in several ways."""

    truth: Boxes
    found: Boxes
    pages: Pages
    classes: tuple[int, ...]  # ids

    @cached_property
    def ranks(self) -> Ranks:
        return ranks_of(self.found)

    @cached_property
    def pairs(self) -> Pairs:
        """By intersection over union of upright boxes."""
        return upright_pairs(self.found, self.truth, self._keys, THRESHOLDS[0])

    @cached_property
    def matched(self) -> NDArray[np.int64]:
        """(thresholds, detections) by `pairs`, without a cap that anything reaches."""
        return match(self.pairs, self.ranks, len(self.truth), THRESHOLDS, most=MOST)

    @property
    def _keys(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return class_keys(self.found, self.truth)

    def upright(self, most: int = MOST) -> dict[int, Judged]:
        """By upright boxes, the *most* surest detections of each page and class."""
        return judged(self, self.matched, most=most)

    def padded(self) -> dict[int, Judged]:
        """By boxes with sides of at least a quarter of a staff space, on both sides."""
        found, truth = (padded(one, self.pages, PADDING) for one in (self.found, self.truth))
        pairs = upright_pairs(found, truth, self._keys, THRESHOLDS[0])
        return judged(self, match(pairs, self.ranks, len(self.truth), THRESHOLDS, most=MOST))

    def oriented(self) -> dict[int, Judged]:
        """By oriented boxes."""
        pairs = oriented_pairs(self.found, self.truth, self._keys, THRESHOLDS[0])
        return judged(self, match(pairs, self.ranks, len(self.truth), THRESHOLDS, most=MOST))

    def centred(self) -> dict[int, Judged]:
        """By the distance of centres; one threshold."""
        pairs = centre_pairs(self.found, self.truth, self.pages, self._keys, AWAY)
        return judged(self, match(pairs, self.ranks, len(self.truth), (1 - AWAY,), most=MOST))

    def within(self, inside: "Within") -> dict[int, Judged]:
        """Of objects of some size: others, and what finds them, are passed over."""
        out = ~inside.truth
        matched = match(
            self.pairs, self.ranks, len(self.truth), THRESHOLDS, passed_over=out, most=MOST
        )
        return judged(self, matched, passed_over=out, outside=~inside.found)

    def ranges(self) -> Mapping[str, "Within"]:
        """Sizes by name, and the thin."""
        found, truth = (in_staff_spaces(one, self.pages) for one in (self.found, self.truth))
        sizes = {
            name: Within(*(_between(size, low, high) for size, _ in (truth, found)))
            for name, low, high in RANGES
        }
        return {**sizes, "thin": Within(truth[1] < THIN, found[1] < THIN)}


@dataclass(frozen=True, slots=True, eq=False)
class Within:
    """Which objects and detections are of some size."""

    truth: NDArray[np.bool_]
    found: NDArray[np.bool_]


def _between(size: NDArray[np.float64], low: float, high: float) -> NDArray[np.bool_]:
    return np.asarray((size >= low) & (size < high))


def judged(
    material: Material,
    matched: NDArray[np.int64],
    *,
    most: int = MOST,
    passed_over: NDArray[np.bool_] | None = None,
    outside: NDArray[np.bool_] | None = None,
) -> dict[int, Judged]:
    """The detections of each class by what they *matched* (thresholds, detections).

    Those that match an object that is *passed_over*, or none and are *outside*, do not count.
    """
    truth, found, ranks = material.truth, material.found, material.ranks
    kept = ranks.order[ranks.of_page[ranks.order] < most]
    ids = found.class_id[kept]
    counted = np.ones(len(truth), np.bool_) if passed_over is None else ~passed_over
    judgements = {}
    for class_id in material.classes:
        first, last = np.searchsorted(ids, [class_id, class_id + 1])
        rows = kept[first:last]
        hit = matched[:, rows]
        right = hit >= 0
        counts = np.ones_like(right)
        if passed_over is not None and outside is not None:
            over = np.append(passed_over, False)[hit]  # -1 is the appended
            counts = ~(over | (~right & outside[rows]))
        objects = truth.page[(truth.class_id == class_id) & counted]
        judgements[class_id] = Judged(
            right, counts, found.page[rows], found.score[rows],
            np.bincount(objects, minlength=len(material.pages)),
        )  # fmt: skip
    return judgements
