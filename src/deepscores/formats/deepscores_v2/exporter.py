"""DeepScoresV2 (Tuggener et al. 2020): one JSON file per split, class and instance maps.

The label set is ``deepscores-v2`` unless another is asked for, with the published ids and both
annotation sets. Boxes are half open and tight around the vectors; the maps have the pixels that
objects own. An object of which a tile shows too little is in the map of classes alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.labelled import LabelledPage
from deepscores.dataset.png.codec import encode_colours_png, encode_palette_png, encode_runs_png
from deepscores.formats.deepscores_v2.categories import (
    SETS,
    Instance,
    annotation,
    category,
    published_categories,
)
from deepscores.formats.protocol import Chunk, Exporter, Job
from deepscores.formats.writing.compact import compact_json
from deepscores.formats.writing.images import place_image
from deepscores.formats.writing.music import facts_of
from deepscores.formats.writing.palette import class_colours
from deepscores.page.labels.label_sets import load_label_set
from deepscores.runs.files import replacing, write_again
from deepscores.version import __version__

LABELS = "deepscores-v2"
_IMAGE, _OBJECT = b"i", b"o"
_COUNT = b"%08d"  # objects of an image, before its JSON
_HEAD_BYTES = 9  # bytes of the letter and the count


class DeepScoresV2(Exporter):
    """``deepscores_SPLIT.json``, ``images/``, ``segmentation/`` and ``instance/``."""

    owns = (
        "deepscores_train.json", "deepscores_val.json", "deepscores_test.json", "images",
        "segmentation", "instance",
    )  # fmt: skip
    pages_a_chunk = 32
    labels = LABELS

    def write(self, job: Job, chunk: Chunk, pictures: Iterable[LabelledPage]) -> bytes:
        """Pictures and maps, and a line of JSON for each and for each object, without their ids."""
        lines = BytesIO()
        values = _values(job)
        for page in pictures:
            place_image(job, page, job.folder / "images" / f"{page.name}.png")
            classes = _class_png(page, values)
            write_again(job.folder / "segmentation" / f"{page.name}_seg.png", classes)
            is_visible = page.objects.share >= job.options.visibility
            numbers = np.append(0, np.where(is_visible, page.objects.number, 0))
            instances = encode_colours_png(page.runs_of(numbers), page.width)
            write_again(job.folder / "instance" / f"{page.name}_inst.png", instances)
            image = {"filename": f"{page.name}.png", "width": page.width, "height": page.height}
            lines.write(_IMAGE + _COUNT % is_visible.sum() + compact_json(image) + b"\n")
            for instance, visible in zip(_instances(job, page), is_visible.tolist(), strict=True):
                if visible:
                    lines.write(_OBJECT + compact_json(annotation(instance)) + b"\n")
        return lines.getvalue()

    def finish(self, job: Job, parts: Mapping[str, Sequence[Path]]) -> None:
        """One file per split, streamed; no two splits share an id."""
        image_ids, object_ids = (
            (count(1), count(1)),
            (count(1), count(1)),
        )  # ids of images and objects
        for split, files in parts.items():
            with replacing(job.folder / f"deepscores_{split}.json") as file:
                file.write(b'{"info":' + compact_json(_info(split)))
                file.write(b',\n"annotation_sets":' + compact_json(_sets(job)))
                file.write(b',\n"categories":' + compact_json(_categories(job)))
                for head, tail, lines in (
                    (b',\n"images":[', b"]", _images(files, *image_ids)),
                    (b',\n"annotations":{', b"}", _annotations(files, *object_ids)),
                ):
                    file.write(head)
                    for place, line in enumerate(lines):
                        file.write((b",\n" if place else b"\n") + line)
                    file.write(tail)
                file.write(b"}\n")


def _is_published(job: Job) -> bool:
    return job.options.labels == load_label_set(LABELS)


def _sets(job: Job) -> list[str]:
    return list(SETS) if _is_published(job) else [job.label_set]


def _categories(job: Job) -> dict[str, Any]:
    """All that are published, or those of another label set; ids are the sets' own."""
    if _is_published(job):
        return {
            str(category_row.id): category(category_row.name, category_row.set, category_row.value)
            for category_row in published_categories().values()
        }
    (name,) = _sets(job)
    return {
        str(label_class.id): category(label_class.name, name, label_class.id)
        for label_class in job.classes
    }


def _values(job: Job) -> NDArray[np.uint16]:
    """The value in class maps of each class, by its place among the job's from 1; paper's is 0."""
    published = published_categories() if _is_published(job) else {}
    values = [
        published[label_class.id].value if published else label_class.id
        for label_class in job.classes
    ]
    return np.array([0, *values], np.uint16)


def _class_png(page: LabelledPage, values: NDArray[np.uint16]) -> bytes:
    """Values as places in a palette; as grey of 16 bits where a label set has too many."""
    runs = page.runs_of(values[np.append(0, page.objects.class_id)])
    if values.max() > 255:
        return encode_runs_png(runs, page.width, 2)
    return encode_palette_png(runs, page.width, class_colours(256))


def _instances(job: Job, page: LabelledPage) -> Iterator[Instance]:
    published = published_categories() if _is_published(job) else {}
    objects = page.objects
    for place, box, oriented, area, number, facts in zip(
        objects.class_id.tolist(), objects.box.tolist(), objects.oriented.tolist(),
        page.areas.tolist(), objects.number.tolist(), facts_of(page), strict=True,
    ):  # fmt: skip
        class_id = job.classes[place - 1].id
        class_ids = [class_id, published[class_id].muscima] if published else [class_id]
        yield Instance(class_ids, box, oriented, area, number, *facts)


def _info(split: str) -> dict[str, Any]:
    return {
        "description": f"deepscores {__version__}, {split}, in the layout of DeepScoresV2",
        "version": "2.0",
        "year": 2020,  # of the layout
        "contributor": "",
        "date_created": "",  # the same dataset gives the same bytes
        "url": "",
    }


Ids = Iterator[int]


def _images(files: Sequence[Path], images: Ids, objects: Ids) -> Iterator[bytes]:
    for line in _lines(files):
        if line[:1] == _IMAGE:
            object_ids = [str(number) for number in islice(objects, int(line[1:_HEAD_BYTES]))]
            head = b'{"id":%d,' % next(images)
            yield (
                head + line[_HEAD_BYTES + 1 : -1] + b',"ann_ids":' + compact_json(object_ids) + b"}"
            )


def _annotations(files: Sequence[Path], images: Ids, objects: Ids) -> Iterator[bytes]:
    image = 0
    for line in _lines(files):
        if line[:1] == _IMAGE:
            image = next(images)
        else:
            yield b'"%d":{"img_id":"%d",' % (next(objects), image) + line[2:]


def _lines(files: Sequence[Path]) -> Iterator[bytes]:
    for path in files:
        with open(path, "rb") as lines:
            for line in lines:
                yield line.rstrip(b"\n")
