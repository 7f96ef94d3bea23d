"""Where templates fit on a page: normalised cross-correlation, and which of its peaks stay."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.controls.glyphs import MARGIN, Template
from deepscores.page.overlaps import overlap

FLOOR = 0.55  # of the correlation, from which a place is looked at
LEAST_INK = 0.5  # of the template's
SAME_PLACE = 0.35  # IoU, at which two templates claim the same ink
CORRECT = 0.5  # IoU with the truth
DEFAULT = 0.8  # threshold of a template that training pages do not show
RISKS = 0.1  # below its threshold, what is still told


class Peaks(NamedTuple):
    """Where templates fit best: box, correlation, and which template."""

    box: NDArray[np.float64]  # (n, 4) x0 y0 x1 y1
    fit: NDArray[np.float64]  # (n,) of 1
    template: NDArray[np.int64]  # (n,) place

    def kept(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Peaks":
        """Those of *rows*."""
        return Peaks(self.box[rows], self.fit[rows], self.template[rows])


def all_peaks(image: NDArray[np.uint8], templates: Sequence[Template]) -> Peaks:
    """Where each of *templates* fits on *image*, the staff lines of which are gone."""
    found = [Peaks(np.empty((0, 4)), np.empty(0), np.empty(0, np.int64))]
    y, x = (np.flatnonzero((image < 255).any(axis=axis)) for axis in (1, 0))
    if len(y):  # there is ink
        around = 2 * MARGIN  # a lone glyph may cover a pixel less than its template
        left, top = max(x[0] - around, 0), max(y[0] - around, 0)
        inked = image[top : y[-1] + around + 1, left : x[-1] + around + 1]
        summed: NDArray[Any] = cv2.integral(255 - inked)
        for place, one in enumerate(templates):
            if (np.array(one.picture.shape) <= inked.shape).all():
                peaks = _peaks(inked, summed, one, place)
                found.append(peaks._replace(box=peaks.box + np.array([left, top, left, top])))
    return Peaks(*(np.concatenate(columns) for columns in zip(*found, strict=True)))


def _peaks(image: NDArray[np.uint8], summed: NDArray[Any], template: Template, place: int) -> Peaks:
    fit: NDArray[Any] = cv2.matchTemplate(image, template.picture, cv2.TM_CCOEFF_NORMED)
    highest = cv2.dilate(fit, np.ones((5, 5), np.uint8))
    y, x = np.nonzero((fit >= FLOOR) & (fit >= highest))
    height, width = template.picture.shape
    ink = (
        summed[y + height, x + width] - summed[y, x + width] - summed[y + height, x] + summed[y, x]
    )
    inked = ink >= LEAST_INK * float((255 - template.picture.astype(np.float64)).sum())
    y, x = y[inked], x[inked]
    left, top = x + MARGIN + _beside(fit, y, x, 1), y + MARGIN + _beside(fit, y, x, 0)
    box = np.stack([left, top, left + template.width, top + template.height], axis=1)
    return Peaks(box, fit[y, x].astype(np.float64), np.full(len(x), place))


def _beside(
    fit: NDArray[Any], y: NDArray[np.int64], x: NDArray[np.int64], axis: int
) -> NDArray[np.float64]:
    """How far from the pixel the top of the parabola through a peak and its neighbours is."""
    last = fit.shape[axis] - 1
    at = (y, x)[axis]
    inside = (at > 0) & (at < last)
    before, after = (
        fit[(y, (at + step).clip(0, last)) if axis else ((at + step).clip(0, last), x)]
        for step in (-1, 1)
    )
    bend = before + after - 2 * fit[y, x]
    shift = np.where(inside & (bend < 0), (before - after) / np.minimum(2 * bend, -1e-9), 0.0)
    return shift.astype(np.float64).clip(-0.5, 0.5)


def hits(
    peaks: Peaks, templates: Sequence[Template], box: NDArray[np.float64], ids: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Which of *peaks* are on a true *box* of a class that their template may be.

    Each template finds an object once: with the peak that fits best.
    """
    found = np.zeros(len(peaks.fit), np.bool_)
    for place, template in enumerate(templates):
        rows = np.flatnonzero(peaks.template == place)
        true = box[np.isin(ids, list(template.class_ids))]
        if not len(rows) or not len(true):
            continue
        rows = rows[np.argsort(-peaks.fit[rows], kind="stable")]
        over = overlap(peaks.box[rows][:, None], true)
        mate = np.where(over.max(axis=1) >= CORRECT, over.argmax(axis=1), -1)
        _, first = np.unique(mate, return_index=True)
        found[rows[first]] = mate[first] >= 0
    return found


def best_threshold(fit: NDArray[np.float64], is_hit: NDArray[np.bool_]) -> float:
    """The threshold of *fit* with the highest F1, all that is hit being all there is to find.

    >>> fit = np.array([0.9, 0.8, 0.7, 0.6])
    >>> best_threshold(fit, np.array([True, True, False, False]))
    0.8
    """
    if not is_hit.any():
        return DEFAULT
    order = np.argsort(-fit, kind="stable")
    right = np.cumsum(is_hit[order])
    f1 = 2 * right / (np.arange(1, len(order) + 1) + is_hit.sum())
    return float(fit[order[int(f1.argmax())]])


def distinct(peaks: Peaks, margin: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows of *peaks* without those whose ink one with a larger *margin* claims, of any class."""
    order = np.argsort(-margin, kind="stable")
    box = peaks.box[order]
    free = np.ones(len(order), np.bool_)
    kept = []
    for place in range(len(order)):
        if not free[place]:
            continue
        kept.append(order[place])
        rest = np.flatnonzero(free[place + 1 :]) + place + 1
        near = rest[(box[rest, 0] < box[place, 2]) & (box[rest, 2] > box[place, 0])]
        over = overlap(box[place], box[near])
        free[near[over > SAME_PLACE]] = False
    return np.array(kept, np.int64)
