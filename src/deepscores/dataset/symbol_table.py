"""The symbols of a page as rows of the symbol table, and back."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from deepscores.dataset.columns import (
    CORNERS,
    SIDES,
    SYMBOLS,
    SYMBOLS_WHOLE,
    VISIBLE_SIDES,
    table_of_columns,
)
from deepscores.page.labels.label_sets import LabelledObject, LabelSet
from deepscores.page.model import Painting, Sheet, Symbols, Words
from deepscores.page.model.attributes import (
    Attribute,
    BoxAttribute,
    CornersAttribute,
    FlagAttribute,
    NameAttribute,
    NumberAttribute,
    OptionalRealAttribute,
    OptionalWholeAttribute,
    RareTextAttribute,
    WordAttribute,
)
from deepscores.page.model.symbols import ATTRIBUTES

UPRIGHT_CORNERS = [0, 1, 2, 1, 2, 3, 0, 3]  # of a box x0 y0 x1 y1


def symbol_table(
    stem: str, sheet: Sheet, labels: LabelSet, objects: Sequence[LabelledObject]
) -> pa.Table:
    """The rows of a page called *stem*, whose symbols make these labelled *objects*."""
    symbols = sheet.symbols
    count = len(symbols)
    schema = SYMBOLS if sheet.whole_masks is None else SYMBOLS_WHOLE
    if not count:
        return schema.empty_table()
    class_ids, object_numbers = np.zeros((2, count + 1), np.int32)
    members = [number for labelled in objects for number in labelled.members]
    class_ids[members] = [labelled.class_id for labelled in objects for _ in labelled.members]
    object_numbers[members] = [labelled.number for labelled in objects for _ in labelled.members]
    class_names = ("", *(label_class.name for label_class in labels.classes))
    columns: dict[str, Any] = {
        "page": _encode_words(Words(np.zeros(count, np.int32), (stem,))),
        "number": np.arange(1, count + 1, dtype=np.int32),
        "object": object_numbers[1:],
        "class_id": class_ids[1:],
        "class": _encode_words(Words(class_ids[1:], class_names)),
        "whole_mask": sheet.whole_masks,
        **_visible_columns(sheet.painting),
    }
    for attribute in ATTRIBUTES:
        columns.update(zip(attribute.table_names, _encode(symbols, attribute), strict=True))
    return table_of_columns(schema, columns)


def _visible_columns(painting: Painting) -> dict[str, Any]:
    """What shows of each symbol."""
    areas = painting.visible_areas[1:]
    boxes = painting.visible_boxes[1:].astype(np.int32)
    return {
        **{
            name: pa.array(side, mask=areas == 0)
            for name, side in zip(VISIBLE_SIDES, boxes.T, strict=True)
        },
        "visible_area": areas.astype(np.int32),
        "whole_area": painting.whole_areas[1:].astype(np.int32),
    }


def _encode(symbols: Symbols, attribute: Attribute[Any, Any]) -> Iterator["pa.Array[Any]"]:
    """The columns of the table that hold an attribute."""
    values = getattr(symbols, attribute.name)
    arrow_type = pa.type_for_alias(attribute.table_type)
    match attribute:
        case WordAttribute():
            yield _encode_words(values)
        case RareTextAttribute():
            texts = [""] * len(symbols)
            for row, text in values.items():
                texts[row] = text
            yield pa.array(texts, arrow_type)
        case BoxAttribute():
            for side in values.T:
                yield _encode_numbers(side, arrow_type)
        case CornersAttribute():
            corners = symbols.box[:, UPRIGHT_CORNERS].astype(np.float32)
            for row, turned in values.items():
                corners[row] = turned
            yield pa.FixedSizeListArray.from_arrays(pa.array(corners.reshape(-1)), CORNERS)
        case NameAttribute():
            yield pa.array(values, arrow_type)
        case _:
            yield _encode_numbers(values, arrow_type)


def _encode_words(column: Words) -> "pa.Array[Any]":
    return pa.array(column.words, pa.string()).take(pa.array(column.codes))


def _encode_numbers(values: NDArray[Any], arrow_type: pa.DataType) -> "pa.Array[Any]":
    """Numbers as one type; NaN becomes null."""
    dtype = arrow_type.to_pandas_dtype()
    is_null = np.isnan(values) if values.dtype.kind == "f" else None
    if is_null is not None and is_null.any():
        return pa.array(np.where(is_null, 0, values).astype(dtype), mask=is_null)
    return pa.array(values.astype(dtype, copy=False))


def symbols_of(table: pa.Table) -> Symbols:
    """The symbols that the rows of one page of the symbol table are of.

    An attribute that the table does not have, for it was built before there was one, has its
    default.
    """
    names = set(table.column_names)
    return Symbols(
        **{
            attribute.name: _decode(table, attribute)
            for attribute in ATTRIBUTES
            if attribute.is_required or names.issuperset(attribute.table_names)
        }
    )


def _decode(table: pa.Table, attribute: Attribute[Any, Any]) -> Any:
    name = attribute.table_names[0]
    match attribute:
        case WordAttribute():
            coded = table[name].combine_chunks().dictionary_encode()
            return Words(coded.indices.to_numpy(), tuple(coded.dictionary.to_pylist()))
        case RareTextAttribute():
            return {row: text for row, text in enumerate(table[name].to_pylist()) if text}
        case BoxAttribute():
            return boxes_of(table, attribute.table_names)
        case CornersAttribute():
            return _turned(table, name)
        case NameAttribute():
            return table[name].to_pylist()
        case FlagAttribute() | NumberAttribute():
            return table[name].to_numpy()
        case OptionalWholeAttribute() | OptionalRealAttribute():
            return table[name].to_numpy().astype(np.float64)
    raise AssertionError(f"{attribute.name}: an attribute of an unknown kind")


def _turned(table: pa.Table, name: str) -> Mapping[int, tuple[float, ...]]:
    """By row: the corners of boxes that are not upright."""
    upright = boxes_of(table)[:, UPRIGHT_CORNERS].astype(np.float32)
    corners = corners_of(table, name)
    rows = np.flatnonzero((corners != upright).any(axis=1))
    return {row: tuple(corners[row].tolist()) for row in rows.tolist()}


def boxes_of(table: pa.Table, sides: Sequence[str] = SIDES) -> NDArray[np.float64]:
    """(n, 4) boxes of the rows of the symbol table."""
    return np.stack([table[side].to_numpy().astype(np.float64) for side in sides], axis=1)


def corners_of(table: pa.Table, name: str = "oriented") -> NDArray[np.float32]:
    """(n, 8) corners of the turned boxes of the rows of the symbol table."""
    corners: NDArray[np.float32] = table[name].combine_chunks().flatten().to_numpy()
    return corners.reshape(-1, CORNERS)
