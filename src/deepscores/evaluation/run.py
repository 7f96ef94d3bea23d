"""Evaluate a model's output: find out what it is, measure it, write what was found.

The function of a task takes a `Request` and returns an `Evaluation`:
`detection.evaluate_detection`, `segmentation.evaluate_segmentation`,
`classification.evaluate_classification`; `page.write_page(evaluation, request, folder)` writes the
page with its pictures and returns its path.
"""

import csv
from collections.abc import Callable, Sequence
from importlib import import_module
from io import StringIO
from json import dumps
from pathlib import Path
from typing import Any, NamedTuple

from deepscores.dataset.labelled.classes import choose_classes
from deepscores.dataset.reader import open_dataset
from deepscores.dataset.splits import SPLITS
from deepscores.errors import DatasetError, RecipeError
from deepscores.evaluation.request import PROTOCOLS, RESAMPLES, TASKS, Request
from deepscores.evaluation.results import Evaluation, Table
from deepscores.page.labels.label_sets import load_label_set
from deepscores.runs.files import write_file
from deepscores.runs.progress import Progress, Silence

JSON = "evaluation.json"
PAGE = "index.html"
_MASKS = "masks"
# A task's module is imported when it is asked for: each may need an extra of its own.
_FUNCTIONS = {
    "detect": ("detection", "evaluate_detection"),
    "segment": ("segmentation", "evaluate_segmentation"),
    "classify": ("classification", "evaluate_classification"),
}


class Written(NamedTuple):
    """An evaluation, and the page that shows it, if one was asked for."""

    evaluation: Evaluation
    page: Path | None


def evaluate(
    predictions: Path,
    dataset: Path,
    *,
    task: str | None = None,
    split: str = "test",
    labels: str | None = None,
    classes: Sequence[str] | str = (),
    protocol: str = PROTOCOLS[0],
    resamples: int = RESAMPLES,
    seed: int = 0,
    output: Path | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Written:
    """Measure *predictions* against one split of *dataset*; into *output* goes a page of it.

    Raise RecipeError for what makes no sense, DatasetError for predictions or a dataset that are
    damaged or do not fit each other.
    """
    _one_of("protocol", protocol, PROTOCOLS)
    _one_of("split", split, SPLITS)
    opened = open_dataset(dataset)
    _require_room(output, dataset, predictions)
    pages = tuple(opened.split(split))
    if not pages:
        raise DatasetError(f"{dataset}: its split {split} has no pages")
    request = Request(
        predictions, opened, pages, split,
        load_label_set(labels) if labels else None,
        choose_classes(opened.labels, labels, classes),
        protocol, resamples, seed, jobs, progress or Silence(),
    )  # fmt: skip
    task = _task(task, predictions)
    if protocol != PROTOCOLS[0] and task != "detect":
        raise RecipeError(f"protocol: {protocol} measures detections only, not {task}")
    evaluation: Evaluation = _function(*_FUNCTIONS[task])(request)
    return Written(evaluation, None if output is None else _write(evaluation, request, output))


def found_task(predictions: Path) -> str:
    """What *predictions* are of: a JSON file of boxes, a CSV file of labels, a folder of masks.

    Raise RecipeError where that cannot be told, DatasetError where there is nothing.
    """
    if not predictions.exists():
        raise DatasetError(f"{predictions}: no such file or folder")
    if predictions.is_dir():
        if (predictions / _MASKS).is_dir() or any(predictions.glob("*.png")):
            return "segment"
    elif predictions.suffix.lower() in (".json", ".csv"):
        return {".json": "detect", ".csv": "classify"}[predictions.suffix.lower()]
    raise RecipeError(
        f"{predictions}: neither .json (boxes) nor .csv (labels) nor a folder of masks; "
        "say --task detect, segment or classify"
    )


def _task(task: str | None, predictions: Path) -> str:
    if task is None:
        return found_task(predictions)
    _one_of("task", task, TASKS)
    if not predictions.exists():
        raise DatasetError(f"{predictions}: no such file or folder")
    return task


def _one_of(option: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise RecipeError(f"{option}: {value!r} is none of {', '.join(known)}")


def _require_room(output: Path | None, dataset: Path, predictions: Path) -> None:
    """Raise RecipeError unless *output* is new, empty, or has an evaluation of ours."""
    if output is None:
        return
    if output.resolve().is_relative_to(dataset.resolve()):
        raise RecipeError(f"--output: {output} lies in the dataset {dataset}")
    if output.exists() and not output.is_dir():
        raise RecipeError(f"--output: {output} is a file, not a folder")
    if output.is_dir() and any(output.iterdir()) and not (output / JSON).exists():
        raise RecipeError(f"--output: {output} holds other files; choose another folder")
    if predictions.is_dir() and output.resolve() == predictions.resolve():
        raise RecipeError(f"--output: {output} holds the predictions; choose another folder")


def _function(module: str, name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(import_module(f"deepscores.evaluation.{module}"), name)
    return found


def _write(evaluation: Evaluation, request: Request, output: Path) -> Path:
    """The page, its pictures, the tables and the JSON; the JSON last, as it says all is there."""
    request.progress.stage("Writing", None)
    page: Path = _function("page", "write_page")(evaluation, request, output)
    for table in evaluation.tables:
        write_file(output / "tables" / f"{table.name}.csv", to_csv(table).encode())
    write_file(output / JSON, to_json(evaluation).encode())
    return page


def to_csv(table: Table) -> str:
    """*table* with a head, floats with six decimals."""
    text = StringIO()
    writer = csv.DictWriter(text, table.columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table.as_records())
    return text.getvalue()


def to_json(evaluation: Evaluation) -> str:
    """The whole evaluation, as ``evaluation.json`` has it."""
    return dumps(evaluation.as_table(), ensure_ascii=False, indent=1) + "\n"
