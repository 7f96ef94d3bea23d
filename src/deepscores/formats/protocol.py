"""What a format offers: an exporter, which writes datasets, and a reader, which reads them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from deepscores.dataset.labelled import LabelledPage
from deepscores.formats.options import ExportOptions
from deepscores.formats.reading.annotated import AnnotatedDataset, AnnotatedPage, annotated_page
from deepscores.formats.reading.sources import Source, SourcePage
from deepscores.page.labels.label_sets import LabelClass
from deepscores.runs.executors.protocol import Executor


@dataclass(frozen=True, slots=True)
class Job:
    """What all parts of one export have in common."""

    dataset: Path
    folder: Path  # of the export
    options: ExportOptions
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
        return [label_class.name for label_class in self.classes]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some pages of one split, the unit of work and of resuming."""

    split: str
    number: int  # among the split's chunks, from 0
    total: int  # chunks of the split
    rows: tuple[dict[str, Any], ...]  # of pages.parquet

    @property
    def name(self) -> str:
        return f"{self.split}-{self.number:05d}"


class Exporter(Protocol):
    """Writes pages in a format; one instance serves all exports.

    `write` runs in worker processes, once per chunk; `finish` in the caller's, once at the end.
    Both may run again over the files of a killed run, and then write the same bytes.
    """

    owns: Sequence[str]  # names of its files and folders at the top of the export
    pages_a_chunk: int
    labels: str | None = None  # the default label set; None: the dataset's
    cuts_patches: bool = False  # follows the options of patches

    def check(self, job: Job) -> None:
        """Raise RecipeError if the format cannot honour the options; nothing is written yet."""

    def write(self, job: Job, chunk: Chunk, pictures: Iterable[LabelledPage]) -> bytes:
        """Write a chunk's files under ``job.folder``; return what `finish` needs to know of it.

        *pictures* are its pages, or their tiles, one after another.
        """

    def finish(self, job: Job, parts: Mapping[str, Sequence[Path]]) -> None:
        """Write the files that are about the whole export.

        *parts* has, by split, files with what `write` returned, in the order of the chunks.
        """


class Reader(Protocol):
    """Reads datasets in a format; one instance serves all.

    `recognises`, `open` and `read` are for `import`. The other methods have defaults: `pages` is
    for `report --against`, `audit` for `check`.
    """

    has_annotation_sets: bool = False  # several class lists, of which `open` takes one

    def recognises(self, path: Path) -> bool:
        """Whether a dataset in this format lies at *path*; damaged files are not recognised."""

    def explain(self, path: Path) -> None:
        """Raise DatasetError for a damaged file of this format; called if nothing is recognised."""

    def open(self, path: Path, annotation_set: str = "") -> Source:
        """The dataset at *path*: its classes, and its pages before they are read."""

    def read(self, entry: Any) -> SourcePage:
        """One page, in a worker process; *entry* is one of ``Source.entries``.

        Raise DatasetError if it cannot be read.
        """

    def pages(self, path: Path) -> Iterator[AnnotatedPage]:
        """Every page with its boxes; raise DatasetError for the first that cannot be read."""
        source = self.open(path)
        names = tuple(name for _, name in source.classes)
        for listed_page, entry in zip(source.pages, source.entries(), strict=True):
            yield annotated_page(listed_page.name, self.read(entry), names)

    def audit(self, path: Path) -> AnnotatedDataset | None:
        """Every page with its files, and what is wrong; None where `check` is not offered."""
        return None
