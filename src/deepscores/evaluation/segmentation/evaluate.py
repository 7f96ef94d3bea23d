"""Segmentation: maps of class ids against the pages of a dataset.

Paper and unlabelled ink are no class; what is predicted there costs the class that is predicted. A
class's figure is intersection over union (IoU) over all pixels of the test set together. On ink,
only pixels at least half black count (`pixels`). Within 1 px, a pixel of the union is right if each
side that has the class there finds it on the other side in one of the nine places around.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.reader import open_dataset
from deepscores.errors import DatasetError
from deepscores.evaluation.request import Request
from deepscores.evaluation.results import NOTHING, Cell, Confusion, Evaluation, Measure, ResultTable
from deepscores.evaluation.samples.groups import Group, groups_of
from deepscores.evaluation.samples.missing import few_works, name_missing, require_most
from deepscores.evaluation.samples.works import measure, work_places, work_weights
from deepscores.evaluation.segmentation.pixels import (
    AGREED,
    PREDICTED,
    TRUTH,
    count_pixels,
    ink_iou,
    iou,
    tolerant_iou,
)
from deepscores.evaluation.segmentation.reading import find_masks, read_classes, true_classes
from deepscores.inspection.checking.own_dataset import in_workers
from deepscores.page.labels.label_sets import LabelSet
from deepscores.runs.executors.protocol import Failed, Limits

COMMON_PIXELS = 1000  # of the truth, from which a class counts in the headline
_PAGES_PER_TASK = 8

Sums = NDArray[Any]  # (…, 8, classes + 1): areas as in `pixels`, added up


class PixelTotals(NamedTuple):
    """The pixels of all pages, added up; axes of classes begin with paper."""

    confusion: NDArray[np.int64]  # (classes + 1, classes + 1): truth, predicted
    of_work: NDArray[np.int64]  # (works, 8, classes + 1)
    of_group: NDArray[np.int64]  # (groups, 8, classes + 1)
    wrong: NDArray[np.int64]  # (pages,) pixels of another class than in the truth
    labelled: NDArray[np.int64]  # (pages,) pixels that are labelled


def evaluate_segmentation(request: Request) -> Evaluation:
    """Compare each page with the PNG of its name in the folder of predictions, or its ``masks/``.

    PNGs are grey of 8 or 16 bits or by a palette, of the page's size; their values are class ids
    of the label set, 0 for none. Pixels of classes that do not count are unlabelled on both sides.
    A page without a PNG counts as empty. Pages are read one at a time, by the requested number of
    processes. Raise DatasetError for a PNG that is damaged, of another size or of
    unknown ids, and where most pages have none.
    """
    folder = find_masks(request.predictions)
    predicted_names = {path.stem for path in folder.glob("*.png")}
    missing = [page.name for page in request.pages if page.name not in predicted_names]
    items = f"pages of split {request.split}"
    require_most(len(request.pages), missing, f"{folder}: no PNG", items)
    works, number = work_places([str(page.row["work"]) for page in request.pages])
    groups = groups_of(request.pages)
    totals = _add_up(request, folder, works, groups)
    resampled = _resampled(totals.of_work, request)
    areas = totals.of_work.sum(axis=0)
    return Evaluation(
        "segment", request.protocol, request.dataset.folder.resolve().name,
        request.predictions.name, request.split, request.label_set.name,
        {"pages": len(request.pages), "works": number, "pages missing": len(missing)}
        | _counts(areas),
        _measures(areas, resampled),
        (
            _class_table(totals, resampled, request), _excluded_table(areas, request),
            _group_table(totals, groups, request), _page_table(totals, request),
        ),
        (
            *name_missing(missing, items, "count as empty pages"),
            *few_works(number, request.resamples),
        ),
        {"least pixels": COMMON_PIXELS, "resamples": request.resamples, "seed": request.seed},
        confusion=_confusion(totals.confusion, request),
    )  # fmt: skip


def _counts(areas: Sums) -> dict[str, int]:
    return {
        "labelled pixels": int(areas[TRUTH, 1:].sum()),
        "classes with a pixel": int(_at_least(areas, 1).sum()),
        "classes in macro": int(_at_least(areas, COMMON_PIXELS).sum()),
    }


class _Task(NamedTuple):
    """Some pages of a dataset to compare."""

    dataset: Path
    masks: Path
    rows: list[dict[str, Any]]
    first: int  # the place of the first page
    labels: LabelSet | None
    counted_ids: NDArray[np.uint16]  # (classes + 1,): the id that each id counts as


class _Compared(NamedTuple):
    """The comparison of some pages; *areas* are of each page."""

    confusion: NDArray[np.int64]
    areas: list[NDArray[np.int64]]
    wrong: list[int]


def _add_up(
    request: Request, folder: Path, works: NDArray[np.int64], groups: list[Group]
) -> PixelTotals:
    counted_ids = kept_ids(request)
    side, pages = len(counted_ids), len(request.pages)
    totals = PixelTotals(
        np.zeros((side, side), np.int64),
        np.zeros((int(works.max()) + 1, 8, side), np.int64),
        np.zeros((len(groups), 8, side), np.int64),
        np.zeros(pages, np.int64),
        np.zeros(pages, np.int64),
    )
    of_page: list[list[int]] = [[] for _ in range(pages)]
    for number, group in enumerate(groups):
        for place in group.pages.tolist():
            of_page[place].append(number)
    request.progress.stage("Comparing pixels", pages)
    for task, value in in_workers(
        _compare, _tasks(request, folder, counted_ids), _limits, request.executor
    ):
        if isinstance(value, Failed):
            raise DatasetError(f"{task.rows[0]['page']} ff.: {value.reason}: {value.detail}")
        totals.confusion[:] += value.confusion
        for place, (areas, wrong) in enumerate(
            zip(value.areas, value.wrong, strict=True), start=task.first
        ):
            totals.of_work[works[place]] += areas
            totals.of_group[of_page[place]] += areas
            totals.wrong[place] = wrong
            totals.labelled[place] = areas[TRUTH, 1:].sum()
        request.progress.advance(len(task.rows))
    return totals


def kept_ids(request: Request) -> NDArray[np.uint16]:
    """(classes + 1,): the id that each id of the label set counts as, 0 if it is not asked for."""
    ids = np.zeros(len(request.label_set.classes) + 1, np.uint16)
    ids[list(request.names)] = list(request.names)
    return ids


def _tasks(request: Request, folder: Path, counted_ids: NDArray[np.uint16]) -> Iterator[_Task]:
    for first in range(0, len(request.pages), _PAGES_PER_TASK):
        rows = [page.row for page in request.pages[first : first + _PAGES_PER_TASK]]
        yield _Task(request.dataset.folder, folder, rows, first, request.labels, counted_ids)


def _limits(task: _Task) -> Limits:
    return Limits(600 + 60 * len(task.rows), 8 * 2**30)


def _compare(task: _Task) -> _Compared:
    dataset, side = open_dataset(task.dataset), len(task.counted_ids)
    confusion = np.zeros((side, side), np.int64)
    areas, wrong = [], []
    for row in task.rows:
        page = dataset.page_of(row)
        truth, image = true_classes(page, task.labels, side - 1)
        path = task.masks / f"{page.name}.png"
        predicted = read_classes(path, truth.shape, side - 1) if path.exists() else 0 * truth
        counts = count_pixels(task.counted_ids[truth], task.counted_ids[predicted], image, side - 1)
        confusion += counts.confusion
        areas.append(counts.areas)
        wrong.append(int(counts.confusion.sum() - np.trace(counts.confusion)))
    return _Compared(confusion, areas, wrong)


def _resampled(of_work: NDArray[np.int64], request: Request) -> Sums | None:
    """(resamples, 8, classes + 1): sums of resampled works; None with a single work."""
    works = len(of_work)
    if request.resamples < 1 or works < 2:
        return None
    weights = work_weights(works, request.resamples, request.seed).astype(np.float64)
    sums: Sums = weights @ of_work.reshape(works, -1).astype(np.float64)
    return sums.reshape(-1, *of_work.shape[1:])


def _at_least(areas: Sums, pixels: int) -> NDArray[np.bool_]:
    """(classes + 1,): the classes with so many pixels in the truth; paper is none."""
    enough: NDArray[np.bool_] = areas[TRUTH] >= pixels
    enough[0] = False
    return enough


def _mean(values: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The mean of the *mask* classes that have a value: (n,) from (n, classes + 1)."""
    has_value = ~np.isnan(values) & mask
    count = has_value.sum(axis=1)
    total = np.where(has_value, values, 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _share(part: NDArray[Any], total: NDArray[Any]) -> NDArray[np.float64]:
    return np.where(total > 0, part / np.maximum(total, 1), np.nan)


def _weighted(sums: Sums) -> NDArray[np.float64]:
    """IoU weighted by the classes' pixels in the truth: (n,)."""
    pixels = sums[:, TRUTH, 1:]
    return _share((np.nan_to_num(iou(sums)[:, 1:]) * pixels).sum(axis=1), pixels.sum(axis=1))


def _accuracy(sums: Sums) -> NDArray[np.float64]:
    return _share(sums[:, AGREED].sum(axis=1), sums[:, TRUTH].sum(axis=1))


def _labelled_accuracy(sums: Sums) -> NDArray[np.float64]:
    return _share(sums[:, AGREED, 1:].sum(axis=1), sums[:, TRUTH, 1:].sum(axis=1))


def _figures(areas: Sums) -> dict[str, Callable[[Sums], NDArray[np.float64]]]:
    """The figures of the whole, (n,) from (n, 8, classes + 1); *areas* say which classes count."""
    common, present = _at_least(areas, COMMON_PIXELS), _at_least(areas, 1)
    return {
        "mIoU": lambda sums: _mean(iou(sums), common),
        "mIoU, all classes": lambda sums: _mean(iou(sums), present),
        "frequency-weighted IoU": _weighted,
        "mIoU on ink": lambda sums: _mean(ink_iou(sums), common),
        "mIoU within 1 px": lambda sums: _mean(tolerant_iou(sums), common),
        "pixel accuracy": _accuracy,
        "accuracy of labelled pixels": _labelled_accuracy,
    }


def _measures(areas: Sums, resampled: Sums | None) -> dict[str, Measure]:
    return {
        name: measure(
            float(figure(areas[None])[0]), None if resampled is None else figure(resampled)
        )
        for name, figure in _figures(areas).items()
    }


def _class_table(totals: PixelTotals, resampled: Sums | None, request: Request) -> ResultTable:
    areas = totals.of_work.sum(axis=0)
    values = [figure(areas) for figure in (iou, ink_iou, tolerant_iou)]
    drawn = None if resampled is None else iou(resampled)
    common = _at_least(areas, COMMON_PIXELS)
    rows = []
    for class_id in sorted(request.names, key=lambda class_id: -int(areas[TRUTH, class_id])):
        if not areas[TRUTH, class_id] and not areas[PREDICTED, class_id]:
            continue
        iou_measure = measure(
            float(values[0][class_id]), None if drawn is None else drawn[:, class_id]
        )
        rows.append(
            (
                request.names[class_id], int(areas[TRUTH, class_id]),
                int(areas[PREDICTED, class_id]), *iou_measure,
                *(_plain(value[class_id]) for value in values[1:]),
                _plain(_share(areas[AGREED, class_id], areas[PREDICTED, class_id])),
                _plain(_share(areas[AGREED, class_id], areas[TRUTH, class_id])),
                _most_taken_for(totals.confusion[class_id], class_id, request.names),
                bool(common[class_id]),
            )
        )  # fmt: skip
    return ResultTable(
        "classes",
        "Classes",
        (
            "class", "pixels", "predicted", "IoU", "low", "high", "IoU on ink", "IoU within 1 px",
            "precision", "recall", "most taken for", "in macro",
        ),
        tuple(rows),
        "Pixels of the truth and of the prediction; low and high: the 95 % interval of the IoU "
        f"from resampling works. In macro: with {COMMON_PIXELS:,} pixels or more, so part of mIoU.",
    )  # fmt: skip


def _plain(value: NDArray[np.float64] | np.float64) -> float | None:
    return None if np.isnan(value) else float(value)


def _most_taken_for(row: NDArray[np.int64], class_id: int, names: dict[int, str]) -> str:
    """The class that the pixels of *class_id* were most often mistaken for, and its share."""
    total, counts = int(row.sum()), row.copy()
    counts[class_id] = 0
    top = int(np.argmax(counts))
    if not counts[top]:
        return ""
    return f"{names.get(top, NOTHING)} ({counts[top] / total:.1%})"


def _excluded_table(areas: Sums, request: Request) -> ResultTable:
    """The classes that the headline leaves out, and why."""
    values, rows = iou(areas), list[tuple[Cell, ...]]()
    for class_id, name in request.names.items():
        pixels = int(areas[TRUTH, class_id])
        if pixels < COMMON_PIXELS:
            rows.append((name, pixels, int(areas[PREDICTED, class_id]), _plain(values[class_id])))
    return ResultTable(
        "excluded",
        "Classes that mIoU leaves out",
        ("class", "pixels", "predicted", "IoU"),
        tuple(sorted(rows, key=lambda row: -int(row[1] or 0))),
        f"They have fewer than {COMMON_PIXELS:,} pixels in this split; those with one at least "
        "count in “mIoU, all classes”.",
    )


def _group_table(totals: PixelTotals, groups: list[Group], request: Request) -> ResultTable:
    figures = _figures(totals.of_work.sum(axis=0))
    works = np.array([str(page.row["work"]) for page in request.pages])
    rows: list[tuple[Cell, ...]] = []
    for group, areas in zip(groups, totals.of_group, strict=True):
        values = [_plain(figure(areas[None])[0]) for figure in figures.values()]
        work_count = len(np.unique(works[group.pages]))
        rows.append((group.kind, group.name, len(group.pages), work_count, *values))
    return ResultTable(
        "groups",
        "Fonts, engravers, degradations",
        ("of", "name", "pages", "works", *figures),
        tuple(rows),
        "Macro averages over the classes of the whole that occur in the group.",
    )


def _page_table(totals: PixelTotals, request: Request) -> ResultTable:
    pages = (
        (place, request.pages[place]) for place in np.argsort(-totals.wrong, kind="stable").tolist()
    )
    rows = (
        (
            page.name, str(page.row["work"]), str(page.row["font"]),
            int(totals.labelled[place]), int(totals.wrong[place]),
        )
        for place, page in pages
    )  # fmt: skip
    return ResultTable(
        "pages",
        "Pages",
        ("page", "work", "font", "labelled pixels", "wrong pixels"),
        tuple(rows),
        "Those with the most wrong pixels first.",
    )


def _confusion(counts: NDArray[np.int64], request: Request) -> Confusion:
    order = [*request.names, 0]
    return Confusion(
        (*request.names.values(), NOTHING),
        counts[np.ix_(order, order)],
        "Pixels, of all pages. Nothing is paper and unlabelled ink.",
    )
