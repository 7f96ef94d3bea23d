"""Folders in the layout of DeepScores V1: images, detection XML, class maps."""

import csv
from pathlib import Path

import numpy as np

from deepscores.dataset.annotations import read_size, read_voc
from deepscores.dataset.contents import ObjectBoxes
from deepscores.dataset.layout import IMAGES, MASKS, XML
from deepscores.errors import DatasetError
from deepscores.formats.findings import Finding
from deepscores.formats.foreign import CLASSES, FILES, UNKNOWN, ForeignDataset, ForeignPage
from deepscores.runs.files import read_bytes

LAYOUT = "deepscores-v1"
_LISTS = ("classes.csv", "class_names.csv")


def is_v1(folder: Path) -> bool:
    """Whether *folder* holds detection XML in the layout of V1."""
    return (folder / XML).is_dir()


def read_v1(folder: Path) -> ForeignDataset:
    """Every page of the dataset; files that are missing or cannot be read are findings."""
    ids = class_ids(folder)
    findings = [
        Finding(CLASSES, _LISTS[0], str(number), f"{name}: id 0 is the background's")
        for name, number in ids.items()
        if number == 0
    ]
    pages = []
    stems = {path.stem for path in (folder / XML).glob("*.xml")}
    for stem in sorted(stems):
        try:
            pages.append(read_page(folder, stem, ids))
        except DatasetError as error:
            findings.append(Finding(FILES, stem, "", str(error).removeprefix(f"{folder}/")))
    for kind in (IMAGES, MASKS):
        there = {path.stem for path in (folder / kind).glob("*.png")}
        if there:
            findings += [
                Finding(FILES, f"{kind}/{one}.png", "", "missing") for one in sorted(stems - there)
            ]
            findings += [
                Finding(FILES, f"{kind}/{one}.png", "", "has no XML")
                for one in sorted(there - stems)
            ]
    return ForeignDataset(LAYOUT, pages, findings)


def read_page(folder: Path, stem: str, ids: dict[str, int]) -> ForeignPage:
    """One page; raise DatasetError if its XML cannot be read."""
    path = folder / XML / f"{stem}.xml"
    data = read_bytes(path)
    width, height = read_size(data, str(path))
    found = list(read_voc(data, str(path)))
    values = np.array([ids.get(one.name, UNKNOWN) for one in found], np.int64)
    image, classes = (folder / kind / f"{stem}.png" for kind in (IMAGES, MASKS))
    return ForeignPage(
        stem,
        width,
        height,
        ObjectBoxes(
            [str(place) for place in range(1, len(found) + 1)],
            values,
            [one.name for one in found],
            np.array([one.box for one in found], np.float64).reshape(-1, 4),
        ),
        image if image.exists() else None,
        classes if classes.exists() else None,
        values=values,
        known=frozenset(ids.values()) if ids else None,
    )


def class_ids(folder: Path) -> dict[str, int]:
    """Ids by name, from the list beside the folders; empty if there is none."""
    for name in _LISTS:
        path = folder / name
        if path.exists():
            rows = csv.reader(read_bytes(path).decode("utf-8", "replace").splitlines())
            return {
                row[1].strip(): int(row[0]) for row in rows if len(row) > 1 and row[0].isdecimal()
            }
    return {}
