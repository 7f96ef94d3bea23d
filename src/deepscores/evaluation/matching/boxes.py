"""Labelled boxes of many pages in columns: the truth of a split, and a model's detections."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from deepscores.dataset.labelled.objects import Objects, labelled_objects, stored_objects
from deepscores.dataset.reader import DatasetPage
from deepscores.errors import DatasetError
from deepscores.evaluation.request import Request
from deepscores.evaluation.samples.works import work_places

_DECIMALS = 3  # of a pixel, as exported: equal up to these is the same box


@dataclass(frozen=True, slots=True, eq=False)
class Pages:
    """The pages of a split, by place."""

    names: tuple[str, ...]
    staff_space: NDArray[np.float64]  # (pages,) pixels between two staff lines
    work: NDArray[np.int64]  # (pages,) place of its work
    works: int

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Boxes in pixels of their pages, by page."""

    page: NDArray[np.int64]  # (n,) place of the page
    class_id: NDArray[np.int64]  # (n,) in the label set
    xywh: NDArray[np.float64]  # (n, 4) left, top, width, height
    corners: NDArray[np.float64]  # (n, 8) x y of the oriented box
    score: NDArray[np.float64]  # (n,) how sure a model is; 1 for the truth
    multiplicity: NDArray[np.int64]  # (n,) how often it is drawn in this place; 1 for a model's

    def __len__(self) -> int:
        return len(self.page)

    @property
    def box(self) -> NDArray[np.float64]:
        """(n, 4) x0 y0 x1 y1."""
        return to_corners(self.xywh)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Boxes":
        """The boxes at *rows*."""
        return Boxes(*(getattr(self, column.name)[rows] for column in fields(self)))

    def with_boxes(self, xywh: NDArray[np.float64]) -> "Boxes":
        """The same with other upright boxes."""
        return replace(self, xywh=xywh)


def to_corners(xywh: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 4) x0 y0 x1 y1 of (n, 4) boxes x y w h."""
    return np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)


def upright_corners(xywh: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 8) corners of (n, 4) upright boxes, clockwise from the upper left."""
    x0, y0 = xywh[:, 0], xywh[:, 1]
    x1, y1 = x0 + xywh[:, 2], y0 + xywh[:, 3]
    return np.stack([x0, y0, x1, y0, x1, y1, x0, y1], axis=1)


def pages_of(request: Request) -> Pages:
    """The pages that *request* asks for.

    Raise DatasetError for a page of unknown staff space, the unit of all measures.
    """
    rows = [page.row for page in request.pages]
    spaces = np.array([float(row["staff_space"] or 0) for row in rows])
    if not (spaces > 0).all():
        unknown = rows[int(np.argmin(spaces))]["page"]
        raise DatasetError(f"{request.dataset.folder}: {unknown}: its staff space is unknown")
    work, works = work_places([str(row["work"]) for row in rows])
    return Pages(tuple(str(row["page"]) for row in rows), spaces, work, works)


def read_truth(request: Request) -> Boxes:
    """The objects of the pages that *request* asks for, of its classes; no picture is opened.

    Objects of one class in exactly the same place are one, whose `multiplicity` says how many.
    """
    class_ids = np.array(sorted(request.names), np.int64)
    parts = []
    request.progress.stage("Reading the truth", len(request.pages))
    for place, page in enumerate(request.pages):
        parts.append(_of_page(place, page, request, class_ids))
        request.progress.advance()
    merged = [_merged(boxes) for boxes in parts]
    return Boxes(
        *(
            np.concatenate([getattr(part, column.name) for part in merged])
            for column in fields(Boxes)
        )
    )


def _of_page(
    place: int, page: DatasetPage, request: Request, class_ids: NDArray[np.int64]
) -> Boxes:
    symbols = page.symbols
    objects = (
        labelled_objects(symbols, request.labels) if request.labels else stored_objects(symbols)
    )
    rows = np.flatnonzero(np.isin(objects.class_id, class_ids))
    box = objects.box[rows]
    return Boxes(
        page=np.full(len(rows), place, np.int64),
        class_id=objects.class_id[rows].astype(np.int64),
        xywh=np.concatenate([box[:, :2], box[:, 2:] - box[:, :2]], axis=1),
        corners=objects.oriented[rows],
        score=np.ones(len(rows)),
        multiplicity=_multiplicity(symbols, objects)[rows],
    )


def _multiplicity(symbols: pa.Table, objects: Objects) -> NDArray[np.int64]:
    """How many symbols of each object lie in exactly its place; 1 for one that is composed."""
    numbers = np.flatnonzero(objects.of_symbol)
    places = objects.of_symbol[numbers] - 1
    sides = [symbols[side].to_numpy().astype(np.float64) for side in ("x0", "y0", "x1", "y1")]
    symbol_boxes = np.stack(sides, axis=1)[numbers - 1]
    is_in_place = (np.round(symbol_boxes - objects.box[places], _DECIMALS) == 0).all(axis=1)
    counts = np.bincount(places[is_in_place], minlength=len(objects))
    return np.maximum(counts, 1).astype(np.int64)


def _merged(boxes: Boxes) -> Boxes:
    """*boxes* of a page, each of those in the same place by its first, with all's multiplicity."""
    keys = np.round(np.column_stack([boxes.class_id, boxes.xywh]), _DECIMALS)
    _, first, groups = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    if len(first) == len(boxes):
        return boxes
    counts = np.bincount(groups.ravel(), weights=boxes.multiplicity).astype(np.int64)
    order = np.argsort(first)
    return replace(boxes.take(first[order]), multiplicity=counts[order])


def padded(boxes: Boxes, pages: Pages, min_side: float) -> Boxes:
    """*boxes* with sides of at least *min_side* staff spaces, grown about their centres."""
    side = boxes.xywh[:, 2:]
    grown = np.maximum(side, min_side * pages.staff_space[boxes.page, None])
    corner = boxes.xywh[:, :2] - (grown - side) / 2
    return boxes.with_boxes(np.concatenate([corner, grown], axis=1))


def in_staff_spaces(boxes: Boxes, pages: Pages) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n,) the square root of each box's area, and its shorter side, in staff spaces."""
    side = boxes.xywh[:, 2:] / pages.staff_space[boxes.page, None]
    return np.sqrt(side.prod(axis=1)), side.min(axis=1)


def empty_boxes() -> Boxes:
    """No boxes at all."""
    empty = np.empty(0, np.int64)
    return Boxes(empty, empty, np.empty((0, 4)), np.empty((0, 8)), np.empty(0), empty)


def from_columns(
    page: Sequence[int] | NDArray[np.int64],
    class_id: Sequence[int] | NDArray[np.int64],
    xywh: NDArray[np.float64],
    score: Sequence[float] | NDArray[np.float64],
    corners: NDArray[np.float64] | None = None,
) -> Boxes:
    """A model's detections in columns; without *corners* their boxes are upright."""
    boxes = np.asarray(xywh, np.float64).reshape(-1, 4)
    return Boxes(
        np.asarray(page, np.int64),
        np.asarray(class_id, np.int64),
        boxes,
        upright_corners(boxes) if corners is None else np.asarray(corners, np.float64),
        np.asarray(score, np.float64),
        np.ones(len(boxes), np.int64),
    )


def without_doubles(detections: Boxes, truth: Boxes) -> Boxes:
    """*detections* without repetitions of a box, up to as many as the truth has in that place.

    The truth counts such doubles (two voices' unison) once; a model that reports both is right.
    """
    repeated = truth.take(truth.multiplicity > 1)
    if not len(repeated) or not len(detections):
        return detections
    key = [
        np.column_stack([boxes.page, boxes.class_id, boxes.xywh.round(3)])
        for boxes in (repeated, detections)
    ]
    distinct, groups = np.unique(np.concatenate(key), axis=0, return_inverse=True)
    groups = groups.ravel()
    allowed = np.ones(len(distinct), np.int64)
    allowed[groups[: len(repeated)]] = repeated.multiplicity
    detection_groups = groups[len(repeated) :]
    order = np.lexsort((-detections.score, detection_groups))
    starts = np.searchsorted(detection_groups[order], detection_groups[order], side="left")
    nth = np.empty(len(detections), np.int64)  # among its equals, from the surest
    nth[order] = np.arange(len(detections)) - starts
    return detections.take((nth == 0) | (nth >= allowed[detection_groups]))
