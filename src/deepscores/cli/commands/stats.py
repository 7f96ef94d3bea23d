"""``deepscores stats``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deepscores import api
from deepscores.cli.command import command
from deepscores.cli.screen import new_wide_console, number_table

if TYPE_CHECKING:
    from rich.table import Table

    from deepscores.inspection.statistics.model import (
        ClassStatistics,
        Extent,
        GroupStatistics,
        Quantiles,
        Spread,
        Statistics,
    )

_SPREAD = ("mean", "std", "max", "min", "median")
_SIDES = ("height", "width", "area")


@command("stats")
def run(dataset: Path, *, json: bool = False) -> None:
    """Count a dataset's symbols and objects.

    Prints counts per page, class, font and split, and the sizes of each class.

    \b
    deepscores stats dataset
    deepscores stats dataset --json > stats.json
    """
    statistics = api.statistics(dataset)
    if json:
        from json import dumps

        print(dumps(statistics.as_table(), ensure_ascii=False, indent=1))
        return
    present = sorted(
        (row for row in statistics.classes if row.objects), key=lambda row: -row.objects
    )
    console = new_wide_console()
    for table in _tables(statistics, present):
        console.print(table)
    print_totals(statistics, present)


def _tables(statistics: Statistics, present: Sequence[ClassStatistics]) -> Iterable[Table]:
    """The tables of a dataset; classes that occur are listed by frequency."""
    yield _spread_table(statistics)
    yield _group_table("font", statistics.fonts)
    yield _group_table("split", statistics.splits)
    yield _class_table(present)
    yield _size_table("px", [(row.name, row.pixels) for row in present], digits=0)
    yield _size_table("sp", [(row.name, row.staff_spaces) for row in present], digits=2)


def print_totals(statistics: Statistics, present: Sequence[ClassStatistics]) -> None:
    """Print the totals of a dataset, its most frequent classes and those without objects."""
    print(
        f"{statistics.pages:,} pages, {statistics.symbols:,} symbols, "
        f"{statistics.objects:,} labelled objects of {len(present)} of {len(statistics.classes)} "
        f"classes ({statistics.label_set})"
    )
    print(
        f"{statistics.top_ten_share:.1%} of the objects are of {len(statistics.top_ten)} classes: "
        f"{', '.join(statistics.top_ten)}"
    )
    if statistics.absent:
        print(f"no object: {', '.join(statistics.absent)}")


def _spread_table(statistics: Statistics) -> Table:
    rows = (
        ("symbols per page", statistics.symbols_per_page),
        ("objects per page", statistics.objects_per_page),
        ("objects per class", statistics.objects_per_class),
        ("objects per class that occurs", statistics.objects_per_class_seen),
    )
    table = number_table("", *_SPREAD, title=statistics.dataset)
    for name, spread in rows:
        table.add_row(name, *_spread_cells(spread))
    return table


def _group_table(title: str, groups: Sequence[GroupStatistics]) -> Table:
    table = number_table(title, "pages", "symbols", "objects", "classes", *_SPREAD)
    for group in groups:
        counts = (group.pages, group.symbols, group.objects, group.classes)
        spread = _spread_cells(group.objects_per_page)
        table.add_row(group.name, *(f"{count:,}" for count in counts), *spread)
    table.caption = "mean to median: objects per page"
    return table


def _class_table(classes: Sequence[ClassStatistics]) -> Table:
    table = number_table("class", "objects", "share", "pages", *_SPREAD)
    for row in classes:
        counts = (f"{row.objects:,}", f"{row.share:.2%}", f"{row.pages:,}")
        table.add_row(row.name, *counts, *_spread_cells(row.per_page))
    table.caption = "mean to median: objects per page, including pages without any"
    return table


def _size_table(unit: str, extents: Sequence[tuple[str, Extent | None]], *, digits: int) -> Table:
    table = number_table("class", *(f"{side} {unit}" for side in _SIDES))
    for name, extent in extents:
        sides = [getattr(extent, side) for side in _SIDES] if extent else []
        table.add_row(name, *(_quantile_cell(side, digits) for side in sides))
    table.caption = "5 % – median – 95 % of the boxes; sp: staff spaces; areas in square units"
    return table


def _spread_cells(spread: Spread) -> list[str]:
    mean, std, largest, smallest, median = (getattr(spread, name) for name in _SPREAD)
    return [f"{mean:,.2f}", f"{std:,.2f}", f"{largest:,}", f"{smallest:,}", f"{median:,g}"]


def _quantile_cell(quantiles: Quantiles, digits: int) -> str:
    values = (quantiles.p5, quantiles.median, quantiles.p95)
    return " – ".join(f"{value:,.{digits}f}" for value in values)
