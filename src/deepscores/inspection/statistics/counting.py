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
    counts = np.array([counted.objects for counted in classes])
    by_count = sorted(
        (counted for counted in classes if counted.objects), key=lambda counted: -counted.objects
    )
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
        top_ten=tuple(counted.name for counted in top),
        top_ten_share=sum(counted.share for counted in top),
        absent=tuple(counted.name for counted in classes if not counted.objects),
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
    picked = values[order][np.searchsorted(reached, ranks)]
    return Quantiles(*map(float, picked))


def _require_agreement(folder: Path, labels: LabelSet, pages: Columns, tally: Columns) -> None:
    """Raise DatasetError unless pages, their counts and class ids are as the other tables say."""
    count = len(pages["page"])
    if not count:
        raise DatasetError(f"{folder}: the dataset has no pages")
    if len(tally["place"]) and tally["place"].min() < 0:
        raise DatasetError(f"{folder}: the symbol table has pages that pages.parquet lacks")
    if len(tally["place"]) and not 0 <= tally["class_id"].max() <= len(labels.classes):
        raise DatasetError(f"{folder}: the symbol table has classes that the label set lacks")
    for column in ("symbols", "objects"):
        counted = _by_place(tally["place"], tally[column], count)
        wrong = np.flatnonzero(counted != pages[column])
        if len(wrong):
            first = wrong[0]
            raise DatasetError(
                f"{folder}: page {pages['page'][first]} has {counted[first]} {column} in the "
                f"symbol table, {pages[column][first]} in pages.parquet; see: deepscores check"
            )


def _by_place(places: NDArray[Any], counts: NDArray[Any], length: int) -> NDArray[np.int64]:
    # bincount adds up in float64, which is exact for as many symbols as disks can hold.
    return np.bincount(places, weights=counts, minlength=length).astype(np.int64)


def _classes(labels: LabelSet, pages: int, tally: Columns, sizes: Columns) -> list[ClassStatistics]:
    """Each class of *labels*, by id."""
    total = int(tally["objects"].sum()) or 1
    results = []
    for label_class in labels.classes:
        of_class = tally["class_id"] == label_class.id
        per_page = _by_place(tally["place"][of_class], tally["objects"][of_class], pages)
        objects = int(per_page.sum())
        pixels, staff_spaces = _extents(sizes, label_class.id) if objects else (None, None)
        results.append(
            ClassStatistics(
                id=label_class.id,
                name=label_class.name,
                symbols=int(tally["symbols"][of_class].sum()),
                objects=objects,
                share=objects / total,
                pages=int(np.count_nonzero(per_page)),
                per_page=spread(per_page),
                pixels=pixels,
                staff_spaces=staff_spaces,
            )
        )
    return results


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
        is_known = space > 0
        if is_known.any():
            shares = np.round(values[is_known] / space[is_known] ** power, _DIGITS)
            spaces[side] = quantiles(shares, times[is_known])
    return Extent(**pixels), Extent(**spaces) if spaces else None


def _groups(
    names: Sequence[str], group_of: NDArray[Any], pages: Columns, tally: Columns
) -> tuple[GroupStatistics, ...]:
    """The pages of each name, where *group_of* names every page's."""
    labelled = tally["objects"] > 0
    groups = []
    for name in names:
        in_group = group_of == name
        classes = tally["class_id"][labelled & in_group[tally["place"]]]
        groups.append(
            GroupStatistics(
                name=str(name),
                pages=int(in_group.sum()),
                symbols=int(pages["symbols"][in_group].sum()),
                objects=int(pages["objects"][in_group].sum()),
                classes=len(np.unique(classes)),
                symbols_per_page=spread(pages["symbols"][in_group]),
                objects_per_page=spread(pages["objects"][in_group]),
            )
        )
    return tuple(groups)
