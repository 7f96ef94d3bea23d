"""The Parquet tables of a dataset: what their columns are, in one place."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def _schema(*columns: tuple[str, pa.DataType]) -> pa.Schema:
    return pa.schema(list(columns))


SYMBOLS = _schema(
    ("page", pa.string()),
    ("number", pa.int32()),
    ("object", pa.int32()),
    ("class_id", pa.int32()),
    ("class", pa.string()),
    ("kind", pa.string()),
    ("smufl", pa.string()),
    ("role", pa.string()),
    ("font", pa.string()),
    ("x0", pa.float32()),
    ("y0", pa.float32()),
    ("x1", pa.float32()),
    ("y1", pa.float32()),
    ("visible_x0", pa.int32()),
    ("visible_y0", pa.int32()),
    ("visible_x1", pa.int32()),
    ("visible_y1", pa.int32()),
    ("visible_area", pa.int32()),
    ("whole_area", pa.int32()),
    ("oriented", pa.list_(pa.float32(), 8)),
    ("element", pa.string()),
    ("small", pa.bool_()),
    ("grace", pa.bool_()),
    ("part", pa.string()),
    ("system", pa.int32()),
    ("staff", pa.int32()),
    ("voice", pa.int32()),
    ("measure", pa.string()),
    ("staff_position", pa.int32()),
    ("step", pa.string()),
    ("alter", pa.float32()),
    ("octave", pa.int32()),
    ("duration", pa.float64()),
    ("onset", pa.float64()),
    ("parent", pa.int32()),
    ("group", pa.int32()),
    ("text", pa.string()),
)

SYMBOLS_WHOLE = SYMBOLS.append(pa.field("whole_mask", pa.string()))  # where that was asked for

OBJECTS = _schema(  # internal: what merging needs of each labelled object
    ("page", pa.int32()),  # place within the shard
    ("number", pa.int32()),
    ("class_id", pa.int32()),
    ("x0", pa.float32()),
    ("y0", pa.float32()),
    ("x1", pa.float32()),
    ("y1", pa.float32()),
)

PAGES = _schema(
    ("page", pa.string()),
    ("score", pa.string()),
    ("work", pa.string()),
    ("split", pa.string()),
    ("engraver", pa.string()),
    ("font", pa.string()),
    ("number", pa.int32()),
    ("width", pa.int32()),
    ("height", pa.int32()),
    ("staff_space", pa.float32()),
    ("systems", pa.int32()),
    ("staves", pa.int32()),
    ("measures", pa.int32()),
    ("symbols", pa.int32()),
    ("objects", pa.int32()),
    ("ink", pa.int32()),
    ("missing_text", pa.string()),
    ("style", pa.string()),
)

SCORES = _schema(
    ("score", pa.string()),
    ("source", pa.string()),
    ("file", pa.string()),
    ("sha256", pa.string()),
    ("format", pa.string()),
    ("work", pa.string()),
    ("split", pa.string()),
    ("title", pa.string()),
    ("composer", pa.string()),
    ("rights", pa.string()),
    ("measures", pa.int32()),
    ("notes", pa.int32()),
    ("notes_drawn", pa.int32()),
    ("pages", pa.int32()),
    ("mended", pa.list_(pa.string())),
)


def table(schema: pa.Schema, rows: Iterable[Sequence[Any]]) -> pa.Table:
    """A table from *rows* in the order of the schema's columns."""
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, one.type) for column, one in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def encode_table(content: pa.Table) -> bytes:
    """The bytes of a Parquet file: the same for the same table."""
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, content.schema, **WRITING) as writer:
        writer.write_table(content)
    return sink.getvalue()


# Numbers vary too much for a dictionary of values: with one, files are larger and slower to write.
_NAMES = {one.name for one in (*SYMBOLS, *PAGES, *SCORES) if one.type in (pa.string(), pa.bool_())}
WRITING: dict[str, Any] = {
    "compression": "zstd",
    "use_dictionary": sorted(_NAMES),
    "write_statistics": True,
    "version": "2.6",
}
