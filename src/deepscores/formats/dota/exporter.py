"""DOTA: a text file per picture, with oriented boxes.

https://captain-whu.github.io/DOTA/dataset.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from deepscores.dataset.labelled import LabelledPage
from deepscores.formats.dota.lines import CUT, EASY, OrientedObject, as_word, write_dota
from deepscores.formats.protocol import Chunk, Exporter, Job
from deepscores.formats.writing.images import place_image
from deepscores.formats.writing.lines import write_lines
from deepscores.runs.files import write_again


class Dota(Exporter):
    """``SPLIT/images/``, ``SPLIT/labelTxt/`` and ``classes.txt``."""

    owns = ("train", "val", "test", "classes.txt")
    pages_a_chunk = 32

    def write(self, job: Job, chunk: Chunk, pictures: Iterable[LabelledPage]) -> bytes:
        """Pictures, and a file of labels for each."""
        for page in pictures:
            place_image(job, page, job.folder / chunk.split / "images" / f"{page.name}.png")
            labels = job.folder / chunk.split / "labelTxt" / f"{page.name}.txt"
            write_again(labels, write_dota(_objects(job, page)))
        return b""

    def finish(self, job: Job, parts: Mapping[str, Sequence[Path]]) -> None:
        """The names of the classes, as the labels have them; folders for empty splits."""
        for split in parts:
            for name in ("images", "labelTxt"):
                (job.folder / split / name).mkdir(parents=True, exist_ok=True)
        write_lines(job.folder / "classes.txt", map(as_word, job.names))


def _objects(job: Job, page: LabelledPage) -> Iterator[OrientedObject]:
    objects = page.objects
    for class_id, corners, share in zip(
        objects.class_id.tolist(), objects.oriented.tolist(), objects.share.tolist(), strict=True
    ):
        difficulty = CUT if share < job.options.visibility else EASY
        yield OrientedObject(job.names[class_id - 1], tuple(corners), difficulty)
