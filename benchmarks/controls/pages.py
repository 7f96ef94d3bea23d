"""The pages of a split, and the file of detections that ``deepscores evaluate`` reads."""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from deepscores.dataset.reader import Dataset, DatasetPage
from deepscores.errors import RecipeError
from deepscores.formats.writing.compact import compact_json
from deepscores.page.labels.label_sets import LabelSet, load_label_set
from deepscores.runs.files import write_file

DETECTIONS = "detections.json"
VIEW = "dataset"


class Found(NamedTuple):
    """What was found on one page."""

    box: NDArray[np.float32]  # (n, 4) x0 y0 x1 y1, pixels of the page
    class_id: NDArray[np.int32]  # (n,) from 1
    score: NDArray[np.float32]  # (n,)

    def kept(self, rows: NDArray[Any]) -> "Found":
        """Those of *rows*, which are places or truth values."""
        return Found(self.box[rows], self.class_id[rows], self.score[rows])

    def best(self, most: int | None) -> "Found":
        """At most so many, those with the highest scores; of equal ones the first."""
        return self.kept(np.argsort(-self.score, kind="stable")[:most])


class SplitPage(NamedTuple):
    """A page, and its place among all of its split, from 1: the ``image_id`` of our COCO export."""

    place: int
    page: DatasetPage


def found_of(box: Any, class_id: Any, score: Any) -> Found:
    """Columns of whatever kind as `Found`, none included.

    >>> len(found_of([], [], []).box)
    0
    """
    return Found(
        np.asarray(box, np.float32).reshape(-1, 4),
        np.asarray(class_id, np.int32).reshape(-1),
        np.asarray(score, np.float32).reshape(-1),
    )


def joined(parts: Sequence[Found]) -> Found:
    """All of *parts* as one."""
    parts = [*parts, found_of([], [], [])]
    return Found(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def split_pages(
    dataset: Dataset, split: str, *, most: int | None = None, fonts: Sequence[str] = ()
) -> list[SplitPage]:
    """The pages of *split* that are in one of *fonts* (none: in any), in order.

    *most* of them at most, evenly spread. Raise RecipeError if there is none.
    """
    pages = [SplitPage(place, page) for place, page in enumerate(dataset.split(split), start=1)]
    pages = [one for one in pages if not fonts or one.page.row["font"] in fonts]
    if not pages:
        raise RecipeError(f"{dataset.folder}: no page of {split} in {', '.join(fonts) or 'it'}")
    if most is None or most >= len(pages):
        return pages
    return [pages[place] for place in np.linspace(0, len(pages) - 1, most).round().astype(int)]


def label_set(dataset: Dataset, labels: str | None) -> tuple[LabelSet, LabelSet | None]:
    """The label set called *labels*, by default the dataset's; and None if it is that one."""
    if labels is None or labels == dataset.labels.name:
        return dataset.labels, None
    other = load_label_set(labels)
    return other, other


def write_detections(folder: Path, pages: Iterable[tuple[SplitPage, Found]]) -> int:
    """Write what was found on *pages* as COCO results, a line each; return how many there are."""
    lines = [compact_json(row) for one, found in pages for row in _rows(one, found)]
    write_file(folder / DETECTIONS, b"[\n" + b",\n".join(lines) + b"\n]\n")
    return len(lines)


def write_part(dataset: Dataset, pages: Sequence[SplitPage], options: argparse.Namespace) -> None:
    """Where *pages* are but some of their split: beside the detections, a dataset of them alone."""
    if options.pages is not None or options.font:
        write_view(dataset, [one.page for one in pages], options.output / VIEW)


def write_view(dataset: Dataset, pages: Sequence[DatasetPage], folder: Path) -> None:
    """A dataset of *pages* alone in *folder*: its files are links to those of *dataset*."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in dataset.folder.absolute().iterdir():
        if path.name not in ("pages.parquet", ".build"):
            link = folder / path.name
            link.unlink(missing_ok=True)
            link.symlink_to(path)
    table = pq.read_table(dataset.folder / "pages.parquet")
    names = pa.array([page.name for page in pages])
    pq.write_table(table.filter(pc.is_in(table["page"], names)), folder / "pages.parquet")


def _rows(one: SplitPage, found: Found) -> Iterator[dict[str, Any]]:
    x0, y0, x1, y1 = found.box.astype(np.float64).T
    boxes = np.stack([x0, y0, x1 - x0, y1 - y0], axis=1).round(2).tolist()
    scores = found.score.astype(np.float64).round(5).tolist()
    for box, class_id, score in zip(boxes, found.class_id.tolist(), scores, strict=True):
        yield {
            "image_id": one.place,
            "category_id": class_id,
            "bbox": box,
            "score": score,
            "file_name": f"{one.page.name}.png",
        }


def page_options(description: str | None) -> argparse.ArgumentParser:
    """A parser with the options that all controls share."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to write to")
    parser.add_argument("--labels", help="another label set than the dataset's")
    parser.add_argument("--split", default="val", help="train, val or test (default val)")
    parser.add_argument(
        "--pages",
        type=int,
        help="so many of its pages, evenly spread; OUT/dataset has these alone, to evaluate on",
    )
    parser.add_argument("--font", action="append", default=[], help="only pages in this font")
    return parser
