"""DeepScores V1: normalised boxes in XML, pictures, class maps."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deepscores.dataset.annotations import read_size, read_voc
from deepscores.dataset.contents import ObjectBoxes
from deepscores.dataset.layout import IMAGES, MASKS, XML
from deepscores.errors import DatasetError
from deepscores.formats.protocol import Reader
from deepscores.formats.reading.annotated import UNKNOWN, AnnotatedDataset, AnnotatedPage
from deepscores.formats.reading.findings import CLASSES, FILES, Finding
from deepscores.formats.reading.sources import (
    ListedPage,
    Omission,
    Source,
    SourceObject,
    SourcePage,
)
from deepscores.formats.reading.splits import listed_splits
from deepscores.runs.files import read_bytes

NAME = "deepscores-v1"
_LISTS = ("classes.csv", "class_names.csv")


class PageFiles(NamedTuple):
    """What is needed to read a page."""

    folder: Path
    stem: str
    ids: dict[str, int]  # of classes by name


class DeepScoresV1Reader(Reader):
    """Folders with ``xml_annotations/``, ``images_png/`` and ``pix_annotations_png/``."""

    def recognises(self, path: Path) -> bool:
        """Whether *path* holds detection XML."""
        return (path / XML).is_dir()

    def open(self, path: Path, annotation_set: str = "") -> Source:
        """The dataset in the folder *path*; its classes are those of its list, else of its XML."""
        ids = class_ids(path)
        files = _xml_files(path)
        splits = listed_splits(path)
        classes = tuple(
            (str(number), name) for name, number in sorted(ids.items(), key=lambda item: item[1])
        )
        if not ids:
            classes = tuple(("", name) for name in sorted(set(_class_names(files))))
        stems = {file.stem for file in files}
        return Source(
            NAME,
            classes,
            [ListedPage(f"{XML}/{file.name}", splits.get(file.stem, "")) for file in files],
            files,
            "the class map's pixels within the box, of the box's class; where there are none, the "
            "box's dark pixels",
            whole_masks=False,
            entries=lambda: (PageFiles(path, file.stem, ids) for file in files),
            omissions=[
                Omission(f"{IMAGES}/{picture.name}", "no annotation", "the picture has no XML")
                for picture in sorted((path / IMAGES).glob("*.png"))
                if picture.stem not in stems
            ],
        )

    def read(self, entry: PageFiles) -> SourcePage:
        """One page."""
        path = entry.folder / XML / f"{entry.stem}.xml"
        data = read_bytes(path)
        picture, class_map = (entry.folder / kind / f"{entry.stem}.png" for kind in (IMAGES, MASKS))
        return SourcePage(
            picture if picture.is_file() else None,
            [
                SourceObject(
                    str(place), annotation.name, tuple(annotation.box),
                    value=entry.ids.get(annotation.name, 0), onset=annotation.onset,
                    duration=annotation.duration, position=annotation.position,
                )
                for place, annotation in enumerate(read_voc(data, str(path)), start=1)
            ],
            size=read_size(data, str(path)),
            in_shares=True,
            class_map=class_map if class_map.is_file() else None,
        )  # fmt: skip

    def pages(self, path: Path) -> Iterator[AnnotatedPage]:
        """Every page, in the order of names."""
        ids = class_ids(path)
        for file in _xml_files(path):
            yield _annotated(path, file.stem, ids)

    def audit(self, path: Path) -> AnnotatedDataset:
        """Every page; files that are missing or cannot be read are findings."""
        ids = class_ids(path)
        findings = [
            Finding(CLASSES, _LISTS[0], str(number), f"{name}: id 0 is the background's")
            for name, number in ids.items()
            if number == 0
        ]
        pages = []
        stems = sorted(file.stem for file in _xml_files(path))
        for stem in stems:
            try:
                pages.append(_annotated(path, stem, ids))
            except DatasetError as error:
                findings.append(Finding(FILES, stem, "", str(error).removeprefix(f"{path}/")))
        findings += _unmatched_pictures(path, set(stems))
        return AnnotatedDataset(NAME, pages, findings)


def _xml_files(folder: Path) -> list[Path]:
    return sorted((folder / XML).glob("*.xml"))


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


def _class_names(files: list[Path]) -> Iterator[str]:
    for path in files:
        try:
            yield from (annotation.name for annotation in read_voc(read_bytes(path), str(path)))
        except DatasetError:
            continue  # reported when the page is read


def _annotated(folder: Path, stem: str, ids: dict[str, int]) -> AnnotatedPage:
    path = folder / XML / f"{stem}.xml"
    data = read_bytes(path)
    width, height = read_size(data, str(path))
    annotations = list(read_voc(data, str(path)))
    values = np.array([ids.get(annotation.name, UNKNOWN) for annotation in annotations], np.int64)
    image, class_map = (folder / kind / f"{stem}.png" for kind in (IMAGES, MASKS))
    return AnnotatedPage(
        stem,
        width,
        height,
        ObjectBoxes(
            [str(place) for place in range(1, len(annotations) + 1)],
            values,
            [annotation.name for annotation in annotations],
            np.array([annotation.box for annotation in annotations], np.float64).reshape(-1, 4),
        ),
        image if image.exists() else None,
        class_map if class_map.exists() else None,
        values=values,
        class_values=frozenset(ids.values()) if ids else None,
        listed_classes=tuple(ids),
    )


def _unmatched_pictures(folder: Path, stems: set[str]) -> Iterator[Finding]:
    """Images and class maps that are missing or of no page, where there are any."""
    for kind in (IMAGES, MASKS):
        pictures = {path.stem for path in (folder / kind).glob("*.png")}
        if pictures:
            for stem in sorted(stems - pictures):
                yield Finding(FILES, f"{kind}/{stem}.png", "", "missing")
            for stem in sorted(pictures - stems):
                yield Finding(FILES, f"{kind}/{stem}.png", "", "has no XML")
