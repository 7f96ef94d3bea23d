"""The Parquet tables of a dataset: what their columns are and mean, in one place."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from deepscores.page.model.attributes import Attribute, CornersAttribute
from deepscores.page.model.symbols import ATTRIBUTES, SymbolAttributes

SIDES = ("x0", "y0", "x1", "y1")
VISIBLE_SIDES = tuple(f"visible_{side}" for side in SIDES)
CORNERS = 8  # numbers that state the corners of a turned box


class Column(NamedTuple):
    """A column of a table."""

    name: str
    type: pa.DataType
    meaning: str  # as docs/dataset.md states it
    unit: str = ""


def _text(name: str, meaning: str) -> Column:
    return Column(name, pa.string(), meaning)


def _count(name: str, meaning: str, unit: str = "") -> Column:
    return Column(name, pa.int32(), meaning, unit)


def _attribute_columns(attributes: Iterable[Attribute[Any, Any]]) -> Iterator[Column]:
    for attribute in attributes:
        value_type = pa.type_for_alias(attribute.table_type)
        if isinstance(attribute, CornersAttribute):
            value_type = pa.list_(value_type, CORNERS)
        for name in attribute.table_names:
            yield Column(name, value_type, attribute.meaning, attribute.unit)


_BOX = ATTRIBUTES.index(SymbolAttributes.box) + 1  # what shows of a symbol stands beside its box
WHOLE_MASK = _text(
    "whole_mask", "with `--whole-masks` only: the pixels that `whole_area` counts, see below"
)
SYMBOL_COLUMNS: tuple[Column, ...] = (
    _text("page", "stem"),
    _count("number", "1…n in painting order: the value in `instances_png`"),
    _count(
        "object",
        "number of the first symbol of the labelled object it is part of; 0 if unlabelled",
    ),
    _count("class_id", "in the dataset's label set; 0 if unlabelled"),
    _text("class", "its name there; empty if unlabelled"),
    *_attribute_columns(ATTRIBUTES[:_BOX]),
    *(
        _count(
            side,
            "around the pixels it owns; null if it owns none (hidden behind others)",
            "pixels",
        )
        for side in VISIBLE_SIDES
    ),
    _count("visible_area", "that it owns", "pixels"),
    _count(
        "whole_area",
        "that it would own if nothing else were drawn; `visible_area` can be larger where two "
        "light symbols together are dark",
        "pixels",
    ),
    *_attribute_columns(ATTRIBUTES[_BOX:]),
)

OBJECT_COLUMNS: tuple[Column, ...] = (  # internal: what merging needs of each labelled object
    _count("page", "place within the shard"),
    _count("number", "of its first symbol"),
    _count("class_id", "in the dataset's label set"),
    *(Column(side, pa.float32(), "tight around the vectors", "pixels") for side in SIDES),
)

PAGE_COLUMNS: tuple[Column, ...] = (
    _text("page", "stem"),
    _text("score", "id"),
    _text("work", "id of the work that the score is of"),
    _text("split", "`train`, `val` or `test`"),
    _text("engraver", "`verovio` or `lilypond`"),
    _text("font", "the music font"),
    _count("number", "page of the score in this font, from 1"),
    _count("width", "of the picture", "pixels"),
    _count("height", "of the picture", "pixels"),
    Column("staff_space", pa.float32(), "between two staff lines", "pixels"),
    _count("systems", "on the page"),
    _count("staves", "on the page, each system's by itself"),
    _count("measures", "on the page"),
    _count("symbols", "on the page, labelled or not"),
    _count("objects", "that are labelled"),
    _count("ink", "labelled, of any kind", "pixels"),
    _text(
        "missing_text",
        "characters that no packaged font can draw, and so are not on the page",
    ),
    _text("style", "JSON: what was drawn for the page by the recipe's [styles](styles.md)"),
)

SCORE_COLUMNS: tuple[Column, ...] = (
    _text("score", "id"),
    _text("source", "where it was found, relative"),
    _text("file", "its copy in the dataset"),
    _text("sha256", "of the source"),
    _text("format", "of the source"),
    _text("work", "id of the work that it is of"),
    _text("split", "`train`, `val` or `test`"),
    _text("title", "as the file states it"),
    _text("composer", "as the file states it"),
    _text("rights", "as the file states them"),
    _count("measures", "of the score"),
    _count(
        "notes",
        "noteheads that a faithful engraving draws; null where the format does not state them",
    ),
    _count("notes_drawn", "noteheads that were drawn in the first font"),
    _count("pages", "in all fonts"),
    Column("mended", pa.list_(pa.string()), "what reading had to repair"),
)


def schema_of(columns: Iterable[Column]) -> pa.Schema:
    """The Parquet schema of a table with these *columns*."""
    return pa.schema([(column.name, column.type) for column in columns])


SYMBOLS = schema_of(SYMBOL_COLUMNS)
SYMBOLS_WHOLE = schema_of((*SYMBOL_COLUMNS, WHOLE_MASK))
OBJECTS = schema_of(OBJECT_COLUMNS)
PAGES = schema_of(PAGE_COLUMNS)
SCORES = schema_of(SCORE_COLUMNS)


def table_of_rows(schema: pa.Schema, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """A table from *rows* by column name; raise ValueError unless each has just the columns."""
    names = set(schema.names)
    for row in rows:
        if row.keys() != names:
            wrong = ", ".join(sorted(row.keys() ^ names))
            raise ValueError(f"a row does not have the table's columns: {wrong}")
    return table_of_columns(schema, {name: [row[name] for row in rows] for name in schema.names})


def table_of_columns(schema: pa.Schema, columns: Mapping[str, Any]) -> pa.Table:
    """A table from its *columns* by name, each as Arrow's array or whatever makes one."""
    arrays = [
        values if isinstance(values, pa.Array) else pa.array(values, field.type)
        for field in schema
        for values in (columns[field.name],)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def encode_table(content: pa.Table) -> bytes:
    """The bytes of a Parquet file: the same for the same table."""
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, content.schema, **WRITING) as writer:
        writer.write_table(content)
    return sink.getvalue()


# Numbers vary too much for a dictionary of values: with one, files are larger and slower to write.
_DICTIONARY_TYPES = (pa.string(), pa.bool_())
WRITING: dict[str, Any] = {
    "compression": "zstd",
    "use_dictionary": sorted(
        {
            column.name
            for column in (*SYMBOL_COLUMNS, *PAGE_COLUMNS, *SCORE_COLUMNS)
            if column.type in _DICTIONARY_TYPES
        }
    ),
    "write_statistics": True,
    "version": "2.6",
}
