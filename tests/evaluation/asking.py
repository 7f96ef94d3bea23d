"""What the tests ask to be evaluated: the fullest split of a dataset, and figures by name."""

from collections import Counter
from pathlib import Path
from typing import Any

from deepscores.dataset.reader import open_dataset
from deepscores.evaluation.request import Request
from deepscores.evaluation.results import Evaluation


def fullest_split(folder: Path) -> str:
    return Counter(page.split for page in open_dataset(folder)).most_common(1)[0][0]


def ask(folder: Path, predictions: Path, **changes: Any) -> Request:
    """A request as `evaluate` makes it."""
    dataset, split = open_dataset(folder), fullest_split(folder)
    labels = changes.get("labels") or dataset.labels
    plain = {"labels": None, "classes": labels.classes, "resamples": 50}
    pages = tuple(dataset.split(split))
    return Request(predictions, dataset, pages, split, **{**plain, **changes})


def values(evaluation: Evaluation) -> dict[str, float | None]:
    return {name: one.value for name, one in evaluation.measures.items()}


def records(evaluation: Evaluation, name: str) -> list[dict[str, Any]]:
    table = evaluation.table(name)
    assert table is not None
    return table.as_records()
