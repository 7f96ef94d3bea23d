"""From a sheet to the files and rows of one page in the dataset."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from deepscores.formats.png import encode_runs_png
from deepscores.formats.tables import OBJECTS, SYMBOLS, SYMBOLS_WHOLE, table
from deepscores.formats.voc import Annotation, write_voc
from deepscores.labelling.masks import class_runs
from deepscores.model import Page, Sheet, Symbol
from deepscores.vocabulary.labels import Labelled, LabelSet

IMAGES = "images_png"
XML = "xml_annotations"
MASKS = "pix_annotations_png"
INSTANCES = "instances_png"
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


def page_stem(score: str, font: str, number: int) -> str:
    """The name all files of a page share, in V1's manner.

    >>> page_stem("bach-bwv66-6", "Bravura", 2)
    'bach-bwv66-6-aug-bravura--page-2'
    """
    return f"{score}-aug-{font.lower()}--page-{number}"


def make_sample(
    sheet: Sheet, page: Page, labels: LabelSet, origin: Provenance, place: int
) -> Sample:
    """Label *sheet* and encode it; *place* is the page's place in its shard."""
    stem = page_stem(origin.score, origin.font, page.number)
    objects = _seen(labels.label(sheet.symbols), sheet)
    class_of = {number: one.class_id for one in objects for number in one.members}
    object_of = {number: one.number for one in objects for number in one.members}
    classes = class_runs(sheet.painting.owning, class_of, len(sheet.symbols))
    depth = 1 if len(labels.classes) < 256 else 2
    files = {
        f"{IMAGES}/{stem}.png": encode_runs_png(sheet.painting.shades, page.width, 1),
        f"{XML}/{stem}.xml": _annotations(stem, sheet, page, labels, objects),
        f"{MASKS}/{stem}.png": encode_runs_png(classes, page.width, depth),
        f"{INSTANCES}/{stem}.png": encode_runs_png(sheet.painting.owning, page.width, 2),
    }
    return Sample(
        stem,
        files,
        _symbol_table(stem, sheet, labels, class_of, object_of),
        table(OBJECTS, [(place, one.number, one.class_id, *one.box) for one in objects]),
        _page_row(stem, sheet, page, origin, len(objects)),
    )


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
    symbols = [sheet.symbols[one.number - 1] for one in objects]
    rows = (
        Annotation(
            names[one.class_id - 1],
            one.box,
            one.number,
            symbol.onset,
            symbol.duration,
            symbol.staff_position,
        )
        for one, symbol in zip(objects, symbols, strict=True)
    )
    return write_voc(f"{stem}.png", page.width, page.height, rows)


def _symbol_table(
    stem: str, sheet: Sheet, labels: LabelSet, class_of: dict[int, int], object_of: dict[int, int]
) -> pa.Table:
    symbols = sheet.symbols
    schema = SYMBOLS if sheet.whole_masks is None else SYMBOLS_WHOLE
    if not symbols:
        return schema.empty_table()
    columns = dict(zip(Symbol._fields, zip(*symbols, strict=True), strict=True))
    numbers = columns["number"]
    names = ["", *(one.name for one in labels.classes)]
    class_ids = [class_of.get(number, 0) for number in numbers]
    x0, y0, x1, y1 = np.array(columns["box"]).T
    hidden = sheet.painting.visible_areas[1:] == 0
    values: dict[str, Any] = {
        **columns,
        "page": [stem] * len(symbols),
        "object": [object_of.get(number, 0) for number in numbers],
        "class_id": class_ids,
        "class": [names[class_id] for class_id in class_ids],
        "smufl": columns["glyph"],
        "x0": x0,
        "y0": y0,
        "x1": x1,
        "y1": y1,
        "visible_area": sheet.painting.visible_areas[1:],
        "whole_area": sheet.painting.whole_areas[1:],
        "whole_mask": sheet.whole_masks,
        "oriented": _oriented(symbols, np.array(columns["box"])),
    }
    for side, column in zip(_VISIBLE, sheet.painting.visible_boxes[1:].T, strict=True):
        values[side] = pa.array(column.astype(np.int32), mask=hidden)
    arrays = [_column(values[one.name], one.type) for one in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _column(values: Any, kind: pa.DataType) -> "pa.Array[Any]":
    return values if isinstance(values, pa.Array) else pa.array(values, kind)


def _oriented(symbols: Sequence[Symbol], boxes: NDArray[np.float64]) -> "pa.Array[Any]":
    """The oriented boxes; those of upright symbols are the corners of their *boxes* (n, 4)."""
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].astype(np.float32)
    for row, one in zip(corners, symbols, strict=True):
        if one.oriented:
            row[:] = one.oriented
    return pa.FixedSizeListArray.from_arrays(pa.array(corners.reshape(-1)), 8)


def _page_row(
    stem: str, sheet: Sheet, page: Page, origin: Provenance, objects: int
) -> tuple[Any, ...]:
    kinds = [element.kind for element in page.elements]
    staves = {(one.system, one.staff) for one in sheet.symbols if one.kind == "staffLine"}
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
        kinds.count("system"),
        len(staves),
        kinds.count("measure"),
        len(sheet.symbols),
        objects,
        int(sheet.painting.visible_areas.sum()),
        page.missing_text,
        json.dumps(dict(origin.style)),
    )
