"""The material of a report, counted and cut before anything is drawn."""

from dataclasses import dataclass
from functools import cached_property

from deepscores.dataset.reader import Dataset
from deepscores.inspection.checking.ledger import Report
from deepscores.inspection.report.lookalikes import Pair
from deepscores.inspection.report.passages import Passage
from deepscores.inspection.report.specimens import Specimen
from deepscores.inspection.report.survey import Survey
from deepscores.inspection.report.tally import Tally
from deepscores.inspection.statistics.model import ClassStatistics, Statistics


@dataclass(frozen=True)
class ComparedDataset:
    """A dataset to compare with, counted."""

    title: str
    layout: str
    tally: Tally
    classes: int  # that it names


@dataclass(frozen=True)
class ReportMaterial:
    """A dataset, and those it is compared with."""

    title: str
    dataset: Dataset
    survey: Survey
    statistics: Statistics
    compared: tuple[ComparedDataset, ...]
    audit: Report | None
    specimens: dict[int, list[Specimen]]  # by class id - 1
    passages: list[Passage]
    pairs: list[Pair]

    @cached_property
    def names(self) -> list[str]:
        """Of the classes, by id - 1."""
        return [label_class.name for label_class in self.dataset.labels.classes]

    @cached_property
    def frequent(self) -> list[ClassStatistics]:
        """The classes that have an object, most first."""
        present = [counted for counted in self.statistics.classes if counted.objects]
        return sorted(present, key=lambda counted: -counted.objects)

    @property
    def tally(self) -> Tally:
        return self.survey.total
