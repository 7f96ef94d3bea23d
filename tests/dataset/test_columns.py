"""Parquet tables: the columns there are, and the same bytes for the same rows."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deepscores.dataset.columns import OBJECTS, PAGES, SCORES, SYMBOLS, encode_table, table
from deepscores.page.model import Symbol

ROWS = [(0, 1, 5, 0.0, 0.5, 2.0, 3.0), (1, 2, 6, 1.0, 1.5, 2.0, 3.0)]


def test_equal_rows_give_equal_bytes() -> None:
    assert encode_table(table(OBJECTS, ROWS)) == encode_table(table(OBJECTS, iter(ROWS)))


def test_rows_read_back() -> None:
    again = pq.read_table(io.BytesIO(encode_table(table(OBJECTS, ROWS))))
    assert again.schema == OBJECTS
    assert [tuple(row.values()) for row in again.to_pylist()] == ROWS


@pytest.mark.parametrize("schema", [OBJECTS, PAGES, SCORES, SYMBOLS])
def test_a_table_without_rows_has_all_columns(schema: pa.Schema) -> None:
    again = pq.read_table(io.BytesIO(encode_table(table(schema, []))))
    assert again.schema == schema
    assert not len(again)


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        table(OBJECTS, [ROWS[0], ROWS[1][:-1]])


def test_the_symbol_table_holds_all_that_a_symbol_knows() -> None:
    renamed = {"glyph": "smufl", "box": "x0"}
    assert {renamed.get(name, name) for name in Symbol._fields} <= set(SYMBOLS.names)


def test_the_issue_s_columns_are_there() -> None:
    assert set(SYMBOLS.names) >= {
        "page", "number", "class_id", "class", "smufl", "role", "x0", "y0", "x1", "y1",
        "visible_x0", "visible_y0", "visible_x1", "visible_y1", "visible_area", "whole_area",
        "oriented", "element", "part", "staff", "voice", "measure", "staff_position", "step",
        "alter", "octave", "duration", "onset", "parent",
    }  # fmt: skip
    assert set(PAGES.names) >= {
        "width", "height", "font", "score", "work", "split", "systems", "staves", "measures",
        "staff_space", "symbols", "ink",
    }  # fmt: skip
