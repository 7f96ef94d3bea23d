"""Datasets to count, in any format, as streams of pages."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from deepscores.dataset.layout import DATASET
from deepscores.dataset.reader import open_dataset
from deepscores.formats.reading.annotated import AnnotatedPage
from deepscores.formats.recognition import require_recognised, source_title
from deepscores.formats.registry import find_reader
from deepscores.inspection.report.page_objects import PageObjects, Source, own_source


def open_source(path: Path) -> Source:
    """The dataset at *path*, whatever its format; its pages are read when asked for.

    Of several formats the first in the table counts. Raise DatasetError if there is none.
    """
    if (path / DATASET).exists():
        return own_source(open_dataset(path), path.name)
    name = require_recognised(path)[0]
    numbers: dict[str, int] = {}
    pages = find_reader(name).pages(path)
    return Source(_title(path), source_title(name), numbers, _numbered(pages, numbers))


def _title(path: Path) -> str:
    path = path.resolve()
    return f"{path.parent.name}/{path.name}" if path.is_file() else path.name


def _numbered(pages: Iterator[AnnotatedPage], numbers: dict[str, int]) -> Iterator[PageObjects]:
    """*pages* with numbers for their classes, which *numbers* grows by as they are read."""
    listed_classes: tuple[str, ...] = ()
    for page in pages:
        if page.listed_classes is not listed_classes:  # of another file
            listed_classes = page.listed_classes
            for name in listed_classes:
                numbers.setdefault(name, len(numbers))
        classes = [numbers.setdefault(name, len(numbers)) for name in page.objects.names]
        yield PageObjects(
            page.name, page.width, page.height, np.array(classes, np.int64), page.objects.boxes
        )
