"""Classification: a table of labels against the patches of a dataset."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.errors import RecipeError
from deepscores.evaluation.classification.reading import (
    Answer,
    TruePatch,
    read_answers,
    true_patches,
)
from deepscores.evaluation.request import Request
from deepscores.evaluation.results import NOTHING, Cell, Confusion, Evaluation, Measure, ResultTable
from deepscores.evaluation.samples.groups import groups_of
from deepscores.evaluation.samples.missing import few_works, name_missing, require_most
from deepscores.evaluation.samples.works import measure, work_places, work_weights
from deepscores.page.model.packing import pack

COMMON_PATCHES = 20  # of the split, from which a class counts in the headline
_WORST = 5

Counts = NDArray[Any]  # (…, 2, classes): patches, and those of them that are right


class PatchLabels(NamedTuple):
    """Patches in columns, truth against prediction, sorted by name."""

    names: tuple[str, ...]  # of the classes
    patches: tuple[TruePatch, ...]
    truth: NDArray[np.int64]  # (n,) places in `names`
    predicted: NDArray[
        np.int64
    ]  # (n,) places in `names`; as many as there are: nothing is predicted
    score: NDArray[np.float64]  # (n,) NaN without one

    @property
    def right(self) -> NDArray[np.bool_]:
        """(n,): which are predicted rightly; those without a prediction are not."""
        is_right: NDArray[np.bool_] = self.truth == self.predicted
        return is_right

    def missing(self) -> list[str]:
        """The names of the patches without a prediction."""
        places = np.flatnonzero(self.predicted == len(self.names)).tolist()
        return [self.patches[place].name for place in places]

    def confusion(self) -> NDArray[np.int64]:
        """(classes, classes + 1): truth, and what was predicted; last: nothing."""
        side = len(self.names)
        pairs = pack([self.truth, self.predicted], [side, side + 1])
        return np.bincount(pairs, minlength=side * (side + 1)).reshape(side, side + 1)

    def counts(self, groups: NDArray[np.int64], number: int) -> NDArray[np.int64]:
        """(number, 2, classes), where *groups* tell the group of each patch."""
        counts = np.zeros((number, 2, len(self.names)), np.int64)
        np.add.at(counts[:, 0], (groups, self.truth), 1)
        np.add.at(counts[:, 1], (groups[self.right], self.truth[self.right]), 1)
        return counts


def evaluate_classification(request: Request) -> Evaluation:
    """Compare a CSV file of labels with the files in ``patches/`` of the split's pages.

    It has a head, ``patch,label`` or ``patch,label,score``; a patch is called ``PAGE-NUMBER`` as
    its file is, a label is a class's name. A patch without a row counts as wrong; rows about
    patches of other splits and classes are passed over. Raise DatasetError for a file that is not
    such a table and where most patches have no row, RecipeError for a label set other than the
    dataset's.
    """
    if request.label_set.classes != request.dataset.labels.classes:
        raise RecipeError("labels: patches are of the dataset's own label set")
    labels, of_page, other_rows = _read(request)
    works, number = work_places([str(page.row["work"]) for page in request.pages])
    of_work = labels.counts(works[of_page], number)
    of_work = of_work[of_work.any(axis=(1, 2))]
    counts = of_work.sum(axis=0)
    missing = labels.missing()
    return Evaluation(
        "classify", request.protocol, request.dataset.folder.resolve().name,
        request.predictions.name, request.split, request.label_set.name,
        {
            "patches": len(labels.patches), "works": len(of_work), "patches missing": len(missing),
            "other rows": other_rows, "classes with a patch": int((counts[0] > 0).sum()),
            "classes in macro": int(_common(counts).sum()),
        },
        _measures(of_work, request),
        (
            _worst_table(labels, counts), _class_table(labels, counts),
            _group_table(labels, counts, request, of_page), _mistake_table(labels),
        ),
        (
            *name_missing(missing, "patches", "count as wrong"),
            *few_works(len(of_work), request.resamples),
        ),
        {"least patches": COMMON_PATCHES, "resamples": request.resamples, "seed": request.seed},
        confusion=_confusion(labels),
    )  # fmt: skip


def _read(request: Request) -> tuple[PatchLabels, NDArray[np.int64], int]:
    """The patches with their labels, the place of each one's page, and how many rows are others."""
    names = tuple(label_class.name for label_class in request.label_set.classes)
    places = {page.name: place for place, page in enumerate(request.pages)}
    class_patches = true_patches(request.dataset.folder, request.names.values())
    patches = [patch for patch in class_patches if patch.page in places]
    answers = read_answers(request.predictions, names)
    labels = compare_labels(names, patches, answers)
    missing = labels.missing()
    items = f"patches of split {request.split}"
    require_most(len(patches), missing, f"{request.predictions}: no row", items)
    of_page = np.array([places[patch.page] for patch in labels.patches], np.int64)
    return labels, of_page, len(answers) - (len(patches) - len(missing))


def compare_labels(
    names: Sequence[str], patches: Iterable[TruePatch], answers: Mapping[str, Answer]
) -> PatchLabels:
    """Set the *answers* of a model beside the truth of *patches*; classes are *names*."""
    ordered = tuple(sorted(patches))
    places = {name: place for place, name in enumerate(names)}
    ordered_answers = [answers.get(patch.name) for patch in ordered]
    return PatchLabels(
        tuple(names),
        ordered,
        np.array([places[patch.label] for patch in ordered], np.int64),
        np.array(
            [len(names) if answer is None else places[answer.label] for answer in ordered_answers],
            np.int64,
        ),
        np.array(
            [
                np.nan if answer is None or answer.score is None else answer.score
                for answer in ordered_answers
            ],
            np.float64,
        ),
    )


def top_1(counts: Counts) -> NDArray[np.float64]:
    """The share of patches that are right: (n,) from (n, 2, classes)."""
    totals, right = counts[:, 0].sum(axis=1), counts[:, 1].sum(axis=1)
    return np.where(totals > 0, right / np.maximum(totals, 1), np.nan)


def balanced(counts: Counts, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The mean recall of the *mask* classes that have a patch: (n,) from (n, 2, classes).

    >>> balanced(np.array([[[4, 1, 0], [4, 0, 0]]]), np.array([True, True, True])).tolist()
    [0.5]
    """
    has_patch = (counts[:, 0] > 0) & mask
    recalls = np.where(has_patch, counts[:, 1] / np.maximum(counts[:, 0], 1), 0)
    class_counts = has_patch.sum(axis=1)
    return np.where(class_counts > 0, recalls.sum(axis=1) / np.maximum(class_counts, 1), np.nan)


def _common(counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(classes,): which have patches enough to count in the headline."""
    enough: NDArray[np.bool_] = counts[0] >= COMMON_PATCHES
    return enough


def _figures(counts: NDArray[np.int64]) -> dict[str, Callable[[Counts], NDArray[np.float64]]]:
    """The figures of the whole, of whose *counts* it depends which classes count."""
    common = _common(counts)
    return {
        "top-1": top_1,
        "balanced accuracy": lambda sums: balanced(sums, common),
        "balanced accuracy, all classes": lambda sums: balanced(sums, counts[0] > 0),
    }


def _measures(of_work: NDArray[np.int64], request: Request) -> dict[str, Measure]:
    works, counts = len(of_work), of_work.sum(axis=0)
    resampled: Counts | None = None
    if request.resamples > 0 and works > 1:
        weights = work_weights(works, request.resamples, request.seed)
        resampled = np.tensordot(weights, of_work, axes=1)
    return {
        name: measure(
            float(figure(counts[None])[0]), None if resampled is None else figure(resampled)
        )
        for name, figure in _figures(counts).items()
    }


def _class_rows(labels: PatchLabels, counts: NDArray[np.int64]) -> list[tuple[Cell, ...]]:
    confusion, common = labels.confusion(), _common(counts)
    predicted = confusion[:, :-1].sum(axis=0)
    rows: list[tuple[Cell, ...]] = []
    for place in np.argsort(-counts[0], kind="stable").tolist():
        total, right = counts[:, place].tolist()
        if total:
            precision = right / int(predicted[place]) if predicted[place] else None
            confused_with = _most_taken_for(confusion[place], place, labels.names)
            rows.append(
                (
                    labels.names[place], total, right, right / total, precision, confused_with,
                    bool(common[place]),
                )
            )  # fmt: skip
    return rows


_COLUMNS = ("class", "patches", "right", "recall", "precision", "most taken for", "in macro")


def _most_taken_for(row: NDArray[np.int64], class_place: int, names: tuple[str, ...]) -> str:
    counts = row.copy()
    counts[class_place] = 0
    top = int(np.argmax(counts))
    if not counts[top]:
        return ""
    return f"{(*names, NOTHING)[top]} ({counts[top] / row.sum():.1%})"


def _worst_table(labels: PatchLabels, counts: NDArray[np.int64]) -> ResultTable:
    rows = [row for row in _class_rows(labels, counts) if row[-1]]
    recall = _COLUMNS.index("recall")
    worst = sorted(rows, key=lambda row: float(row[recall] or 0))[:_WORST]
    return ResultTable(
        "worst",
        f"The worst {_WORST} classes",
        _COLUMNS,
        tuple(worst),
        f"By recall, of the classes with {COMMON_PATCHES} patches or more.",
    )


def _class_table(labels: PatchLabels, counts: NDArray[np.int64]) -> ResultTable:
    return ResultTable(
        "classes",
        "Classes",
        _COLUMNS,
        tuple(_class_rows(labels, counts)),
        f"In macro: with {COMMON_PATCHES} patches or more, so part of balanced accuracy, the mean "
        "recall of these.",
    )


def _group_table(
    labels: PatchLabels, counts: NDArray[np.int64], request: Request, of_page: NDArray[np.int64]
) -> ResultTable:
    figures = _figures(counts)
    works = np.array([str(page.row["work"]) for page in request.pages])
    rows: list[tuple[Cell, ...]] = []
    for group in groups_of(request.pages):
        in_group = np.isin(of_page, group.pages)
        group_counts = labels.counts(np.where(in_group, 0, 1), 2)[:1]
        values = [float(figure(group_counts)[0]) for figure in figures.values()]
        cells = [None if np.isnan(value) else value for value in values]
        rows.append(
            (
                group.kind, group.name, len(group.pages), len(np.unique(works[group.pages])),
                int(in_group.sum()), *cells,
            )
        )  # fmt: skip
    return ResultTable(
        "groups",
        "Fonts, engravers, degradations",
        ("of", "name", "pages", "works", "patches", *figures),
        tuple(rows),
        "Macro averages over the classes of the whole that occur in the group.",
    )


def _mistake_table(labels: PatchLabels) -> ResultTable:
    """Every patch that is wrong, the surest first."""
    rows = np.flatnonzero(~labels.right)
    order = np.argsort(-np.nan_to_num(labels.score[rows], nan=-np.inf), kind="stable")
    names = (*labels.names, NOTHING)
    table_rows: list[tuple[Cell, ...]] = []
    for row in rows[order].tolist():
        patch, score = labels.patches[row], float(labels.score[row])
        predicted = names[int(labels.predicted[row])]
        table_rows.append((patch.name, patch.label, predicted, None if np.isnan(score) else score))
    return ResultTable(
        "mistakes",
        "Mistakes",
        ("patch", "is", "taken for", "score"),
        tuple(table_rows),
        "Every patch that is wrong, those with the highest scores first.",
    )


def _confusion(labels: PatchLabels) -> Confusion:
    side = len(labels.names) + 1
    counts = np.zeros((side, side), np.int64)
    counts[:-1] = labels.confusion()
    return Confusion((*labels.names, NOTHING), counts, "Patches. Nothing: without a prediction.")
