"""All that a report is made from, counted and cut before anything is drawn."""

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
class Other:
    """A dataset to compare with, counted."""

    title: str
    layout: str
    tally: Tally
    classes: int  # that it names


@dataclass(frozen=True)
class Material:
    """One dataset of ours, and those it is compared with."""

    title: str
    dataset: Dataset
    survey: Survey
    statistics: Statistics
    others: tuple[Other, ...]
    audit: Report | None
    specimens: dict[int, list[Specimen]]  # by class id - 1
    passages: list[Passage]
    pairs: list[Pair]

    @cached_property
    def names(self) -> list[str]:
        """Of the classes, by id - 1."""
        return [one.name for one in self.dataset.labels.classes]

    @cached_property
    def frequent(self) -> list[ClassStatistics]:
        """The classes that have an object, most first."""
        some = [one for one in self.statistics.classes if one.objects]
        return sorted(some, key=lambda one: -one.objects)

    @property
    def tally(self) -> Tally:
        return self.survey.whole
