"""Parquet as the Hugging Face library `datasets` reads and the Hub shows it.

https://huggingface.co/docs/hub/datasets-adding. A row is a picture with its objects in columns of
equal length, boxes as COCO has them. What the columns are (a picture, class names) is in the Arrow
schema's metadata, where the library looks for it.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from deepscores.dataset.labelled import LabelledPage
from deepscores.dataset.reader import open_dataset
from deepscores.formats.coco.exporter import annotations
from deepscores.formats.parquet.card import Card, write_card
from deepscores.formats.protocol import Chunk, Exporter, Job
from deepscores.formats.writing.images import image_bytes
from deepscores.formats.writing.refusals import refuse_links
from deepscores.runs.files import replacing, write_file

_PICTURES_A_GROUP = 50  # a row group is what a reader has in memory at once

Feature = Mapping[str, Any]  # as `datasets` writes them in JSON


def _value(dtype: str) -> Feature:
    return {"dtype": dtype, "_type": "Value"}


def _sequence(feature: Feature, length: int = -1) -> Feature:
    # "List" is a newer word for the same, which older versions do not know.
    return {"feature": feature, "length": length, "_type": "Sequence"}


class HuggingFace(Exporter):
    """``data/SPLIT-00000-of-00012.parquet`` and the dataset card, ``README.md``."""

    owns = ("data", "README.md")
    pages_a_chunk = 100

    def check(self, job: Job) -> None:
        refuse_links(job, "its files hold the pictures")

    def write(self, job: Job, chunk: Chunk, pictures: Iterable[LabelledPage]) -> bytes:
        """One file; return counts for the card."""
        name = f"{chunk.split}-{chunk.number:05d}-of-{chunk.total:05d}.parquet"
        schema = table_schema(job)
        counts: Counter[str] = Counter()
        scores = sorted({row["score"] for row in chunk.rows})
        with (
            replacing(job.folder / "data" / name) as file,
            pq.ParquetWriter(file, schema, **_writing(schema)) as writer,
        ):
            rows: list[dict[str, Any]] = []
            for page in pictures:
                rows.append(_row(job, page))
                counts.update(
                    job.names[class_id - 1] for class_id in page.objects.class_id.tolist()
                )
                if len(rows) == _PICTURES_A_GROUP:
                    writer.write_table(pa.Table.from_pylist(rows, schema))
                    rows.clear()
            if rows:
                writer.write_table(pa.Table.from_pylist(rows, schema))
        fonts = Counter(row["font"] for row in chunk.rows)
        return json.dumps({"classes": counts, "fonts": fonts, "scores": scores}).encode()

    def finish(self, job: Job, parts: Mapping[str, Sequence[Path]]) -> None:
        """The dataset card."""
        classes: Counter[str] = Counter()
        fonts: Counter[str] = Counter()
        scores: set[str] = set()
        splits = {}
        for split, files in parts.items():
            pictures = 0
            for number, path in enumerate(files):
                counts = json.loads(path.read_bytes())
                classes.update(counts["classes"])
                fonts.update(counts["fonts"])
                scores.update(counts["scores"])
                name = f"{split}-{number:05d}-of-{len(files):05d}.parquet"
                pictures += pq.read_metadata(job.folder / "data" / name).num_rows
            if files:
                splits[split] = pictures
        rows = [row for row in open_dataset(job.dataset).scores if row["score"] in scores]
        write_file(job.folder / "README.md", write_card(Card(job, splits, classes, fonts, rows)))


def features(job: Job) -> dict[str, Any]:
    """The columns, in the words of `datasets`."""
    objects = {
        "number": _value("int32"),
        "category": {"names": job.names, "_type": "ClassLabel"},
        "bbox": _sequence(_value("float32"), 4),
        "obb": _sequence(_value("float32"), 8),
        "area": _value("int32"),
        "iscrowd": _value("bool"),
        "segmentation": _value("string"),
    }
    if job.options.tiles is not None:
        objects["visibility"] = _value("float32")
    if _whole_masks(job):
        objects["whole_segmentation"] = _value("string")
    return {
        "image": {"_type": "Image"},
        "width": _value("int32"),
        "height": _value("int32"),
        **dict.fromkeys(("name", "page", "score", "work", "engraver", "font"), _value("string")),
        "number": _value("int32"),
        "staff_space": _value("float32"),
        "objects": {name: _sequence(feature) for name, feature in objects.items()},
    }


def _whole_masks(job: Job) -> bool:
    whole_pages = job.options.tiles is None and job.options.staff_space is None
    return whole_pages and bool(job.info.get("recipe", {}).get("whole-masks"))


def table_schema(job: Job) -> pa.Schema:
    """The Arrow schema of `features`, with these in its metadata."""
    columns = features(job)
    metadata = {"huggingface": json.dumps({"info": {"features": columns}})}
    return pa.schema([(name, _arrow(feature)) for name, feature in columns.items()], metadata)


def _arrow(feature: Feature) -> pa.DataType:
    match feature.get("_type"):
        case "Image":
            return pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        case "ClassLabel":
            return pa.int64()
        case "Sequence":
            return pa.list_(_arrow(feature["feature"]), feature["length"])
        case "Value":
            return pa.type_for_alias(feature["dtype"])
    return pa.struct([(name, _arrow(child)) for name, child in feature.items()])


def _writing(schema: pa.Schema) -> dict[str, Any]:
    """How to pack columns: pictures are packed already."""
    packed = {name: "ZSTD" for name in _leaves(schema) if name != "image.bytes"}
    return {
        "compression": {**packed, "image.bytes": "NONE"},
        "use_dictionary": [name for name in packed if "segmentation" not in name],
        "write_page_index": True,
        "version": "2.6",
    }


def _leaves(schema: pa.Schema) -> list[str]:
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, schema):
        pass
    columns = pq.ParquetFile(pa.BufferReader(sink.getvalue())).metadata.schema
    return [columns.column(place).path for place in range(len(columns))]


def _row(job: Job, page: LabelledPage) -> dict[str, Any]:
    objects = list(annotations(job, page))
    columns = features(job)["objects"]
    return {
        "image": {"bytes": image_bytes(job, page), "path": f"{page.name}.png"},
        "width": page.width,
        "height": page.height,
        "name": page.name,
        **{
            name: page.row[name]
            for name in ("page", "score", "work", "engraver", "font", "number", "staff_space")
        },
        "objects": {name: [_column(entry, name) for entry in objects] for name in columns},
    }


def _column(annotation: Mapping[str, Any], name: str) -> Any:
    match name:
        case "category":
            return annotation["category_id"] - 1  # ClassLabel counts from 0
        case "segmentation" | "whole_segmentation":
            return annotation[name]["counts"]
        case "iscrowd":
            return bool(annotation[name])
    return annotation[name]
