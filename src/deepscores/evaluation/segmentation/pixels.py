"""Counting the pixels of one page by class: what they are, what they are taken for.

A class's pixels are counted in eight ways, the rows of an array (8, classes + 1) of "areas", whose
column 0 is paper and unlabelled ink. Areas of pages, works and fonts add up.

*Ink* is a pixel at least half black: of value 127 or less where 255 is paper.

*Far* is a pixel whose class does not occur on the other side within one pixel, in any of the nine
places around it: missed where the truth has it, false where the prediction has it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.segmentation.reading import ClassMap
from deepscores.page.model.packing import pack

TRUTH, PREDICTED, AGREED, INK_TRUTH, INK_PREDICTED, INK_AGREED, FAR_MISSED, FAR_FALSE = range(8)
DARKEST_PAPER = 128  # what is darker is ink

Areas = NDArray[np.int64]


class PixelCounts(NamedTuple):
    """The pixels of one page or of several."""

    confusion: NDArray[np.int64]  # (classes + 1, classes + 1): truth, predicted
    areas: Areas  # (8, classes + 1)


def count_pixels(
    truth: ClassMap, predicted: ClassMap, image: NDArray[np.uint8], classes: int
) -> PixelCounts:
    """Count a page: maps of class ids, 0…*classes*, and its picture, each (height, width).

    >>> one = np.array([[1, 1, 0]], np.uint8)
    >>> count_pixels(one, np.array([[1, 2, 0]], np.uint8), 0 * one, 2).confusion.tolist()
    [[1, 0, 0], [0, 1, 1], [0, 0, 0]]
    """
    of_truth, of_other = truth.ravel(), predicted.ravel()
    # Nine tenths of a page are paper on both sides.
    places = np.flatnonzero((of_truth > 0) | (of_other > 0))
    left, right = of_truth[places].astype(np.int64), of_other[places].astype(np.int64)
    confusion = _confusion(left, right, classes)
    confusion[0, 0] = truth.size - len(places)
    inked = image.ravel()[places] < DARKEST_PAPER
    on_ink = _confusion(left[inked], right[inked], classes)
    wrong = left != right
    far_missed = _far(left[wrong], predicted, places[wrong])
    far_false = _far(right[wrong], truth, places[wrong])
    areas = [
        *_margins(confusion),
        *_margins(on_ink),
        np.bincount(left[wrong][far_missed], minlength=classes + 1),
        np.bincount(right[wrong][far_false], minlength=classes + 1),
    ]
    return PixelCounts(confusion, np.stack(areas))


def _confusion(
    left: NDArray[np.int64], right: NDArray[np.int64], classes: int
) -> NDArray[np.int64]:
    side = classes + 1
    return np.bincount(pack([left, right], [side, side]), minlength=side * side).reshape(side, side)


def _margins(confusion: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    return confusion.sum(axis=1), confusion.sum(axis=0), np.diagonal(confusion)


def _far(
    classes: NDArray[np.int64], among: ClassMap, places: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which of *classes* at *places* are labelled and have none of their own in *among* nearby."""
    padded = np.pad(among, 1)
    rows, columns = np.divmod(places, among.shape[1])
    has_neighbour: NDArray[np.bool_] = classes == 0
    for row_step in range(3):
        for column_step in range(3):
            has_neighbour |= padded[rows + row_step, columns + column_step] == classes
    return ~has_neighbour


def iou(areas: NDArray[np.int64]) -> NDArray[np.float64]:
    """Intersection over union of each class, from areas (…, 8, classes + 1): (…, classes + 1).

    NaN for a class that neither side has.
    """
    return _ratio(areas[..., AGREED, :], _union(areas, TRUTH, PREDICTED, AGREED))


def ink_iou(areas: NDArray[np.int64]) -> NDArray[np.float64]:
    """As `iou`, of ink alone."""
    return _ratio(areas[..., INK_AGREED, :], _union(areas, INK_TRUTH, INK_PREDICTED, INK_AGREED))


def tolerant_iou(areas: NDArray[np.int64]) -> NDArray[np.float64]:
    """As `iou`, with a tolerance of one pixel: 1 less the far pixels' share of the union.

    So a pixel of the union is right if each side that has the class there finds it on the other
    side within a pixel. With no tolerance this would be `iou`.
    """
    union = _union(areas, TRUTH, PREDICTED, AGREED)
    return _ratio(union - areas[..., FAR_MISSED, :] - areas[..., FAR_FALSE, :], union)


def _union(areas: NDArray[np.int64], truth: int, predicted: int, agreed: int) -> NDArray[np.int64]:
    union: NDArray[np.int64] = (
        areas[..., truth, :] + areas[..., predicted, :] - areas[..., agreed, :]
    )
    return union


def _ratio(part: NDArray[np.int64], total: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(total > 0, part / np.maximum(total, 1), np.nan)
