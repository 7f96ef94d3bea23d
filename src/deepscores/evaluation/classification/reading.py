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
    """What a model says of a patch."""

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

    Raise DatasetError, which tells the line, for what is no such table or has a label that is none
    of *names*.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DatasetError(f"{path}: not text in UTF-8") from None
    known, found = frozenset(names), dict[str, Answer]()
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
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
        value = nan
    if not isfinite(value):
        raise DatasetError(f"{where}: score {text!r} is no number")
    return value
