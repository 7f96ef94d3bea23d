"""Predict on one page, from its file to the files of its predictions."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.labelled.objects import stored_objects
from deepscores.dataset.layout import DATASET
from deepscores.dataset.reader import Dataset, open_dataset
from deepscores.errors import DatasetError
from deepscores.inference.models.file import Model
from deepscores.inference.models.patches import classify_patches, patch_inputs
from deepscores.inference.predicting import records
from deepscores.inference.predicting.clock import Clock
from deepscores.inference.predicting.drawing import draw_boxes, draw_classes
from deepscores.inference.predicting.encoding import grey_png
from deepscores.inference.predicting.inputs import Failure, PageInput
from deepscores.inference.predicting.options import Options
from deepscores.inference.predicting.page import (
    DECODE,
    NETWORK,
    RESCALE,
    NetworkInput,
    detect,
    prepare_input,
    segment,
)
from deepscores.inference.predicting.reading import READ, PagePicture, read_page
from deepscores.runs.caches import file_stamp
from deepscores.runs.files import write_file

DRAW, WRITE = "drawing", "writing"  # on a clock
_TABLE = Lock()  # a dataset caches the last part of its symbol table


@dataclass(frozen=True, slots=True)
class Job:
    """What all pages of a run share."""

    model: Model
    folder: Path
    options: Options


def predict_page(job: Job, page: PageInput) -> dict[str, float] | Failure:
    """Write all files of *page*; return the seconds that it took, by stage.

    A page that cannot be read, or has no staff, is a failure. Raise DatasetError where *folder*
    cannot be written.
    """
    clock = Clock()
    model_space = job.model.card.staff_space
    try:
        read = read_page(page, job.options.staff_space, model_space, clock)
        with clock(RESCALE):
            fed = prepare_input(read.image, read.staff_space, model_space, page.location)
    except DatasetError as error:
        return Failure(page.location, _reason(error, page))
    record = {"image": records.describe(page, read, job.folder)}
    record |= _TASKS[job.model.card.task](job, page, read, fed, clock)
    with clock(WRITE):
        records.write_record(job.folder, page, record)
    return dict(clock.seconds)


def expected(job: Job, name: str) -> list[Path]:
    """The pictures that a page's record vouches for."""
    folders = [records.MASKS] * (job.model.card.task == "segment")
    folders += [records.OVERLAY] * (job.options.overlay and job.model.card.task != "classify")
    return [job.folder / folder / f"{name}.png" for folder in folders]


def _reason(error: DatasetError, page: PageInput) -> str:
    return str(error).removeprefix(f"{page.location}: ").removeprefix(f"{page.path}: ")


def _detect(
    job: Job, page: PageInput, read: PagePicture, fed: NetworkInput, clock: Clock
) -> dict[str, Any]:
    detections = detect(job.model, read.image, fed, job.options.threshold, clock)
    classes = job.model.card.classes
    _draw(job, page, clock, lambda: draw_boxes(read.image, detections, classes, read.staff_space))
    _write_picture(job, page, read, clock)
    return {"objects": records.as_objects(detections)}


def _segment(
    job: Job, page: PageInput, read: PagePicture, fed: NetworkInput, clock: Clock
) -> dict[str, Any]:
    mask = segment(job.model, read.image, fed, clock)
    _draw(job, page, clock, lambda: draw_classes(read.image, mask))
    _write_picture(job, page, read, clock)
    with clock(WRITE):
        records.write_mask(job.folder, page.name, mask, len(job.model.card.classes))
    return {"pixels": int(np.count_nonzero(mask))}


def _classify(
    job: Job, page: PageInput, _: PagePicture, fed: NetworkInput, clock: Clock
) -> dict[str, Any]:
    """The patches of a dataset's page, cut as the files in ``patches/`` are."""
    card = job.model.card
    with clock(READ):
        numbers, boxes = _patched(page)
    with clock(RESCALE):
        scaled = boxes * np.tile(fed.scale, 2)
        inputs = patch_inputs(fed.image[0, 0], scaled, card)
    with clock(NETWORK):
        labels, scores = classify_patches(job.model, inputs)
    with clock(DECODE):
        names = [card.classes[label] for label in labels.tolist()]
        rounded = [round(score, 5) for score in scores.tolist()]
        return {"patches": list(zip(numbers.tolist(), names, rounded, strict=True))}


_TASKS = {"classify": _classify, "detect": _detect, "segment": _segment}


def _draw(job: Job, page: PageInput, clock: Clock, picture: Callable[[], bytes]) -> None:
    if job.options.overlay:
        with clock(DRAW):
            write_file(job.folder / records.OVERLAY / f"{page.name}.png", picture())


def _write_picture(job: Job, page: PageInput, read: PagePicture, clock: Clock) -> None:
    """Write the page's picture where no file has its very pixels, to which boxes refer."""
    if not read.in_file:
        with clock(WRITE):
            write_file(job.folder / records.PAGES / f"{page.name}.png", grey_png(read.image))


def _patched(page: PageInput) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Numbers and boxes of the page's objects with a patch in the dataset."""
    folder = page.path.parent.parent
    with _TABLE:
        stamp = file_stamp(folder / DATASET)  # written last, and anew with every build
        objects = stored_objects(_opened(folder, stamp)[page.name].symbols)
        patch_numbers = _patch_files(folder, stamp).get(page.name, frozenset())
    rows = np.flatnonzero([number in patch_numbers for number in objects.number.tolist()])
    return objects.number[rows], objects.box[rows]


@lru_cache(maxsize=8)
def _opened(folder: Path, _: tuple[int, int, int]) -> Dataset:
    return open_dataset(folder)


@lru_cache(maxsize=8)
def _patch_files(folder: Path, _: tuple[int, int, int]) -> dict[str, frozenset[int]]:
    """By page, the numbers of the symbols that have a file in ``patches/``."""
    numbers_by_page: dict[str, set[int]] = {}
    for path in (folder / "patches").glob("*/*.png"):
        name, number = path.stem.rsplit("-", 1)
        numbers_by_page.setdefault(name, set()).add(int(number))
    return {name: frozenset(numbers) for name, numbers in numbers_by_page.items()}
