"""DeepScores V1 (Tuggener et al. 2018): shares of the page in XML, and maps of class ids.

Class ids run from 1; 0 is paper, which the published maps confuse with their first class.
An object of which a tile shows too little is not in the XML; its pixels stay in the map.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path

from deepscores.dataset.annotations import Annotation, write_voc
from deepscores.dataset.labelled import LabelledPage
from deepscores.dataset.layout import IMAGES, MASKS, XML
from deepscores.formats.protocol import Chunk, Exporter, Job
from deepscores.formats.writing.images import class_png, place_image
from deepscores.formats.writing.lines import concatenate, write_lines
from deepscores.formats.writing.music import facts_of
from deepscores.page.geometry import Box
from deepscores.runs.files import write_again


class DeepScoresV1(Exporter):
    """``images_png/``, ``xml_annotations/``, ``pix_annotations_png/``, ``splits/``, classes."""

    owns = (IMAGES, XML, MASKS, "splits", "class_names.csv")
    pages_a_chunk = 32

    def write(self, job: Job, chunk: Chunk, pictures: Iterable[LabelledPage]) -> bytes:
        """Pictures with their annotations and maps; return their names."""
        names = BytesIO()
        for page in pictures:
            name = f"{page.name}.png"
            place_image(job, page, job.folder / IMAGES / name)
            write_again(job.folder / MASKS / name, class_png(job, page))
            data = write_voc(name, page.width, page.height, _annotations(job, page))
            write_again(job.folder / XML / f"{page.name}.xml", data)
            names.write(f"{page.name}\n".encode())
        return names.getvalue()

    def finish(self, job: Job, parts: Mapping[str, Sequence[Path]]) -> None:
        """The lists of pages, and of classes."""
        for split, files in parts.items():
            concatenate(job.folder / "splits" / f"{split}.txt", files)
        lines = (f"{number},{name}" for number, name in enumerate(job.names, start=1))
        write_lines(job.folder / "class_names.csv", lines)


def _annotations(job: Job, page: LabelledPage) -> Iterator[Annotation]:
    objects = page.objects
    for class_id, box, number, share, facts in zip(
        objects.class_id.tolist(), objects.box.tolist(), objects.number.tolist(),
        objects.share.tolist(), facts_of(page), strict=True,
    ):  # fmt: skip
        if share >= job.options.visibility:
            yield Annotation(job.names[class_id - 1], Box(*box), number, *facts)
