"""Counting a dataset page by page, in one way for all formats."""

from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deepscores.inspection.report.page_objects import PageObjects
from deepscores.inspection.statistics.counting import spread
from deepscores.inspection.statistics.model import Spread


class Tally:
    """Counts that grow with every page added."""

    def __init__(self) -> None:
        self.images = 0
        self.pixels = 0
        self.unsized = 0  # images whose size the dataset does not say
        self.per_page = array("q")  # objects of each page
        self.counts = np.zeros(0, np.int64)  # objects by class
        self.pages_with = np.zeros(0, np.int64)  # pages that have the class

    def add(self, page: PageObjects) -> None:
        self.images += 1
        self.pixels += page.width * page.height
        self.unsized += not page.width * page.height
        self.per_page.append(len(page.classes))
        counts = np.bincount(page.classes, minlength=len(self.counts))
        if len(counts) > len(self.counts):
            self.counts.resize(len(counts), refcheck=False)
            self.pages_with.resize(len(counts), refcheck=False)
        self.counts += counts
        self.pages_with += counts > 0

    @property
    def objects(self) -> int:
        return int(self.counts.sum())

    @property
    def classes_seen(self) -> int:
        return int(np.count_nonzero(self.counts))

    def objects_per_page(self) -> Spread:
        return spread(self.page_counts())

    def objects_per_class(self) -> Spread:
        """Over the classes that have an object, as the paper has it."""
        return spread(self.counts[self.counts > 0])

    def page_counts(self) -> NDArray[np.int64]:
        return np.array(self.per_page, np.int64)


def ranked(counts: NDArray[np.int64]) -> Sequence[int]:
    """Classes with objects, most first; equals by their order in the class list.

    >>> ranked(np.array([2, 0, 5, 2]))
    [2, 0, 3]
    """
    order = np.argsort(-counts, kind="stable")
    return [int(class_place) for class_place in order if counts[class_place]]


def top_share(counts: NDArray[np.int64], top: int = 10) -> float:
    """The share that the *top* most frequent classes have of all objects.

    >>> top_share(np.array([1, 2, 1]), top=1)
    0.5
    """
    total = int(counts.sum())
    return float(np.sort(counts)[::-1][:top].sum()) / total if total else 0.0
