"""COCO: one JSON file per split, with boxes and run-length masks.

https://cocodataset.org/#format-data. Boxes are tight around the vectors, in pixels, floating point;
masks and ``area`` are of the pixels that an object owns, so they may be a little more or less.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

from deepscores.dataset.labelled import LabelledPage
from deepscores.formats.protocol import Chunk, Exporter, Job
from deepscores.formats.writing.compact import compact_json
from deepscores.formats.writing.families import family_of
from deepscores.formats.writing.images import place_image
from deepscores.runs.files import replacing
from deepscores.version import __version__

_IMAGE, _OBJECT = b"i", b"o"


class Coco(Exporter):
    """``annotations/instances_SPLIT.json`` and ``images/SPLIT/``."""

    owns = ("annotations", "images")
    pages_a_chunk = 32

    def write(self, job: Job, chunk: Chunk, pictures: Iterable[LabelledPage]) -> bytes:
        """Pictures, and a line of JSON for each and for each object, without their ids."""
        lines = BytesIO()
        for page in pictures:
            name = f"{page.name}.png"
            place_image(job, page, job.folder / "images" / chunk.split / name)
            lines.write(_IMAGE + compact_json(_image(page, name)) + b"\n")
            for annotation in annotations(job, page):
                lines.write(_OBJECT + compact_json(annotation) + b"\n")
        return lines.getvalue()

    def finish(self, job: Job, parts: Mapping[str, Sequence[Path]]) -> None:
        """One file per split, streamed."""
        for split, files in parts.items():
            path = job.folder / "annotations" / f"instances_{split}.json"
            with replacing(path) as file:
                file.write(b'{"info":' + compact_json(_info(job, split)) + b',\n"licenses":[],')
                file.write(b'\n"categories":' + compact_json(categories(job)))
                for kind, key in ((_IMAGE, b"images"), (_OBJECT, b"annotations")):
                    file.write(b',\n"' + key + b'":[')
                    for place, line in enumerate(_number_lines(files, kind)):
                        file.write(b",\n" if place else b"\n")
                        file.write(line)
                    file.write(b"]")
                file.write(b"}\n")


def _image(page: LabelledPage, name: str) -> dict[str, Any]:
    row = page.row
    return {
        "file_name": name,
        "width": page.width,
        "height": page.height,
        "page": row["page"],
        "score": row["score"],
        "work": row["work"],
        "engraver": row["engraver"],
        "font": row["font"],
        "staff_space": row["staff_space"],
    }


def annotations(job: Job, page: LabelledPage) -> Iterator[dict[str, Any]]:
    """The objects of a picture as COCO has them, but for ``id`` and ``image_id``.

    An object of which a tile shows too little is a crowd, which evaluation passes over.
    """
    size = [page.height, page.width]
    objects = page.objects
    boxes = objects.box.copy()
    boxes[:, 2:] -= boxes[:, :2]
    whole_masks = page.whole_masks
    for place, (class_id, box, oriented, number, share, area, mask) in enumerate(
        zip(
            objects.class_id.tolist(), boxes.round(3).tolist(), objects.oriented.round(3).tolist(),
            objects.number.tolist(), objects.share.tolist(), page.areas.tolist(),
            page.visible_masks, strict=True,
        )
    ):  # fmt: skip
        ignorable = int(share < job.options.visibility)
        annotation = {
            "category_id": class_id,
            "bbox": box,
            "area": area,
            "segmentation": {"size": size, "counts": mask},
            "iscrowd": ignorable,
            "ignore": ignorable,
            "obb": oriented,
            "number": number,
        }
        if job.options.tiles is not None:
            annotation["visibility"] = round(share, 4)
        if whole_masks is not None:
            annotation["whole_segmentation"] = {"size": size, "counts": whole_masks[place]}
        yield annotation


def categories(job: Job) -> list[dict[str, Any]]:
    """The classes, with the family of each as its supercategory."""
    return [
        {"id": number, "name": label_class.name, "supercategory": family_of(label_class.name)}
        for number, label_class in enumerate(job.classes, start=1)
    ]


def _info(job: Job, split: str) -> dict[str, Any]:
    return {
        "description": f"deepscores, {split}, label set {job.label_set}",
        "version": __version__,
        "seed": job.info.get("recipe", {}).get("seed"),
    }


def _number_lines(files: Sequence[Path], kind: bytes) -> Iterator[bytes]:
    """The lines of *kind*, with their ids from 1."""
    images, ids = 0, count(1)
    for path in files:
        with open(path, "rb") as lines:
            for line in lines:
                images += line[:1] == _IMAGE
                if line[:1] != kind:
                    continue
                head = b'{"id":%d,' % (images if kind == _IMAGE else next(ids))
                if kind == _OBJECT:
                    head += b'"image_id":%d,' % images
                yield head + line[2:-1]
