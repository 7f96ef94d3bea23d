"""Parquet tables: the columns there are, and the same bytes for the same rows."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deepscores.dataset.columns import OBJECTS, PAGES, SCORES, SYMBOLS, encode_table, table_of_rows
from deepscores.page.model import Symbol

ROWS = [
    dict(zip(OBJECTS.names, values, strict=True))
    for values in [(0, 1, 5, 0.0, 0.5, 2.0, 3.0), (1, 2, 6, 1.0, 1.5, 2.0, 3.0)]
]


def test_equal_rows_give_equal_bytes() -> None:
    turned = [dict(reversed(row.items())) for row in ROWS]
    assert encode_table(table_of_rows(OBJECTS, ROWS)) == encode_table(
        table_of_rows(OBJECTS, turned)
    )


def test_rows_read_back() -> None:
    again = pq.read_table(io.BytesIO(encode_table(table_of_rows(OBJECTS, ROWS))))
    assert again.schema == OBJECTS
    assert again.to_pylist() == ROWS


@pytest.mark.parametrize("schema", [OBJECTS, PAGES, SCORES, SYMBOLS])
def test_a_table_without_rows_has_all_columns(schema: pa.Schema) -> None:
    again = pq.read_table(io.BytesIO(encode_table(table_of_rows(schema, []))))
    assert again.schema == schema
    assert not len(again)


@pytest.mark.parametrize("row", [{**ROWS[1], "z0": 1.0}, {"page": 1}], ids=["more", "fewer"])
def test_a_row_with_other_columns_is_refused(row: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"a row does not have the table's columns: .*[xz]0"):
        table_of_rows(OBJECTS, [ROWS[0], row])


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
