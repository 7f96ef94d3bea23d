"""The distance between staff lines, estimated from the picture alone."""

import numpy as np
from numpy.typing import NDArray

_BLACK = 192  # of 255: lines thinner than a pixel are grey
_MIN_SPACE = 4  # pixels
_MAX_SPACE = 0.1  # of the page's height
_MIN_SHARE = 0.25  # a neighbour that is so frequent has a share in the mean


def staff_space(image: NDArray[np.uint8]) -> float:
    """Pixels between two staff lines; 0 if unknown.

    A stretch of black and the white below it, down each column, are together as high as a staff
    space wherever a staff is: the most frequent height (Cardoso and Rebelo, "Robust Staffline
    Thickness and Distance Estimation in Binary and Gray-Level Music Scores", ICPR 2010). Fewer than
    a quarter of the page's width do not count as a staff.
    """
    height, width = image.shape
    edged = np.zeros((width, height + 2), np.bool_)
    edged[:, 1:-1] = (image < _BLACK).T
    places = np.flatnonzero(edged[:, 1:] != edged[:, :-1])  # begins and ends of black, in turn
    column, row = np.divmod(places, height + 1)
    begins, columns = row[::2], column[::2]
    heights = (begins[1:] - begins[:-1])[columns[1:] == columns[:-1]]
    counts = np.bincount(heights, minlength=_MIN_SPACE + 2)
    counts[:_MIN_SPACE] = 0
    counts = counts[: int(_MAX_SPACE * height) + 1]
    if not len(counts) or 4 * counts.max() < width:
        return 0.0
    best = int(counts.argmax())
    neighbours = range(best - 1, min(best + 2, len(counts)))
    frequent = [space for space in neighbours if counts[space] >= _MIN_SHARE * counts[best]]
    return round(float(np.average(frequent, weights=counts[frequent])), 2)
