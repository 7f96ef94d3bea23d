"""WebDataset: tar shards that are read from front to back, a sample after another.

https://github.com/webdataset/webdataset. Samples of one page, or tile, are members of one key. A
key has no dot: readers split names at the first. Beside the shards lie two lists of them: the index
of `wids` for each split, and ``sizes.json``.
"""

import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import file_digest, md5
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from deepscores.dataset.labelled import LabelledPage
from deepscores.dataset.png.codec import encode_runs_png
from deepscores.dataset.splits import SPLITS
from deepscores.formats.coco.exporter import annotations
from deepscores.formats.protocol import Chunk, Exporter, Job
from deepscores.formats.writing.compact import compact_json
from deepscores.formats.writing.images import class_png, image_bytes
from deepscores.formats.writing.refusals import refuse_links
from deepscores.runs.files import replacing, write_file
from deepscores.runs.streams import key_hash

_LONGEST = 80  # characters of a key; USTAR has a hundred for a name
_SIZES = "sizes.json"
_PAGE = ("page", "score", "work", "engraver", "font", "number", "staff_space")


class WebDataset(Exporter):
    """``shards/SPLIT-000000.tar``, ``shards/sizes.json``, ``SPLIT.json`` and ``classes.json``."""

    owns = ("shards", "classes.json", *(f"{split}.json" for split in SPLITS))
    pages_a_chunk = 100

    def check(self, job: Job) -> None:
        refuse_links(job, "its shards hold the pictures")

    def write(self, job: Job, chunk: Chunk, pictures: Iterable[LabelledPage]) -> bytes:
        """One shard; return its row of the index."""
        path = job.folder / "shards" / f"{chunk.split}-{chunk.number:06d}.tar"
        samples = 0
        with (
            replacing(path) as file,
            tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar,
        ):
            for page in pictures:
                add_sample(tar, sample_key(page.name), _fields(job, page))
                samples += 1
        with open(path, "rb") as shard:
            digest = file_digest(shard, lambda: md5(usedforsecurity=False)).hexdigest()
        row = {
            "url": f"shards/{path.name}",
            "md5sum": digest,
            "nsamples": samples,
            "filesize": path.stat().st_size,
        }
        return compact_json(row)

    def finish(self, job: Job, parts: Mapping[str, Sequence[Path]]) -> None:
        """The lists of shards."""
        sizes: dict[str, int] = {}
        for split, files in parts.items():
            shards = [json.loads(path.read_bytes()) for path in files]
            sizes |= {Path(shard["url"]).name: shard["nsamples"] for shard in shards}
            if shards:
                index = {
                    "__kind__": "wids-shard-index-v1",
                    "wids_version": 1,
                    "name": f"deepscores-{split}",
                    "shardlist": shards,
                }
                write_file(job.folder / f"{split}.json", compact_json(index))
        write_file(job.folder / "shards" / _SIZES, compact_json(sizes))
        write_file(job.folder / "classes.json", compact_json(["", *job.names]))


def add_sample(tar: tarfile.TarFile, key: str, fields: Mapping[str, bytes]) -> None:
    """Append one sample as members ``key.suffix``, in the order of the suffixes.

    Equal samples give equal bytes: TarInfo's defaults hold no clock and no user.
    """
    for suffix, payload in sorted(fields.items()):
        member = tarfile.TarInfo(f"{key}.{suffix}")
        member.size = len(payload)
        tar.addfile(member, BytesIO(payload))


def sample_key(name: str) -> str:
    """A key for the picture called *name*: the name itself where it has no dot and is not long.

    >>> sample_key("bach-bwv66-6-aug-leland--page-1")
    'bach-bwv66-6-aug-leland--page-1'
    >>> sample_key("page-1--staff-space-16.5")
    'page-1--staff-space-16_5-a00da174faa7ab2b'
    """
    if "." not in name and len(name.encode()) <= _LONGEST:
        return name
    ascii_name = name.replace(".", "_").encode("ascii", "replace").decode().replace("?", "_")
    return f"{ascii_name[: _LONGEST - 17]}-{key_hash(0, name):016x}"


def _fields(job: Job, page: LabelledPage) -> dict[str, bytes]:
    return {
        "png": image_bytes(job, page),
        "seg.png": class_png(job, page),
        "inst.png": _instance_png(page),
        "json": compact_json(_facts(job, page)),
    }


def _instance_png(page: LabelledPage) -> bytes:
    """For each pixel the number of the object that owns it, 0 = none."""
    numbers = np.append(0, page.objects.number)
    return encode_runs_png(page.runs_of(numbers), page.width, 2)


def _facts(job: Job, page: LabelledPage) -> dict[str, Any]:
    return {
        "name": page.name,
        **{name: page.row[name] for name in _PAGE},
        "width": page.width,
        "height": page.height,
        "objects": list(_objects(job, page)),
    }


def _objects(job: Job, page: LabelledPage) -> Iterator[dict[str, Any]]:
    boxes = page.objects.box.round(3).tolist()
    for entry, box in zip(annotations(job, page), boxes, strict=True):
        fields = {
            "number": entry["number"],
            "class": job.names[entry["category_id"] - 1],
            "class_id": entry["category_id"],
            "box": box,
            "oriented": entry["obb"],
            "area": entry["area"],
            "mask": entry["segmentation"],
            "ignore": entry["ignore"],
        }
        for name in ("visibility", "whole_segmentation"):
            if name in entry:
                fields[name.replace("segmentation", "mask")] = entry[name]
        yield fields
