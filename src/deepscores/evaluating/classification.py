"""Classification: a table of labels against the patches of a dataset."""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset import Dataset
from deepscores.errors import DatasetError
from deepscores.evaluating.missing import require_most

COMMON_PATCHES = 20  # of the split, from which a class counts in the headline
NO_LABEL = -1
_PATCHES = "patches"
_HEAD = ("patch", "label", "score")


class Answer(NamedTuple):
    """What a model says of a patch."""

    label: str  # a class
    score: float | None = None


@dataclass(frozen=True, eq=False)
class Classification:
    """Patches of a split in columns, truth against prediction, sorted by name."""

    names: tuple[str, ...]  # of the classes
    patches: tuple[str, ...]  # PAGE-NUMBER
    truth: NDArray[np.int64]  # (n,) places in `names`
    predicted: NDArray[np.int64]  # (n,) places in `names`, NO_LABEL where nothing is predicted
    score: NDArray[np.float64]  # (n,) NaN where none is given
    work: tuple[str, ...]  # (n,) of its page
    font: tuple[str, ...]
    strangers: int = 0  # rows about patches of other splits or none

    @property
    def missing(self) -> tuple[str, ...]:
        """Patches without a prediction, which count as wrong."""
        return tuple(self.patches[place] for place in np.flatnonzero(self.predicted == NO_LABEL))

    @property
    def confusion(self) -> NDArray[np.int64]:
        """(classes, classes + 1): truth, predicted; the last column is what was not predicted."""
        classes = len(self.names)
        column = np.where(self.predicted == NO_LABEL, classes, self.predicted)
        pairs = self.truth * (classes + 1) + column
        return np.bincount(pairs, minlength=classes * (classes + 1)).reshape(classes, classes + 1)

    @property
    def common(self) -> NDArray[np.bool_]:
        """(classes,): which have enough patches to count in the headline."""
        return np.bincount(self.truth, minlength=len(self.names)) >= COMMON_PATCHES

    def counts(self, groups: tuple[str, ...]) -> tuple[list[str], NDArray[np.int64]]:
        """The distinct *groups*, and (groups, 2, classes): patches, and those predicted rightly."""
        names, codes = np.unique(groups, return_inverse=True)
        found = np.zeros((len(names), 2, len(self.names)), np.int64)
        right = self.predicted == self.truth
        np.add.at(found[:, 0], (codes, self.truth), 1)
        np.add.at(found[:, 1], (codes[right], self.truth[right]), 1)
        return [str(one) for one in names], found


def measure_classification(
    dataset: Dataset, predictions: Path, split: str = "test"
) -> Classification:
    """Compare the CSV file *predictions* with the files in ``patches/`` of the pages of *split*.

    The file has a head, ``patch,label`` or ``patch,label,score``; a patch is called
    ``PAGE-NUMBER`` as its file is, a label is a class's name. A patch without a row counts as
    wrong; rows about other patches are passed over. Raise DatasetError for what is no such table,
    and where most patches have no row.
    """
    names = tuple(one.name for one in dataset.labels.classes)
    rows = {page.name: page.row for page in dataset.split(split)}
    truth = {
        patch: label for patch, page, label in true_patches(dataset.folder, names) if page in rows
    }
    answers = read_answers(predictions, names)
    missing = sorted(truth.keys() - answers.keys())
    require_most(len(truth), missing, f"{predictions}: no row", f"patches of split {split}")
    pages = {patch: rows[patch.rpartition("-")[0]] for patch in truth}
    return compare_labels(
        names,
        truth,
        answers,
        work={patch: str(row["work"]) for patch, row in pages.items()},
        font={patch: str(row["font"]) for patch, row in pages.items()},
    )


def compare_labels(
    names: tuple[str, ...],
    truth: Mapping[str, str],
    answers: Mapping[str, Answer],
    *,
    work: Mapping[str, str],
    font: Mapping[str, str],
) -> Classification:
    """Compare labels of any patches, by their names: *truth* says which there are."""
    patches = tuple(sorted(truth))
    places = {name: place for place, name in enumerate(names)}
    said = [answers.get(patch) for patch in patches]
    scores = [np.nan if one is None or one.score is None else one.score for one in said]
    return Classification(
        names,
        patches,
        np.array([places[truth[patch]] for patch in patches], np.int64),
        np.array([NO_LABEL if one is None else places[one.label] for one in said], np.int64),
        np.array(scores, np.float64),
        tuple(work[patch] for patch in patches),
        tuple(font[patch] for patch in patches),
        len(answers.keys() - truth.keys()),
    )


def true_patches(folder: Path, names: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Name, page and class of every file in the ``patches/`` of a dataset."""
    for name in names:
        place = folder / _PATCHES / name
        if place.is_dir():
            for entry in os.scandir(place):
                stem, dot, _ = entry.name.partition(".png")
                page, _, number = stem.rpartition("-")
                if dot and number.isdecimal():
                    yield stem, page, name


def read_answers(path: Path, names: Iterable[str]) -> dict[str, Answer]:
    """The rows of a CSV file of predictions, by patch; DatasetError for what is none."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DatasetError(f"{path}: not text in UTF-8") from None
    known, found = frozenset(names), dict[str, Answer]()
    table = csv.reader(io.StringIO(text, newline=""))
    try:
        head = tuple(next(table, ()))
        if head not in (_HEAD[:2], _HEAD):
            raise DatasetError(f"{path}: its head is not patch,label or patch,label,score")
        for cells in table:
            where = f"{path}, line {table.line_num}"
            patch, answer = _read_row(cells, len(head), known, where)
            if patch in found:
                raise DatasetError(f"{where}: patch {patch!r} has two rows")
            found[patch] = answer
    except csv.Error as error:
        raise DatasetError(f"{path}, line {table.line_num}: {error}") from None
    return found


def _read_row(
    cells: list[str], width: int, known: frozenset[str], where: str
) -> tuple[str, Answer]:
    if len(cells) != width:
        raise DatasetError(f"{where}: {len(cells)} cells, not {width}")
    patch, label, *rest = cells
    if label not in known:
        raise DatasetError(f"{where}: no class {label!r} in the dataset's label set")
    return patch, Answer(label, _number(rest[0], where) if rest else None)


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not isfinite(value):
        raise DatasetError(f"{where}: score {text!r} is no number")
    return value


def top_1(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of patches that are predicted rightly, from counts (n, 2, classes): (n,)."""
    every, right = counts[:, 0].sum(axis=1), counts[:, 1].sum(axis=1)
    return np.where(every > 0, right / np.maximum(every, 1), np.nan)


def balanced(counts: NDArray[np.float64], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The mean recall of the *chosen* classes that have a patch, from counts (n, 2, classes): (n,).

    >>> balanced(np.array([[[4.0, 1, 0], [4, 0, 0]]]), np.array([True, True, True])).tolist()
    [0.5]
    """
    there = (counts[:, 0] > 0) & chosen
    recalls = np.where(there, counts[:, 1] / np.maximum(counts[:, 0], 1), 0)
    some = there.sum(axis=1)
    return np.where(some > 0, recalls.sum(axis=1) / np.maximum(some, 1), np.nan)
