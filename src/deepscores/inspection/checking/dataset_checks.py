"""Checks of a dataset as a whole: its files, its counts, its splits."""

import csv
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deepscores.dataset.layout import DATASET, IMAGES, INSTANCES, MASKS, PATCHES, XML
from deepscores.dataset.reader import Dataset
from deepscores.dataset.splits import SPLITS
from deepscores.errors import DatasetError
from deepscores.formats.reading.findings import FILES, Finding, repeated
from deepscores.inspection.checking.ledger import Ledger
from deepscores.runs.files import read_json

COUNTS, SPLIT = "counts", "splits"
_SUFFIXES = {IMAGES: ".png", MASKS: ".png", INSTANCES: ".png", XML: ".xml"}


def check_whole(dataset: Dataset, ledger: Ledger) -> None:
    """Check what is not of one page alone."""
    for check, find in ((FILES, wrong_files), (COUNTS, wrong_counts), (SPLIT, wrong_splits)):
        findings = list(find(dataset))
        ledger.note(check, len(dataset.rows), 0, [Finding(check, *parts) for parts in findings])


def wrong_files(dataset: Dataset) -> Iterator[tuple[str, str, str]]:
    """Pages without a file, files without a page, pages listed twice."""
    stems = {row["page"] for row in dataset.rows}
    for stem in repeated(row["page"] for row in dataset.rows):
        yield "pages.parquet", "", f"lists page {stem} twice"
    for folder, suffix in _SUFFIXES.items():
        try:
            present = set(os.listdir(dataset.folder / folder))  # noqa: PTH208 - many
        except OSError as error:
            yield folder, "", f"cannot be listed: {error.strerror}"
            continue
        expected = {stem + suffix for stem in stems}
        # A sampled page's missing file is reported when it is read.
        for name in sorted(present - expected):
            yield f"{folder}/{name}", "", "belongs to no page in pages.parquet"
        for name in sorted(expected - present):
            yield f"{folder}/{name}", "", "missing"
    for stem in sorted(dataset.patches.keys() - stems):
        yield PATCHES, "", f"{len(dataset.patches[stem])} patches of {stem}, which is not a page"
    if not (dataset.folder / DATASET).exists():
        yield DATASET, "", "missing"


def wrong_counts(dataset: Dataset) -> Iterator[tuple[str, str, str]]:
    """Counts in dataset.json that are not those of tables and folders; class lists that differ."""
    counts = dataset.info.get("counts")
    if isinstance(counts, dict):
        actual_counts = {
            "pages": len(dataset.rows),
            "symbols": sum(row.get("symbols") or 0 for row in dataset.rows),
            "objects": sum(row.get("objects") or 0 for row in dataset.rows),
            "patches": sum(map(len, dataset.patches.values())),
        }
        for name, value in actual_counts.items():
            if counts.get(name) != value:
                yield DATASET, "", f"{name} is {counts.get(name)}, found {value}"
        yield from _wrong_patch_counts(dataset, counts.get("classes", {}))
    yield from _wrong_class_lists(dataset)


def _wrong_patch_counts(
    dataset: Dataset, objects: dict[str, int]
) -> Iterator[tuple[str, str, str]]:
    max_patches = dataset.info.get("recipe", {}).get("patches-per-class")
    if not isinstance(max_patches, int):
        return
    patches = Counter(name for page_patches in dataset.patches.values() for name, _ in page_patches)
    for name in sorted(objects.keys() | patches.keys()):
        expected = min(objects.get(name, 0), max_patches)
        if patches[name] != expected:
            yield f"{PATCHES}/{name}", "", f"{patches[name]} patches, expected {expected}"


def _wrong_class_lists(dataset: Dataset) -> Iterator[tuple[str, str, str]]:
    classes = dataset.info.get("label_set", {}).get("class", [])
    ids = [label_class.get("id") for label_class in classes]
    if ids != list(range(1, len(ids) + 1)):
        yield DATASET, "", f"class ids are not 1…{len(ids)} without gaps"
    try:
        if read_json(dataset.folder / "label_set.json") != dataset.info.get("label_set"):
            yield "label_set.json", "", f"is not the label set of {DATASET}"
        class_rows = list(_read_csv(dataset.folder / "classes.csv"))
    except DatasetError as error:
        yield "classes", "", str(error)
        return
    expected_names = [
        (str(label_class.get("id")), str(label_class.get("name"))) for label_class in classes
    ]
    if [(row.get("id"), row.get("name")) for row in class_rows] != expected_names:
        yield "classes.csv", "", f"ids and names are not those of {DATASET}"
    counts = dataset.info.get("counts", {}).get("classes", {})
    for row in class_rows:
        name, objects = row.get("name"), row.get("objects")
        if objects != str(counts.get(name)):
            yield (
                "classes.csv",
                str(row.get("id")),
                f"{name}: {objects} objects, not {counts.get(name)}",
            )


def _read_csv(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
    except (OSError, ValueError, csv.Error) as error:
        raise DatasetError(f"{path}: not a readable list: {error}") from None


def wrong_splits(dataset: Dataset) -> Iterator[tuple[str, str, str]]:
    """Works in two splits, split lists that do not cover the pages, and pages in two of them."""
    of_work: dict[str, set[str]] = defaultdict(set)
    for row in dataset.rows:
        of_work[str(row.get("work"))].add(str(row.get("split")))
    for work, splits in sorted(of_work.items()):
        if len(splits) > 1:
            yield "pages.parquet", "", f"work {work!r} is in {' and '.join(sorted(splits))}"
    splits_by_page: dict[str, list[str]] = defaultdict(list)
    for split in SPLITS:
        path = dataset.folder / "splits" / f"{split}.txt"
        try:
            names = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            yield f"splits/{split}.txt", "", f"cannot be read: {error}"
            continue
        for name in names:
            splits_by_page[name].append(split)
    for row in dataset.rows:
        page_splits = splits_by_page.pop(row["page"], [])
        if page_splits != [row.get("split")]:
            lists = " and ".join(f"{split_name}.txt" for split_name in page_splits) or "no list"
            yield row["page"], "", f"split {row.get('split')}, but in {lists}"
    for name, lists_of_name in sorted(splits_by_page.items()):
        yield f"splits/{lists_of_name[0]}.txt", "", f"{name!r} is not a page"
    yield from _wrong_scores(dataset)


def _wrong_scores(dataset: Dataset) -> Iterator[tuple[str, str, str]]:
    try:
        rows = dataset.scores
    except DatasetError as error:
        yield "scores.parquet", "", str(error)
        return
    of_score = {row.get("score"): (row.get("work"), row.get("split")) for row in rows}
    for score in sorted({row.get("score") for row in dataset.rows} - of_score.keys(), key=str):
        yield "scores.parquet", "", f"no row for score {score}"
    for row in dataset.rows:
        score_values = of_score.get(row.get("score"))
        if score_values and score_values != (row.get("work"), row.get("split")):
            yield row["page"], "", "work or split are not those of its score in scores.parquet"
