"""One pass over the pages of a dataset: groups, places, sizes, overlaps, samples."""

from bisect import insort
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.reader import Dataset
from deepscores.inspection.report.page_objects import PageObjects, own_pages
from deepscores.inspection.report.tally import Tally
from deepscores.page.measuring.staff_space import TYPICAL
from deepscores.page.overlaps import overlapping_pairs
from deepscores.runs.streams import key_hash

GROUPS = ("split", "font", "engraver")
GRID = (40, 28)  # rows and columns of the map of places
SIZES = ("height", "width", "area")
DECADE = 12  # bins of a factor of ten in size
SMALLEST = 0.01  # pixels, staff spaces or their squares: where the first bin of sizes begins
BINS = 9 * DECADE
MIN_OVERLAP = 0.01  # intersection over union
_SAMPLES = 6  # of each class
_MORE_HIDDEN = 0.05  # more than the least hidden on the page: that one alone would be of one kind


class Sample(NamedTuple):
    """One object to be shown; samples of one class are of different pages."""

    rank: int  # pages come in the order of a hash of their names
    page: str
    number: int  # of its first symbol
    class_place: int  # class id - 1
    box: tuple[float, float, float, float]
    staff_space: float


class Survey:
    """The results of one pass. Arrays by class have a place for every class of the label set."""

    def __init__(self, classes: int) -> None:
        self.total = Tally()
        self.groups: dict[str, dict[str, Tally]] = {name: {} for name in GROUPS}
        self.together = np.zeros((classes, classes), np.int64)  # pages that have both
        self.places = np.zeros((classes, *GRID), np.int64)  # centres, in shares of the page
        self.in_pixels = np.zeros((len(SIZES), BINS), np.int64)  # objects by size, see `size_edges`
        self.in_staff_spaces = np.zeros((len(SIZES), BINS), np.int64)
        self.hidden = np.zeros(
            (4, classes)
        )  # sum of shares; objects over a tenth, over half, wholly
        self.overlaps: Counter[tuple[int, int]] = Counter()  # pairs of boxes by pair of classes
        self.overlapping = np.zeros(classes, np.int64)  # objects whose box meets another's
        self.density: list[float] = []  # objects per megapixel, of each page
        self.variety: list[tuple[int, int, str]] = []  # classes, objects and name of each page
        self.samples: list[list[Sample]] = [[] for _ in range(classes)]


def survey(dataset: Dataset, advance: Callable[[], None] = lambda: None) -> Survey:
    """Go through all pages of *dataset* once; *advance* is called after each."""
    result = Survey(len(dataset.labels.classes))
    rows = {page.name: page.row for page in dataset}
    for page in own_pages(dataset):
        result.total.add(page)
        for column, tallies in result.groups.items():
            tallies.setdefault(str(rows[page.name][column]), Tally()).add(page)
        _look(page, result)
        advance()
    for tally in _tallies(result):
        _widen(tally, len(dataset.labels.classes))
    return result


def _tallies(result: Survey) -> list[Tally]:
    return [result.total, *(tally for group in result.groups.values() for tally in group.values())]


def _widen(tally: Tally, classes: int) -> None:
    """A place for every class, also for those behind the last one that occurs."""
    for array in (tally.counts, tally.pages_with):
        array.resize(max(classes, len(array)), refcheck=False)


def _look(page: PageObjects, result: Survey) -> None:
    result.density.append(1e6 * len(page.classes) / (page.width * page.height))
    if not len(page.classes):
        return
    present = np.unique(page.classes)
    result.variety.append((len(present), len(page.classes), page.name))
    result.together[np.ix_(present, present)] += 1
    _note_places(page, result)
    _note_sizes(page, result)
    _note_hidden(page, result)
    _note_overlaps(page, result)
    _take_samples(page, present, result)


def _note_places(page: PageObjects, result: Survey) -> None:
    centres = (page.boxes[:, :2] + page.boxes[:, 2:]) / 2
    shares = np.clip(centres / (page.width, page.height), 0, 1 - 1e-9)
    rows, columns = (shares[:, 1] * GRID[0]).astype(int), (shares[:, 0] * GRID[1]).astype(int)
    np.add.at(result.places, (page.classes, rows, columns), 1)


def _note_sizes(page: PageObjects, result: Survey) -> None:
    widths, heights = (page.boxes[:, 2:] - page.boxes[:, :2]).T
    for place, (values, power) in enumerate(((heights, 1), (widths, 1), (heights * widths, 2))):
        result.in_pixels[place] += _binned(values)
        if page.staff_space:
            result.in_staff_spaces[place] += _binned(values / page.staff_space**power)


def size_edges() -> NDArray[np.float64]:
    """The `BINS` + 1 edges of the bins of sizes."""
    return SMALLEST * 10 ** (np.arange(BINS + 1) / DECADE)


def _binned(values: NDArray[np.float64]) -> NDArray[np.int64]:
    bins = np.floor(DECADE * np.log10(np.maximum(values, SMALLEST) / SMALLEST)).astype(int)
    return np.bincount(np.clip(bins, 0, BINS - 1), minlength=BINS)


def _note_hidden(page: PageObjects, result: Survey) -> None:
    if page.hidden is None:
        return
    for row, weights in enumerate(
        (page.hidden, page.hidden > 0.1, page.hidden > 0.5, page.hidden >= 1)
    ):
        np.add.at(result.hidden[row], page.classes, weights)


def _note_overlaps(page: PageObjects, result: Survey) -> None:
    pairs = overlapping_pairs(page.boxes, MIN_OVERLAP)
    overlapping_rows = np.unique(np.concatenate([pairs.first, pairs.second]))
    np.add.at(result.overlapping, page.classes[overlapping_rows], 1)
    class_pairs = np.sort(
        np.stack([page.classes[pairs.first], page.classes[pairs.second]], 1), axis=1
    )
    for (first, second), times in zip(
        *np.unique(class_pairs, axis=0, return_counts=True), strict=True
    ):
        result.overlaps[int(first), int(second)] += int(times)


def _take_samples(page: PageObjects, present: NDArray[np.int64], result: Survey) -> None:
    """Keep the page's objects as samples where its rank is among the lowest so far."""
    rank = key_hash(0, "report", page.name)
    space = page.staff_space or TYPICAL  # what samples are drawn to scale by
    for class_place in present.tolist():
        samples = result.samples[class_place]
        if len(samples) == _SAMPLES and rank > samples[-1].rank:
            continue
        rows = np.flatnonzero(page.classes == class_place)
        if page.hidden is not None:  # the least hidden are shown
            rows = rows[page.hidden[rows] <= page.hidden[rows].min() + _MORE_HIDDEN]
        row = rows[rank % len(rows)]
        number = int(page.numbers[row]) if page.numbers is not None else 0
        x0, y0, x1, y1 = page.boxes[row].tolist()
        insort(
            samples,
            Sample(rank, page.name, number, class_place, (x0, y0, x1, y1), space),
        )
        del samples[_SAMPLES:]
