"""From counts by page and class to statistics."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.layout import require_dataset
from deepscores.errors import DatasetError
from deepscores.inspection.statistics.model import (
    ClassStatistics,
    Extent,
    GroupStatistics,
    Quantiles,
    Spread,
    Statistics,
)
from deepscores.inspection.statistics.scan import TENTHS, Columns, scanning
from deepscores.page.labels.label_sets import LabelSet, parse_label_set_table

_TOP = 10
_SPLITS = ("train", "val", "test")
_PERCENTS = (0, 5, 25, 50, 75, 95, 100)
_DIGITS = 4  # of sizes in staff spaces


def statistics(folder: Path) -> Statistics:
    """Count the finished dataset in *folder*.

    Raise DatasetError if there is none, or if its tables disagree; RecipeError if DuckDB is not
    installed.
    """
    info = require_dataset(folder)
    labels = parse_label_set_table(info["label_set"], "dataset.json")
    with scanning(folder) as scan:
        pages, tally = scan.pages(), scan.tally()
        _require_agreement(folder, labels, pages, tally)
        sizes = scan.sizes(one_staff_space=len(set(pages["staff_space"])) == 1)
    classes = _classes(labels, len(pages["page"]), tally, sizes)
    counts = np.array([one.objects for one in classes])
    by_count = sorted((one for one in classes if one.objects), key=lambda one: -one.objects)
    top = by_count[:_TOP]
    return Statistics(
        dataset=str(folder),
        label_set=labels.name,
        pages=len(pages["page"]),
        symbols=int(pages["symbols"].sum()),
        objects=int(pages["objects"].sum()),
        symbols_per_page=spread(pages["symbols"]),
        objects_per_page=spread(pages["objects"]),
        objects_per_class=spread(counts),
        objects_per_class_seen=spread(counts[counts > 0]),
        top_ten=tuple(one.name for one in top),
        top_ten_share=sum(one.share for one in top),
        absent=tuple(one.name for one in classes if not one.objects),
        classes=tuple(classes),
        fonts=_groups(sorted(set(pages["font"])), pages["font"], pages, tally),
        splits=_groups(_SPLITS, pages["split"], pages, tally),
    )


def spread(counts: NDArray[Any]) -> Spread:
    """How *counts* are spread; all zero if there are none.

    >>> spread(np.array([2, 8, 2, 8]))
    Spread(mean=5.0, std=3.0, max=8, min=2, median=5.0)
    """
    if not len(counts):
        return Spread(0.0, 0.0, 0, 0, 0.0)
    return Spread(
        float(counts.mean()),
        float(counts.std()),
        int(counts.max()),
        int(counts.min()),
        float(np.median(counts)),
    )


def quantiles(values: NDArray[Any], times: NDArray[Any]) -> Quantiles:
    """Quantiles of *values* that occur so many *times*; at least one does.

    >>> quantiles(np.array([3.0, 1.0]), np.array([1, 9]))
    Quantiles(min=1.0, p5=1.0, p25=1.0, median=1.0, p75=1.0, p95=3.0, max=3.0)
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(times[order])
    # In whole numbers, rounded up: 5 % of 60 is 3, not a hair more.
    ranks = [max(1, -(-percent * int(reached[-1]) // 100)) for percent in _PERCENTS]
    found = values[order][np.searchsorted(reached, ranks)]
    return Quantiles(*map(float, found))


def _require_agreement(folder: Path, labels: LabelSet, pages: Columns, tally: Columns) -> None:
    """Raise DatasetError unless pages, their counts and class ids are as the other tables say."""
    count = len(pages["page"])
    if not count:
        raise DatasetError(f"{folder}: the dataset has no pages")
    if len(tally["place"]) and tally["place"].min() < 0:
        raise DatasetError(f"{folder}: the symbol table has pages that pages.parquet lacks")
    if len(tally["place"]) and not 0 <= tally["class_id"].max() <= len(labels.classes):
        raise DatasetError(f"{folder}: the symbol table has classes that the label set lacks")
    for what in ("symbols", "objects"):
        counted = _by_place(tally["place"], tally[what], count)
        wrong = np.flatnonzero(counted != pages[what])
        if len(wrong):
            first = wrong[0]
            raise DatasetError(
                f"{folder}: page {pages['page'][first]} has {counted[first]} {what} in the symbol "
                f"table, {pages[what][first]} in pages.parquet; see: deepscores check"
            )


def _by_place(places: NDArray[Any], counts: NDArray[Any], length: int) -> NDArray[np.int64]:
    # bincount adds up in float64, which is exact for as many symbols as disks can hold.
    return np.bincount(places, weights=counts, minlength=length).astype(np.int64)


def _classes(labels: LabelSet, pages: int, tally: Columns, sizes: Columns) -> list[ClassStatistics]:
    """Each class of *labels*, by id."""
    every = int(tally["objects"].sum()) or 1
    found = []
    for one in labels.classes:
        mine = tally["class_id"] == one.id
        per_page = _by_place(tally["place"][mine], tally["objects"][mine], pages)
        objects = int(per_page.sum())
        pixels, staff_spaces = _extents(sizes, one.id) if objects else (None, None)
        found.append(
            ClassStatistics(
                id=one.id,
                name=one.name,
                symbols=int(tally["symbols"][mine].sum()),
                objects=objects,
                share=objects / every,
                pages=int(np.count_nonzero(per_page)),
                per_page=spread(per_page),
                pixels=pixels,
                staff_spaces=staff_spaces,
            )
        )
    return found


def _extents(sizes: Columns, class_id: int) -> tuple[Extent, Extent | None]:
    """How large a class's objects are, in pixels and in staff spaces.

    The latter of pages alone whose staff space is known; None without one.
    """
    pixels, spaces = {}, {}
    for side, unit, power in (("height", TENTHS, 1), ("width", TENTHS, 1), ("area", 1, 2)):
        rows = (sizes["class_id"] == class_id) & (sizes[side] >= 0)
        values, times = sizes[side][rows] / unit, sizes["times"][rows]
        pixels[side] = quantiles(values, times)
        space = sizes["staff_space"][rows]
        told = space > 0
        if told.any():
            shares = np.round(values[told] / space[told] ** power, _DIGITS)
            spaces[side] = quantiles(shares, times[told])
    return Extent(**pixels), Extent(**spaces) if spaces else None


def _groups(
    names: Sequence[str], group_of: NDArray[Any], pages: Columns, tally: Columns
) -> tuple[GroupStatistics, ...]:
    """The pages of each name, where *group_of* names every page's."""
    labelled = tally["objects"] > 0
    found = []
    for name in names:
        mine = group_of == name
        classes = tally["class_id"][labelled & mine[tally["place"]]]
        found.append(
            GroupStatistics(
                name=str(name),
                pages=int(mine.sum()),
                symbols=int(pages["symbols"][mine].sum()),
                objects=int(pages["objects"][mine].sum()),
                classes=len(np.unique(classes)),
                symbols_per_page=spread(pages["symbols"][mine]),
                objects_per_page=spread(pages["objects"][mine]),
            )
        )
    return tuple(found)
