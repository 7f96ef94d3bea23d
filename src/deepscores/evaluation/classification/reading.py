"""Labels of patches: those of a dataset's files, and those in a model's table."""

import csv
import io
import os
from collections.abc import Collection, Iterable, Iterator
from math import isfinite, nan
from pathlib import Path
from typing import NamedTuple

from deepscores.errors import DatasetError

_PATCHES = "patches"
_HEAD = ("patch", "label", "score")


class TruePatch(NamedTuple):
    """A file of a dataset's ``patches/``."""

    name: str  # PAGE-NUMBER
    page: str
    label: str


class Answer(NamedTuple):
    """A model's prediction for a patch."""

    label: str
    score: float | None = None


def true_patches(folder: Path, names: Iterable[str]) -> Iterator[TruePatch]:
    """The patches of the classes *names* in the dataset in *folder*, in no order."""
    for name in names:
        place = folder / _PATCHES / name
        if place.is_dir():
            for entry in os.scandir(place):
                stem, suffix = os.path.splitext(entry.name)  # noqa: PTH122 - many
                page, _, number = stem.rpartition("-")
                if suffix == ".png" and number.isdecimal():
                    yield TruePatch(stem, page, name)


def patch_path(folder: Path, name: str, label: str) -> Path:
    """Where the patch *name* of class *label* lies in the dataset in *folder*."""
    return folder / _PATCHES / label / f"{name}.png"


def read_answers(path: Path, names: Collection[str]) -> dict[str, Answer]:
    """The rows of a CSV file with the head ``patch,label`` or ``patch,label,score``, by patch.

    Raise DatasetError, which names the line, for a file that is not such a table or has a label
    that is not in *names*.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DatasetError(f"{path}: not text in UTF-8") from None
    labels, answers = frozenset(names), dict[str, Answer]()
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = tuple(next(table, ()))
        if head not in (_HEAD[:2], _HEAD):
            raise DatasetError(f"{path}: its head is not patch,label or patch,label,score")
        for cells in table:
            location = f"{path}, line {table.line_num}"
            patch, answer = _read_row(cells, len(head), labels, location)
            if patch in answers:
                raise DatasetError(f"{location}: patch {patch!r} has two rows")
            answers[patch] = answer
    except csv.Error as error:
        raise DatasetError(f"{path}, line {table.line_num}: {error}") from None
    return answers


def _read_row(
    cells: list[str], width: int, labels: frozenset[str], location: str
) -> tuple[str, Answer]:
    if len(cells) != width:
        raise DatasetError(f"{location}: {len(cells)} cells, not {width}")
    patch, label, *score_cells = cells
    if label not in labels:
        raise DatasetError(f"{location}: no class {label!r} in the dataset's label set")
    return patch, Answer(label, _number(score_cells[0], location) if score_cells else None)


def _number(text: str, location: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = nan
    if not isfinite(value):
        raise DatasetError(f"{location}: score {text!r} is not a number")
    return value
