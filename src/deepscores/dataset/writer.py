"""From a sheet to the files and rows of one page in the dataset."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from deepscores.dataset.annotations import Annotation, write_voc
from deepscores.dataset.columns import OBJECTS, SYMBOLS, SYMBOLS_WHOLE, table
from deepscores.dataset.layout import IMAGES, INSTANCES, MASKS, XML
from deepscores.dataset.png.codec import encode_runs_png
from deepscores.page.labels.label_sets import Labelled, LabelSet
from deepscores.page.labels.masks import class_runs
from deepscores.page.model import Elements, Page, Sheet, Symbols, Words

_VISIBLE = ("visible_x0", "visible_y0", "visible_x1", "visible_y1")


class Sample(NamedTuple):
    """One page, ready to be written."""

    stem: str
    files: dict[str, bytes]  # path in the dataset → content
    symbols: pa.Table
    objects: pa.Table
    page_row: tuple[Any, ...]


class Provenance(NamedTuple):
    """What a page's rows say of where it comes from."""

    score: str
    work: str
    split: str
    engraver: str
    font: str
    style: Mapping[str, Any] = {}  # what was drawn for the page
    stem: str = ""  # of a page that others named


def page_stem(score: str, font: str, number: int) -> str:
    """The name all files of a page share, in V1's manner.

    >>> page_stem("bach-bwv66-6", "Bravura", 2)
    'bach-bwv66-6-aug-bravura--page-2'
    """
    return f"{score}-aug-{font.lower()}--page-{number}"


class Described(NamedTuple):
    """What is known of one page: its rows in the tables."""

    stem: str
    objects: list[Labelled]
    symbols: pa.Table
    page_row: tuple[Any, ...]  # in the order of `PAGES`


def make_sample(
    sheet: Sheet, page: Page, labels: LabelSet, origin: Provenance, place: int
) -> Sample:
    """Label *sheet* and encode it; *place* is the page's place in its shard."""
    stem, objects, symbols, page_row = describe(sheet, page, labels, origin)
    class_of = {number: one.class_id for one in objects for number in one.members}
    classes = class_runs(sheet.painting.owning, class_of, len(sheet.symbols))
    depth = 1 if len(labels.classes) < 256 else 2
    files = {
        f"{IMAGES}/{stem}.png": encode_runs_png(sheet.painting.shades, page.width, 1),
        f"{XML}/{stem}.xml": _annotations(stem, sheet, page, labels, objects),
        f"{MASKS}/{stem}.png": encode_runs_png(classes, page.width, depth),
        f"{INSTANCES}/{stem}.png": encode_runs_png(sheet.painting.owning, page.width, 2),
    }
    boxes = table(OBJECTS, [(place, one.number, one.class_id, *one.box) for one in objects])
    return Sample(stem, files, symbols, boxes, page_row)


def describe(sheet: Sheet, page: Page, labels: LabelSet, origin: Provenance) -> Described:
    """Label *sheet*, and make its rows; nothing is encoded."""
    stem = origin.stem or page_stem(origin.score, origin.font, page.number)
    objects = _seen(labels.label(sheet.symbols), sheet)
    class_of = {number: one.class_id for one in objects for number in one.members}
    object_of = {number: one.number for one in objects for number in one.members}
    symbols = _symbol_table(stem, sheet, labels, class_of, object_of)
    return Described(stem, objects, symbols, _page_row(stem, sheet, page, origin, len(objects)))


def _seen(objects: list[Labelled], sheet: Sheet) -> list[Labelled]:
    """The objects that own a pixel; what lies wholly under others, nobody can find."""
    areas = sheet.painting.visible_areas
    if areas[1:].all():
        return objects
    return [one for one in objects if areas[list(one.members)].any()]


def _annotations(
    stem: str, sheet: Sheet, page: Page, labels: LabelSet, objects: list[Labelled]
) -> bytes:
    names = [one.name for one in labels.classes]
    rows = np.array([one.number - 1 for one in objects], np.int64)
    symbols = sheet.symbols
    onsets, durations, positions = (
        [None if value != value else value for value in column[rows].tolist()]
        for column in (symbols.onset, symbols.duration, symbols.staff_position)
    )
    annotations = (
        Annotation(
            names[one.class_id - 1],
            one.box,
            one.number,
            onset,
            duration,
            None if position is None else int(position),
        )
        for one, onset, duration, position in zip(
            objects, onsets, durations, positions, strict=True
        )
    )
    return write_voc(f"{stem}.png", page.width, page.height, annotations)


def _symbol_table(
    stem: str, sheet: Sheet, labels: LabelSet, class_of: dict[int, int], object_of: dict[int, int]
) -> pa.Table:
    symbols = sheet.symbols
    count = len(symbols)
    schema = SYMBOLS if sheet.whole_masks is None else SYMBOLS_WHOLE
    if not count:
        return schema.empty_table()
    class_ids, object_ids = np.zeros((2, count + 1), np.int32)
    class_ids[list(class_of)] = list(class_of.values())
    object_ids[list(object_of)] = list(object_of.values())
    texts = [""] * count
    for row, text in symbols.text.items():
        texts[row] = text
    painting = sheet.painting
    hidden = painting.visible_areas[1:] == 0
    values: dict[str, Any] = {
        **{name: getattr(symbols, name) for name in _SAME},
        "page": Words(np.zeros(count, np.int32), (stem,)),
        "number": np.arange(1, count + 1, dtype=np.int32),
        "object": object_ids[1:],
        "class_id": class_ids[1:],
        "class": Words(class_ids[1:], ("", *(one.name for one in labels.classes))),
        "smufl": symbols.glyph,
        "visible_area": painting.visible_areas[1:],
        "whole_area": painting.whole_areas[1:],
        "whole_mask": sheet.whole_masks,
        "oriented": _oriented(symbols),
        "text": texts,
    }
    values |= zip(("x0", "y0", "x1", "y1"), symbols.box.T, strict=True)
    for side, column in zip(_VISIBLE, painting.visible_boxes[1:].T, strict=True):
        values[side] = pa.array(column.astype(np.int32), mask=hidden)
    arrays = [_column(values[one.name], one.type) for one in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


# Columns of the table that are those of `Symbols`.
_SAME = (
    "kind", "role", "font", "element", "small", "grace", "part", "system", "staff", "voice",
    "measure", "staff_position", "step", "alter", "octave", "duration", "onset", "parent", "group",
)  # fmt: skip


def _column(values: Any, kind: pa.DataType) -> "pa.Array[Any]":
    if isinstance(values, pa.Array):
        return values
    if isinstance(values, Words):
        return pa.array(values.words, kind).take(pa.array(values.codes))
    if isinstance(values, np.ndarray):
        wanted = kind.to_pandas_dtype()
        none = np.isnan(values) if values.dtype.kind == "f" else None
        if none is not None and none.any():
            return pa.array(np.where(none, 0, values).astype(wanted), mask=none)
        return pa.array(values.astype(wanted, copy=False))
    return pa.array(values, kind)


def _oriented(symbols: Symbols) -> "pa.Array[Any]":
    """The oriented boxes; those of upright symbols are the corners of their boxes."""
    corners = symbols.box[:, [0, 1, 2, 1, 2, 3, 0, 3]].astype(np.float32)
    for row, found in symbols.oriented.items():
        corners[row] = found
    return pa.FixedSizeListArray.from_arrays(pa.array(corners.reshape(-1)), 8)


def _page_row(
    stem: str, sheet: Sheet, page: Page, origin: Provenance, objects: int
) -> tuple[Any, ...]:
    kinds = Elements.of(page.elements).kind
    symbols = sheet.symbols
    lines = symbols.kind.are("staffLine")
    staves = set(zip(symbols.system[lines].tolist(), symbols.staff[lines].tolist(), strict=True))
    return (
        stem,
        origin.score,
        origin.work,
        origin.split,
        origin.engraver,
        origin.font,
        page.number,
        page.width,
        page.height,
        page.staff_space,
        int(kinds.are("system").sum()),
        len(staves),
        int(kinds.are("measure").sum()),
        len(symbols),
        objects,
        int(sheet.painting.visible_areas.sum()),
        page.missing_text,
        json.dumps(dict(origin.style)),
    )
