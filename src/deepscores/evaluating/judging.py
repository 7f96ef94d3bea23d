"""From boxes to judged detections: by upright, padded and oriented boxes, sizes and centres."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluating.boxes import Boxes, Pages, in_staff_spaces, padded
from deepscores.evaluating.curves import Judged
from deepscores.evaluating.matching import THRESHOLDS, Ranks, match, ranks_of
from deepscores.evaluating.overlaps import (
    Pairs,
    centre_pairs,
    class_keys,
    oriented_pairs,
    upright_pairs,
)

MOST = 10_000  # detections of a page and class: no page has as many objects
CAPS = (100, 1000, MOST)
PADDING = 0.25  # staff spaces: sides are at least so long
AWAY = 0.25  # staff spaces between centres: half the way to the next position on the staff
THIN = 0.25  # staff spaces: 4 px of a page with 16 px between the lines
# Lower bound of each range, in staff spaces of the square root of a box's area; half open.
RANGES = (("<0.5", 0.0, 0.5), ("0.5-1", 0.5, 1.0), ("1-2", 1.0, 2.0), ("2-6", 2.0, 6.0))
_LAST = (">6", 6.0, np.inf)


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
            for name, low, high in (*RANGES, _LAST)
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


_LEAST_CUT, _LEAST_PAGES, _LEAST_SHARE = 10, 3, 0.05


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


def without_doubles(found: Boxes, truth: Boxes) -> Boxes:
    """*found* without what repeats a box as often as the truth has it in exactly that place.

    The truth counts such doubles (two voices' unison) once: who reports both is not to be blamed.
    """
    several = truth.at(truth.multiplicity > 1)
    if not len(several) or not len(found):
        return found
    key = [
        np.column_stack([one.page, one.class_id, one.xywh.round(3)]) for one in (several, found)
    ]
    distinct, which = np.unique(np.concatenate(key), axis=0, return_inverse=True)
    which = which.ravel()
    allowed = np.ones(len(distinct), np.int64)
    allowed[which[: len(several)]] = several.multiplicity
    mine = which[len(several) :]
    order = np.lexsort((-found.score, mine))
    starts = np.searchsorted(mine[order], mine[order], side="left")
    nth = np.empty(len(found), np.int64)  # among its equals, from the surest
    nth[order] = np.arange(len(found)) - starts
    return found.at((nth == 0) | (nth >= allowed[mine]))
