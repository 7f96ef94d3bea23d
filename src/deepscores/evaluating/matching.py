"""Which detection is of which object: for a confusion matrix, and to draw what went wrong.

Detections are taken from the highest score down; each gets the free object of its own class that
shares most with it, from an intersection over union of .5, as COCO matches them. What is left is
matched by place alone, whatever the class: those are confusions. What then is left was missed, or
is a false alarm.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.labelling.overlaps import overlapping

LEAST_SHARED = 0.5
_ROUNDING = 1e-9
UNMATCHED = -1


class Boxes(NamedTuple):
    """Objects, or detections with scores, of one page."""

    box: NDArray[np.float64]  # (n, 4) x0 y0 x1 y1 in pixels
    class_id: NDArray[np.int64]  # (n,) from 1
    score: NDArray[np.float64]  # (n,); of objects it means nothing

    def kept(self, rows: NDArray[np.bool_]) -> "Boxes":
        return Boxes(self.box[rows], self.class_id[rows], self.score[rows])


def match_classes(truth: Boxes, found: Boxes) -> NDArray[np.int64]:
    """The object of its own class that each detection is of: its row in *truth*, or UNMATCHED."""
    one, other, shared = _pairs(truth, found)
    same = truth.class_id[one] == found.class_id[other]
    return _greedy((one[same], other[same], shared[same]), found.score, len(truth.box))


def match_places(truth: Boxes, found: Boxes) -> NDArray[np.int64]:
    """As `match_classes`; what is left on both sides is then matched by place alone."""
    one, other, shared = _pairs(truth, found)
    same = truth.class_id[one] == found.class_id[other]
    matched = _greedy((one[same], other[same], shared[same]), found.score, len(truth.box))
    taken = np.zeros(len(truth.box), np.bool_)
    taken[matched[matched >= 0]] = True
    free = ~taken[one] & (matched[other] == UNMATCHED)
    rest = _greedy((one[free], other[free], shared[free]), found.score, len(truth.box))
    return np.where(matched == UNMATCHED, rest, matched)


_Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def _pairs(truth: Boxes, found: Boxes) -> _Pairs:
    """Rows of objects and of detections that share enough, and how much."""
    objects = len(truth.box)
    pairs = overlapping(np.concatenate([truth.box, found.box]), LEAST_SHARED - _ROUNDING)
    across = (pairs.first < objects) & (pairs.second >= objects)
    return pairs.first[across], pairs.second[across] - objects, pairs.shared[across]


def _greedy(pairs: _Pairs, score: NDArray[np.float64], objects: int) -> NDArray[np.int64]:
    one, other, shared = pairs
    matched = np.full(len(score), UNMATCHED)
    taken = [False] * objects
    for place in np.lexsort((-shared, other, -score[other])).tolist():
        if matched[other[place]] == UNMATCHED and not taken[one[place]]:
            matched[other[place]] = one[place]
            taken[one[place]] = True
    return matched


def best_threshold(
    score: NDArray[np.float64], right: NDArray[np.bool_], objects: int
) -> tuple[float, float]:
    """The score from which detections, taken together, have the highest F1; and that F1.

    *right* are those that are of an object of their class, of so many *objects*. The higher of two
    scores as good; 0 and 0 without a detection.

    >>> best_threshold(np.array([0.9, 0.5, 0.2]), np.array([True, True, False]), 2)
    (0.5, 1.0)
    """
    if not len(score):
        return 0.0, 0.0
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    f1 = 2 * np.cumsum(right[order]) / (np.arange(1, len(score) + 1) + objects)
    last = np.append(ranked[1:] != ranked[:-1], True)  # equal scores stand or fall together
    best = int(np.argmax(np.where(last, f1, -1)))
    return float(ranked[best]), float(f1[best])


def count_confusion(
    truth: Boxes, found: Boxes, matched: NDArray[np.int64], classes: int
) -> NDArray[np.int64]:
    """(classes + 1, classes + 1): objects by class and what they are taken for.

    Column 0 is what was missed, row 0 the false alarms.
    """
    confusion = np.zeros((classes + 1, classes + 1), np.int64)
    hit = matched != UNMATCHED
    np.add.at(confusion, (truth.class_id[matched[hit]], found.class_id[hit]), 1)
    np.add.at(confusion[0], found.class_id[~hit], 1)
    missed = np.ones(len(truth.box), np.bool_)
    missed[matched[hit]] = False
    np.add.at(confusion[:, 0], truth.class_id[missed], 1)
    return confusion
