"""Classification: a table of labels against the patches of a dataset."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.errors import RecipeError
from deepscores.evaluation.classification.reading_labels import (
    Answer,
    TruePatch,
    read_answers,
    true_patches,
)
from deepscores.evaluation.groups import groups_of
from deepscores.evaluation.missing import few_works, name_missing, require_most
from deepscores.evaluation.request import Request
from deepscores.evaluation.resampling import measure, work_places, work_weights
from deepscores.evaluation.results import NOTHING, Cell, Confusion, Evaluation, Measure, Table
from deepscores.page.model.packing import pack

COMMON_PATCHES = 20  # of the split, from which a class counts in the headline
_WORST = 5

Counts = NDArray[Any]  # (…, 2, classes): patches, and those of them that are right


class Labels(NamedTuple):
    """Patches in columns, truth against prediction, sorted by name."""

    names: tuple[str, ...]  # of the classes
    patches: tuple[TruePatch, ...]
    truth: NDArray[np.int64]  # (n,) places in `names`
    found: NDArray[np.int64]  # (n,) places in `names`; as many as there are: nothing is predicted
    score: NDArray[np.float64]  # (n,) NaN where none is given

    @property
    def right(self) -> NDArray[np.bool_]:
        """(n,): which are predicted rightly; those without a prediction are not."""
        same: NDArray[np.bool_] = self.truth == self.found
        return same

    def missing(self) -> list[str]:
        """The names of the patches without a prediction."""
        places = np.flatnonzero(self.found == len(self.names)).tolist()
        return [self.patches[place].name for place in places]

    def confusion(self) -> NDArray[np.int64]:
        """(classes, classes + 1): truth, and what was predicted; last: nothing."""
        side = len(self.names)
        pairs = pack([self.truth, self.found], [side, side + 1])
        return np.bincount(pairs, minlength=side * (side + 1)).reshape(side, side + 1)

    def counts(self, groups: NDArray[np.int64], number: int) -> NDArray[np.int64]:
        """(number, 2, classes), where *groups* tell the group of each patch."""
        found = np.zeros((number, 2, len(self.names)), np.int64)
        np.add.at(found[:, 0], (groups, self.truth), 1)
        np.add.at(found[:, 1], (groups[self.right], self.truth[self.right]), 1)
        return found


def evaluate_classification(request: Request) -> Evaluation:
    """Compare a CSV file of labels with the files in ``patches/`` of the split's pages.

    It has a head, ``patch,label`` or ``patch,label,score``; a patch is called ``PAGE-NUMBER`` as
    its file is, a label is a class's name. A patch without a row counts as wrong; rows about
    patches of other splits and classes are passed over. Raise DatasetError for what is no such
    table and where most patches have no row, RecipeError for another label set than the dataset's.
    """
    if request.label_set.classes != request.dataset.labels.classes:
        raise RecipeError("labels: patches are of the dataset's own label set")
    labels, of_page, others = _read(request)
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
            "other rows": others, "classes with a patch": int((counts[0] > 0).sum()),
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


def _read(request: Request) -> tuple[Labels, NDArray[np.int64], int]:
    """The patches with their labels, the place of each one's page, and how many rows are others."""
    names = tuple(one.name for one in request.label_set.classes)
    places = {page.name: place for place, page in enumerate(request.pages)}
    wanted = true_patches(request.dataset.folder, request.names.values())
    patches = [one for one in wanted if one.page in places]
    answers = read_answers(request.predictions, names)
    labels = compare_labels(names, patches, answers)
    missing = labels.missing()
    what = f"patches of split {request.split}"
    require_most(len(patches), missing, f"{request.predictions}: no row", what)
    of_page = np.array([places[one.page] for one in labels.patches], np.int64)
    return labels, of_page, len(answers) - (len(patches) - len(missing))


def compare_labels(
    names: Sequence[str], patches: Iterable[TruePatch], answers: Mapping[str, Answer]
) -> Labels:
    """Set the *answers* of a model beside the truth of *patches*; classes are *names*."""
    ordered = tuple(sorted(patches))
    places = {name: place for place, name in enumerate(names)}
    said = [answers.get(one.name) for one in ordered]
    return Labels(
        tuple(names),
        ordered,
        np.array([places[one.label] for one in ordered], np.int64),
        np.array([len(names) if one is None else places[one.label] for one in said], np.int64),
        np.array(
            [np.nan if one is None or one.score is None else one.score for one in said], np.float64
        ),
    )


def top_1(counts: Counts) -> NDArray[np.float64]:
    """The share of patches that are right: (n,) from (n, 2, classes)."""
    every, right = counts[:, 0].sum(axis=1), counts[:, 1].sum(axis=1)
    return np.where(every > 0, right / np.maximum(every, 1), np.nan)


def balanced(counts: Counts, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The mean recall of the *chosen* classes that have a patch: (n,) from (n, 2, classes).

    >>> balanced(np.array([[[4, 1, 0], [4, 0, 0]]]), np.array([True, True, True])).tolist()
    [0.5]
    """
    there = (counts[:, 0] > 0) & chosen
    recalls = np.where(there, counts[:, 1] / np.maximum(counts[:, 0], 1), 0)
    some = there.sum(axis=1)
    return np.where(some > 0, recalls.sum(axis=1) / np.maximum(some, 1), np.nan)


def _common(counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(classes,): which have patches enough to count in the headline."""
    enough: NDArray[np.bool_] = counts[0] >= COMMON_PATCHES
    return enough


def _figures(counts: NDArray[np.int64]) -> dict[str, Callable[[Counts], NDArray[np.float64]]]:
    """The figures of the whole, of whose *counts* it depends which classes count."""
    common = _common(counts)
    return {
        "top-1": top_1,
        "balanced accuracy": lambda some: balanced(some, common),
        "balanced accuracy, all classes": lambda some: balanced(some, counts[0] > 0),
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


def _class_rows(labels: Labels, counts: NDArray[np.int64]) -> list[tuple[Cell, ...]]:
    confusion, common = labels.confusion(), _common(counts)
    predicted = confusion[:, :-1].sum(axis=0)
    rows: list[tuple[Cell, ...]] = []
    for place in np.argsort(-counts[0], kind="stable").tolist():
        every, right = counts[:, place].tolist()
        if every:
            precision = right / int(predicted[place]) if predicted[place] else None
            taken = _most_taken_for(confusion[place], place, labels.names)
            rows.append(
                (
                    labels.names[place], every, right, right / every, precision, taken,
                    bool(common[place]),
                )
            )  # fmt: skip
    return rows


_COLUMNS = ("class", "patches", "right", "recall", "precision", "most taken for", "in macro")


def _most_taken_for(row: NDArray[np.int64], own: int, names: tuple[str, ...]) -> str:
    others = row.copy()
    others[own] = 0
    most = int(np.argmax(others))
    if not others[most]:
        return ""
    return f"{(*names, NOTHING)[most]} ({others[most] / row.sum():.1%})"


def _worst_table(labels: Labels, counts: NDArray[np.int64]) -> Table:
    rows = [row for row in _class_rows(labels, counts) if row[-1]]
    recall = _COLUMNS.index("recall")
    worst = sorted(rows, key=lambda row: float(row[recall] or 0))[:_WORST]
    return Table(
        "worst",
        f"The worst {_WORST} classes",
        _COLUMNS,
        tuple(worst),
        f"By recall, of the classes with {COMMON_PATCHES} patches or more.",
    )


def _class_table(labels: Labels, counts: NDArray[np.int64]) -> Table:
    return Table(
        "classes",
        "Classes",
        _COLUMNS,
        tuple(_class_rows(labels, counts)),
        f"In macro: with {COMMON_PATCHES} patches or more, so part of balanced accuracy, the mean "
        "recall of these.",
    )


def _group_table(
    labels: Labels, counts: NDArray[np.int64], request: Request, of_page: NDArray[np.int64]
) -> Table:
    figures = _figures(counts)
    works = np.array([str(page.row["work"]) for page in request.pages])
    rows: list[tuple[Cell, ...]] = []
    for group in groups_of(request.pages):
        mine = np.isin(of_page, group.pages)
        own = labels.counts(np.where(mine, 0, 1), 2)[:1]
        values = [float(one(own)[0]) for one in figures.values()]
        shown = [None if np.isnan(value) else value for value in values]
        rows.append(
            (
                group.kind, group.name, len(group.pages), len(np.unique(works[group.pages])),
                int(mine.sum()), *shown,
            )
        )  # fmt: skip
    return Table(
        "groups",
        "Fonts, engravers, degradations",
        ("of", "name", "pages", "works", "patches", *figures),
        tuple(rows),
        "Macro averages over those classes of the whole's that occur in the group.",
    )


def _mistake_table(labels: Labels) -> Table:
    """Every patch that is wrong, the surest first."""
    rows = np.flatnonzero(~labels.right)
    order = np.argsort(-np.nan_to_num(labels.score[rows], nan=-np.inf), kind="stable")
    names = (*labels.names, NOTHING)
    found: list[tuple[Cell, ...]] = []
    for row in rows[order].tolist():
        one, score = labels.patches[row], float(labels.score[row])
        said = names[int(labels.found[row])]
        found.append((one.name, one.label, said, None if np.isnan(score) else score))
    return Table(
        "mistakes",
        "Mistakes",
        ("patch", "is", "taken for", "score"),
        tuple(found),
        "Every patch that is wrong, those with the highest scores first.",
    )


def _confusion(labels: Labels) -> Confusion:
    side = len(labels.names) + 1
    counts = np.zeros((side, side), np.int64)
    counts[:-1] = labels.confusion()
    return Confusion((*labels.names, NOTHING), counts, "Patches. Nothing: without a prediction.")
