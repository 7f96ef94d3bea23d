"""What a format has to offer so that `export` can write it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from deepscores.dataset.labelled import LabelledPage
from deepscores.formats.options import Options
from deepscores.page.labels.label_sets import LabelClass
from deepscores.runs.executors.protocol import Executor


@dataclass(frozen=True, slots=True)
class Job:
    """What all parts of one export have in common."""

    dataset: Path
    folder: Path  # of the export
    options: Options
    classes: tuple[LabelClass, ...]  # ids in labelled pages are places here, from 1
    info: Mapping[str, Any]  # the dataset's dataset.json
    engines: Executor  # for what calls engines, within a task

    @property
    def label_set(self) -> str:
        """Name of the label set: the dataset's own, unless another is asked for."""
        labels = self.options.labels
        return labels.name if labels else str(self.info["label_set"]["name"])

    @property
    def names(self) -> list[str]:
        """Names of the classes, by id - 1."""
        return [one.name for one in self.classes]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some pages of one split, the unit of work and of resuming."""

    split: str
    number: int  # among the split's chunks, from 0
    of: int  # how many chunks the split has
    rows: tuple[dict[str, Any], ...]  # of pages.parquet

    @property
    def name(self) -> str:
        return f"{self.split}-{self.number:05d}"


class Format(Protocol):
    """Writes pages; one instance serves all exports.

    `write` runs in worker processes, once a chunk; `finish` in the caller's, once at the end. Both
    may run again over what a killed run left, and write the same bytes then.
    """

    owns: Sequence[str]  # names of its files and folders at the top of the export
    pages_a_chunk: int
    labels: str | None = None  # the label set, unless another is asked for; None: the dataset's

    def check(self, job: Job) -> None:
        """Raise RecipeError if the format cannot honour the options; nothing is written yet."""

    def write(self, job: Job, chunk: Chunk, pictures: Iterable[LabelledPage]) -> bytes:
        """Write a chunk's files under ``job.folder``; return what `finish` has to know of it.

        *pictures* are its pages, or their tiles, one after another.
        """

    def finish(self, job: Job, parts: Mapping[str, Sequence[Path]]) -> None:
        """Write what is about the whole.

        *parts* has, by split, files with what `write` returned, in the order of the chunks.
        """
