"""Segmentation: a folder of maps of class ids against a dataset's pages.

Paper and unlabelled ink are class 0, which no figure over classes counts; what is predicted there
costs the class that is predicted.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores.auditing.own_audit import in_workers
from deepscores.dataset import Dataset, DatasetPage, open_dataset
from deepscores.errors import DatasetError
from deepscores.evaluating.missing import require_most
from deepscores.evaluating.pixels import (
    FAR_FALSE,
    FAR_MISSED,
    PREDICTED,
    TRUTH,
    Areas,
    ClassMap,
    PixelCounts,
    count_pixels,
    ink_iou,
    iou,
    no_areas,
    tolerant_iou,
)
from deepscores.evaluating.resampling import Estimate, estimate
from deepscores.formats.png import decode_png, decode_values
from deepscores.labelled import label_page
from deepscores.pipeline.progress import Progress, Silence
from deepscores.pipeline.workers import Failed, Limits
from deepscores.vocabulary.labels import LabelSet

COMMON_PIXELS = 1000  # of the truth, from which a class counts in the headline
_PAGES_A_TASK = 8
_GREY, _DEEP = 0, 8


@dataclass
class Segmentation:
    """Pixels of a split's pages, truth against prediction."""

    names: tuple[str, ...]  # of the classes, by id - 1
    confusion: NDArray[np.int64]  # (classes + 1, classes + 1): truth, predicted; 0: none
    by_work: dict[str, Areas] = field(default_factory=dict)
    by_font: dict[str, Areas] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)  # by page: pixels that are not as in truth
    missing: tuple[str, ...] = ()  # pages without a prediction, which count as empty ones

    @property
    def areas(self) -> Areas:
        """Of all pages."""
        return _stacked(self.by_work, len(self.names)).sum(axis=0)

    @property
    def common(self) -> NDArray[np.bool_]:
        """(classes + 1,): which have enough pixels to count in the headline."""
        return _at_least(self.areas, COMMON_PIXELS)

    def add(self, row: dict[str, Any], areas: Areas) -> None:
        """Add a page; *row* is that of ``pages.parquet``."""
        for key, group in ((str(row["work"]), self.by_work), (str(row["font"]), self.by_font)):
            group[key] = group.get(key, no_areas(len(self.names))) + areas


def measure_segmentation(
    dataset: Dataset,
    predictions: Path,
    split: str = "test",
    *,
    labels: LabelSet | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Segmentation:
    """Compare each page of *split* with the PNG of its name in *predictions* or its ``masks/``.

    PNGs are grey of 8 or 16 bits, or of a palette, and have the page's size; their values are
    class ids of *labels*, by default of the dataset's own. A page without one counts as empty.
    Pages are read one at a time, by *jobs* processes. Raise DatasetError for a PNG that is damaged,
    of another size or of unknown classes, and where most pages have none.
    """
    progress = progress or Silence()
    names = tuple(one.name for one in (labels or dataset.labels).classes)
    rows = [page.row for page in dataset.split(split)]
    folder = find_masks(predictions)
    there = {path.stem for path in folder.glob("*.png")}
    missing = tuple(row["page"] for row in rows if row["page"] not in there)
    require_most(len(rows), missing, f"{folder}: no PNG", f"pages of split {split}")
    found = Segmentation(names, np.zeros((len(names) + 1,) * 2, np.int64), missing=missing)
    progress.stage("Comparing pixels", len(rows))
    tasks = [
        _Task(dataset.folder, folder, rows[start : start + _PAGES_A_TASK], labels, len(names))
        for start in range(0, len(rows), _PAGES_A_TASK)
    ]
    for task, value in in_workers(_compare, tasks, _limits, jobs):
        if isinstance(value, Failed):
            raise DatasetError(f"{task.rows[0]['page']} ff.: {value.reason}: {value.detail}")
        found.confusion += value.confusion
        for row, areas, wrong in zip(task.rows, value.areas, value.wrong, strict=True):
            found.add(row, areas)
            found.wrong[row["page"]] = wrong
            progress.advance()
    return found


def find_masks(predictions: Path) -> Path:
    """The folder with the maps: *predictions*, or its ``masks/``; DatasetError without one."""
    if not predictions.is_dir():
        raise DatasetError(f"{predictions}: not a folder of PNGs with class ids")
    folder = predictions / "masks"
    return folder if folder.is_dir() else predictions



@dataclass(frozen=True, slots=True)
class _Task:
    """Some pages of a dataset to compare."""

    dataset: Path
    predictions: Path
    rows: list[dict[str, Any]]
    labels: LabelSet | None
    classes: int


@dataclass(slots=True)
class _Compared:
    """What comparing some pages gave."""

    confusion: NDArray[np.int64]
    areas: list[Areas]
    wrong: list[int]


def _limits(task: _Task) -> Limits:
    return Limits(600 + 60 * len(task.rows), 8 * 2**30)


def _compare(task: _Task) -> _Compared:
    dataset = open_dataset(task.dataset)
    found = _Compared(np.zeros((task.classes + 1,) * 2, np.int64), [], [])
    for row in task.rows:
        page = dataset.page_of(row)
        confusion, areas = _count(page, task)
        found.confusion += confusion
        found.areas.append(areas)
        found.wrong.append(int(confusion.sum() - np.trace(confusion)))
    return found


def _count(page: DatasetPage, task: _Task) -> PixelCounts:
    truth, image = true_classes(page, task.labels)
    path = task.predictions / f"{page.name}.png"
    predicted = read_classes(path, truth.shape, task.classes) if path.exists() else 0 * truth
    return count_pixels(truth, predicted, image, task.classes)


def true_classes(
    page: DatasetPage, labels: LabelSet | None
) -> tuple[ClassMap, NDArray[np.uint8]]:
    """The class id of each pixel of a page, and its picture; DatasetError if they do not fit."""
    if labels is not None:
        labelled = label_page(page, labels)
        return labelled.class_map, labelled.image
    truth, image = page.mask, page.image
    if truth.shape != image.shape:
        raise DatasetError(f"{page.folder}: {page.name}: image and mask are of different sizes")
    return truth, image


def read_classes(path: Path, shape: tuple[int, ...], classes: int) -> ClassMap:
    """The map of class ids in a PNG, of *shape* (height, width); DatasetError if it is none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from None
    grey = data[25:26] == bytes([_GREY])
    if grey and data[24] < _DEEP:  # readers stretch these to 0…255
        raise DatasetError(f"{path}: grey of {data[24]} bits; class ids need 8 or 16, or a palette")
    values = decode_png(data, str(path)) if grey else decode_values(data, str(path))
    if values.shape != shape:
        sizes = [f"{one[1]} x {one[0]} px" for one in (values.shape, shape)]
        raise DatasetError(f"{path}: {sizes[0]}, its page is {sizes[1]}")
    highest = int(values.max(initial=0))
    if highest > classes:
        raise DatasetError(f"{path}: a pixel of value {highest}; class ids are 0 to {classes}")
    return values.astype(np.uint16 if classes > 255 else np.uint8, copy=False)


def _stacked(groups: dict[str, Areas], classes: int) -> NDArray[np.int64]:
    """(groups, 8, classes + 1), by name."""
    some = [groups[name] for name in sorted(groups)]
    return np.stack(some) if some else no_areas(classes)[None]


def _at_least(areas: Areas, pixels: int) -> NDArray[np.bool_]:
    enough: NDArray[np.bool_] = areas[TRUTH] >= pixels
    enough[0] = False  # paper
    return enough
