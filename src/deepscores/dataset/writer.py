"""From a sheet to the files and rows of one page in the dataset."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from deepscores.dataset.annotations import Annotation, write_voc
from deepscores.dataset.columns import OBJECTS, SIDES, table_of_columns
from deepscores.dataset.identity import PageIdentity
from deepscores.dataset.layout import IMAGES, INSTANCES, MASKS, XML
from deepscores.dataset.png.codec import encode_picture, encode_runs_png
from deepscores.dataset.symbol_table import symbol_table
from deepscores.page.labels.label_sets import LabelledObject, LabelSet
from deepscores.page.labels.masks import class_runs
from deepscores.page.model import Elements, Page, Sheet


class Sample(NamedTuple):
    """One page, ready to be written."""

    stem: str
    files: dict[str, bytes]  # path in the dataset → content
    symbols: pa.Table
    objects: pa.Table
    page_row: dict[str, Any]


class Provenance(NamedTuple):
    """Where a page comes from, as its rows state it."""

    score: str
    work: str
    split: str
    engraver: str
    font: str
    style: Mapping[str, Any] = {}  # what was drawn for the page
    stem: str = ""  # of an imported page
    variant: str = ""  # of a page that is shown in several ways


class PageRows(NamedTuple):
    """A page's rows in the tables, and its labelled objects."""

    stem: str
    objects: list[LabelledObject]
    symbols: pa.Table
    page_row: dict[str, Any]


def make_sample(
    sheet: Sheet, page: Page, labels: LabelSet, origin: Provenance, place: int
) -> Sample:
    """Label *sheet* and encode it; *place* is the page's place in its shard."""
    stem, objects, symbols, page_row = describe(sheet, page, labels, origin)
    class_of = {number: labelled.class_id for labelled in objects for number in labelled.members}
    classes = class_runs(sheet.painting.owner_map.runs, class_of, len(sheet.symbols))
    depth = 1 if len(labels.classes) < 256 else 2
    files = {
        f"{IMAGES}/{stem}.png": encode_picture(sheet.painting.picture, 1),
        f"{XML}/{stem}.xml": _annotations(stem, sheet, page, labels, objects),
        f"{MASKS}/{stem}.png": encode_runs_png(classes, page.width, depth),
        f"{INSTANCES}/{stem}.png": encode_picture(sheet.painting.owner_map, 2),
    }
    return Sample(stem, files, symbols, _object_table(objects, place), page_row)


def describe(sheet: Sheet, page: Page, labels: LabelSet, origin: Provenance) -> PageRows:
    """Label *sheet* and make its rows, without encoding pictures."""
    identity = PageIdentity(origin.score, origin.font, page.number, origin.variant)
    stem = origin.stem or identity.stem
    objects = _visible(labels.label(sheet.symbols), sheet)
    symbols = symbol_table(stem, sheet, labels, objects)
    return PageRows(stem, objects, symbols, _page_row(stem, sheet, page, origin, len(objects)))


def _object_table(objects: Sequence[LabelledObject], place: int) -> pa.Table:
    boxes = np.array([labelled.box for labelled in objects], np.float32).reshape(-1, 4)
    columns = {
        "page": [place] * len(objects),
        "number": [labelled.number for labelled in objects],
        "class_id": [labelled.class_id for labelled in objects],
        **dict(zip(SIDES, boxes.T, strict=True)),
    }
    return table_of_columns(OBJECTS, columns)


def _visible(objects: list[LabelledObject], sheet: Sheet) -> list[LabelledObject]:
    """The objects that own a pixel; one that lies wholly under others cannot be seen."""
    areas = sheet.painting.visible_areas
    if areas[1:].all():
        return objects
    return [labelled for labelled in objects if areas[list(labelled.members)].any()]


def _annotations(
    stem: str, sheet: Sheet, page: Page, labels: LabelSet, objects: list[LabelledObject]
) -> bytes:
    names = [label_class.name for label_class in labels.classes]
    rows = np.array([labelled.number - 1 for labelled in objects], np.int64)
    symbols = sheet.symbols
    onsets, durations, positions = (
        [None if value != value else value for value in column[rows].tolist()]
        for column in (symbols.onset, symbols.duration, symbols.staff_position)
    )
    annotations = (
        Annotation(
            names[labelled.class_id - 1],
            labelled.box,
            labelled.number,
            onset,
            duration,
            None if position is None else int(position),
        )
        for labelled, onset, duration, position in zip(
            objects, onsets, durations, positions, strict=True
        )
    )
    return write_voc(f"{stem}.png", page.width, page.height, annotations)


def _page_row(
    stem: str, sheet: Sheet, page: Page, origin: Provenance, objects: int
) -> dict[str, Any]:
    symbols, kinds = sheet.symbols, Elements.of(page.elements).kind
    lines = symbols.kind.are("staffLine")
    staves = set(zip(symbols.system[lines].tolist(), symbols.staff[lines].tolist(), strict=True))
    return {
        "page": stem,
        "score": origin.score,
        "work": origin.work,
        "split": origin.split,
        "engraver": origin.engraver,
        "font": origin.font,
        "number": page.number,
        "width": page.width,
        "height": page.height,
        "staff_space": page.staff_space,
        "systems": int(kinds.are("system").sum()),
        "staves": len(staves),
        "measures": int(kinds.are("measure").sum()),
        "symbols": len(symbols),
        "objects": objects,
        "ink": int(sheet.painting.visible_areas.sum()),
        "missing_text": page.missing_text,
        "style": json.dumps(dict(origin.style)),
    }
