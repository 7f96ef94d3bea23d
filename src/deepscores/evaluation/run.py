"""Evaluate a model's output: detect the task, measure, write the results.

The function of a task takes a `Request` and returns an `Evaluation`: `evaluate_detection`,
`evaluate_segmentation`, `evaluate_classification`, each in its package's `evaluate`;
`page.page.write_page(evaluation, request, folder)` writes the page with its pictures and returns
its path.
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
from deepscores.evaluation.results import Evaluation, ResultTable
from deepscores.page.labels.label_sets import LabelSet, resolve_label_set
from deepscores.runs.claim import Claim, claim_output
from deepscores.runs.executors.choice import ONE_WORKER
from deepscores.runs.executors.protocol import Executor
from deepscores.runs.files import write_file
from deepscores.runs.progress import NullProgress, Progress

JSON = "evaluation.json"
PAGE = "index.html"
_MASKS, _TABLES = "masks", "tables"
# A task's module is imported when it is asked for: each may need an extra of its own.
_FUNCTIONS = {
    "detect": ("detection.evaluate", "evaluate_detection"),
    "segment": ("segmentation.evaluate", "evaluate_segmentation"),
    "classify": ("classification.evaluate", "evaluate_classification"),
}


class EvaluationOutput(NamedTuple):
    """An evaluation, and the page that shows it, if one was asked for."""

    evaluation: Evaluation
    page: Path | None


def evaluate(
    predictions: Path,
    dataset: Path,
    *,
    task: str | None = None,
    split: str = "test",
    labels: str | LabelSet | None = None,
    classes: Sequence[str] | str = (),
    protocol: str = PROTOCOLS[0],
    resamples: int = RESAMPLES,
    seed: int = 0,
    output: Path | None = None,
    executor: Executor = ONE_WORKER,
    force: bool = False,
    progress: Progress | None = None,
) -> EvaluationOutput:
    """Measure *predictions* against one split of *dataset*; into *output* goes a page of it.

    Raise RecipeError for invalid options, DatasetError for predictions or a dataset that are
    damaged or do not fit each other, and for an unusable *output*: an evaluation of another
    dataset, split or file of predictions is only replaced with *force*.
    """
    _one_of("protocol", protocol, PROTOCOLS)
    _one_of("split", split, SPLITS)
    opened = open_dataset(dataset)
    _require_room(output, dataset, predictions)
    claim = None if output is None else _claim(output, predictions, dataset, split, force=force)
    pages = tuple(opened.split(split))
    if not pages:
        raise DatasetError(f"{dataset}: its split {split} has no pages")
    label_set = resolve_label_set(labels)
    request = Request(
        predictions, opened, pages, split,
        label_set, choose_classes(opened.labels, label_set, classes),
        protocol, resamples, seed, executor, progress or NullProgress(),
    )  # fmt: skip
    task = _task(task, predictions)
    if protocol != PROTOCOLS[0] and task != "detect":
        raise RecipeError(f"protocol: {protocol} measures detections only, not {task}")
    evaluation: Evaluation = _function(*_FUNCTIONS[task])(request)
    return EvaluationOutput(
        evaluation, None if claim is None else _write(evaluation, request, claim)
    )


def found_task(predictions: Path) -> str:
    """The task of *predictions*: a JSON file of boxes, a CSV file of labels, a folder of masks.

    Raise RecipeError where they are none of these, DatasetError where there is no such file.
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
        "set --task to detect, segment or classify"
    )


def _task(task: str | None, predictions: Path) -> str:
    if task is None:
        return found_task(predictions)
    _one_of("task", task, TASKS)
    if not predictions.exists():
        raise DatasetError(f"{predictions}: no such file or folder")
    return task


def _one_of(option: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise RecipeError(f"{option}: {value!r} is not one of {', '.join(allowed)}")


def _require_room(output: Path | None, dataset: Path, predictions: Path) -> None:
    """Raise RecipeError if *output* lies in the dataset, or holds the predictions."""
    if output is None:
        return
    if output.resolve().is_relative_to(dataset.resolve()):
        raise RecipeError(f"--output: {output} lies in the dataset {dataset}")
    if predictions.is_dir() and output.resolve() == predictions.resolve():
        raise RecipeError(f"--output: {output} holds the predictions; choose another folder")


def _claim(output: Path, predictions: Path, dataset: Path, split: str, *, force: bool) -> Claim:
    about = {
        "dataset": dataset.resolve().name,
        "split": split,
        "predictions": predictions.resolve().name,
    }
    claim = claim_output(output, "evaluation", about, (PAGE, JSON, _TABLES), force=force)
    claim.check()
    return claim


def _function(module: str, name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(import_module(f"deepscores.evaluation.{module}"), name)
    return function


def _write(evaluation: Evaluation, request: Request, claim: Claim) -> Path:
    """The page, its pictures, the tables and the JSON; the JSON last, as it marks them complete."""
    request.progress.stage("Writing", None)
    output = claim.folder
    claim.begin()
    page: Path = _function("page.page", "write_page")(evaluation, request, output)
    for table in evaluation.tables:
        write_file(output / _TABLES / f"{table.name}.csv", to_csv(table).encode())
    write_file(output / JSON, to_json(evaluation).encode())
    return page


def to_csv(table: ResultTable) -> str:
    """*table* with a head, floats with six decimals."""
    text = StringIO()
    writer = csv.DictWriter(text, table.columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table.as_records())
    return text.getvalue()


def to_json(evaluation: Evaluation) -> str:
    """The whole evaluation, as ``evaluation.json`` has it."""
    return dumps(evaluation.as_table(), ensure_ascii=False, indent=1) + "\n"
