"""PASCAL VOC: an XML file per picture, boxes of whole pixels, and a list of pictures per split.

http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/. Pixels count from 1 and maxima are
inclusive, as in the original and as its readers take it: they subtract 1 from xmin and ymin, or
from none, and some refuse numbers that are not whole.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path

from deepscores.dataset.labelled import LabelledPage
from deepscores.formats.protocol import Chunk, Exporter, Job
from deepscores.formats.voc.xml import VocObject, write_pascal
from deepscores.formats.writing.images import place_image
from deepscores.formats.writing.lines import concatenate, write_lines
from deepscores.formats.writing.palette import class_colours
from deepscores.page.geometry import Box
from deepscores.runs.files import write_again


class Voc(Exporter):
    """``Annotations/``, ``JPEGImages/`` (with PNGs), ``ImageSets/Main/``, ``labelmap.txt``."""

    owns = ("Annotations", "JPEGImages", "ImageSets", "labelmap.txt")
    pages_a_chunk = 32

    def write(self, job: Job, chunk: Chunk, pictures: Iterable[LabelledPage]) -> bytes:
        """Pictures and their annotations; return their names."""
        names = BytesIO()
        for page in pictures:
            place_image(job, page, job.folder / "JPEGImages" / f"{page.name}.png")
            data = write_pascal(f"{page.name}.png", page.width, page.height, _objects(job, page))
            write_again(job.folder / "Annotations" / f"{page.name}.xml", data)
            names.write(f"{page.name}\n".encode())
        return names.getvalue()

    def finish(self, job: Job, parts: Mapping[str, Sequence[Path]]) -> None:
        """The lists, and the classes with a colour each."""
        for split, files in parts.items():
            concatenate(job.folder / "ImageSets" / "Main" / f"{split}.txt", files)
        colours = class_colours(len(job.names) + 1).tolist()
        lines = [
            f"{name}:{red},{green},{blue}::"
            for name, (red, green, blue) in zip(("background", *job.names), colours, strict=True)
        ]
        write_lines(job.folder / "labelmap.txt", ["# label:color_rgb:parts:actions", *lines])


def _objects(job: Job, page: LabelledPage) -> Iterator[VocObject]:
    objects = page.objects
    for class_id, box, share in zip(
        objects.class_id.tolist(), objects.box.tolist(), objects.share.tolist(), strict=True
    ):
        yield VocObject(
            job.names[class_id - 1], Box(*box), share < 1, difficult=share < job.options.visibility
        )
