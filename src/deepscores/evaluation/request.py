"""The checked request for an evaluation: predictions, pages, classes, protocol."""

from dataclasses import dataclass, field
from pathlib import Path

from deepscores.dataset.reader import Dataset, DatasetPage
from deepscores.page.labels.label_sets import LabelClass, LabelSet
from deepscores.runs.executors.choice import ONE_WORKER
from deepscores.runs.executors.protocol import Executor
from deepscores.runs.progress import NullProgress, Progress

TASKS = ("detect", "segment", "classify")
PROTOCOLS = ("deepscores", "deepscores-v2")
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Request:
    """One evaluation; every task's function takes it."""

    predictions: Path  # a file, or a folder of masks
    dataset: Dataset
    pages: tuple[DatasetPage, ...]  # of the split, in the order of ``pages.parquet``
    split: str
    labels: LabelSet | None  # None: as the dataset labels
    classes: tuple[LabelClass, ...]  # those that count, with the label set's own ids
    protocol: str = "deepscores"
    resamples: int = RESAMPLES  # of the works; 0: no intervals
    seed: int = 0
    executor: Executor = ONE_WORKER
    progress: Progress = field(default_factory=NullProgress)

    @property
    def label_set(self) -> LabelSet:
        """The label set that ids are of."""
        return self.labels or self.dataset.labels

    @property
    def names(self) -> dict[int, str]:
        """Names of the classes that count, by id."""
        return {label_class.id: label_class.name for label_class in self.classes}
