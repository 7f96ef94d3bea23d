"""YOLO: a text file per picture, with boxes, polygons or oriented boxes, and ``data.yaml``.

https://docs.ultralytics.com/datasets/. Objects of which a tile shows too little are left out: the
format cannot mark them as ignored.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from deepscores.dataset.labelled import LabelledPage
from deepscores.formats.protocol import Chunk, Exporter, Job
from deepscores.formats.writing.images import place_image
from deepscores.formats.yolo.lines import to_centres, write_data_yaml, write_yolo
from deepscores.page.labels.polygons import join_loops, trace
from deepscores.runs.files import write_again, write_file


class Shapes(Protocol):
    """What the lines of a picture have after the class: shares of the picture, by object."""

    def __call__(self, page: LabelledPage, /) -> Iterator[Sequence[float]]: ...


def boxes(page: LabelledPage) -> Iterator[Sequence[float]]:
    """Centre, width and height."""
    yield from to_centres(page.objects.box, page.width, page.height).tolist()


def corners(page: LabelledPage) -> Iterator[Sequence[float]]:
    """The corners of oriented boxes, those beyond the picture moved to its edge.

    Trainers refuse a picture with a coordinate outside of it.
    """
    shares = page.objects.oriented / ((page.width, page.height) * 4)
    yield from shares.clip(0, 1).tolist()


def polygons(page: LabelledPage) -> Iterator[Sequence[float]]:
    """The outlines of the pixels that objects own, each as one polygon."""
    for loops in trace(*page.ink, len(page.objects), (page.height, page.width)):
        shares: list[float] = (join_loops(loops) / (page.width, page.height)).ravel().tolist()
        yield shares


class Yolo(Exporter):
    """``images/SPLIT/``, ``labels/SPLIT/`` and ``data.yaml``."""

    owns = ("data.yaml", "images", "labels")
    pages_a_chunk = 32

    def __init__(self, shapes: Shapes = boxes) -> None:
        self._shapes = shapes

    def write(self, job: Job, chunk: Chunk, pictures: Iterable[LabelledPage]) -> bytes:
        """Pictures, and a file of labels for each, empty where there are none."""
        for page in pictures:
            place_image(job, page, job.folder / "images" / chunk.split / f"{page.name}.png")
            labels = job.folder / "labels" / chunk.split / f"{page.name}.txt"
            write_again(labels, write_yolo(self._labels(job, page)))
        return b""

    def _labels(self, job: Job, page: LabelledPage) -> Iterator[tuple[int, Sequence[float]]]:
        is_visible = page.objects.share >= job.options.visibility
        class_ids = page.objects.class_id - 1
        rows = zip(is_visible.tolist(), class_ids.tolist(), self._shapes(page), strict=True)
        for visible, class_id, shape in rows:
            if visible:
                yield class_id, shape

    def finish(self, job: Job, parts: Mapping[str, Sequence[Path]]) -> None:
        """``data.yaml``; a split without pages has an empty folder."""
        for split in parts:
            (job.folder / "images" / split).mkdir(parents=True, exist_ok=True)
        write_file(job.folder / "data.yaml", write_data_yaml(parts, job.names))


class YoloSegments(Yolo):
    """As `Yolo`, with polygons."""

    def __init__(self) -> None:
        super().__init__(polygons)


class YoloOriented(Yolo):
    """As `Yolo`, with the corners of oriented boxes."""

    def __init__(self) -> None:
        super().__init__(corners)
