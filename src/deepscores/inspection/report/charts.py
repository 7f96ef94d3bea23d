"""The charts of a report: which rows of numbers each shows, and how it is called."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from deepscores.inspection.pages.charts.vega import (
    Axis,
    Key,
    Row,
    Tip,
    Words,
    draw_bars,
    draw_histogram,
    draw_lines,
    draw_maps,
    draw_matrix,
    draw_ranges,
)
from deepscores.inspection.pages.drawing import Figure
from deepscores.inspection.report.imbalance import lorenz
from deepscores.inspection.report.material import ReportMaterial
from deepscores.inspection.report.survey import DECADE, GRID, SIZES, size_edges
from deepscores.inspection.report.tally import Tally, top_share

_BINS_PER_DECADE = 12  # of symbols per page
_MAX_CLASSES = 30  # of the charts that show some classes only
_MAX_MAPS = 8
_MAP_SIZE = (300, 424)  # pixels: the shape of a page
_DENSITY_BINS = 40
_MIN_RANGE = 0.01  # staff spaces: where a logarithmic axis may begin

Rows = list[Row]


def _tallies(material: ReportMaterial) -> dict[str, Tally]:
    """This dataset first, then those it is compared with; titles that repeat are numbered."""
    tallies = {material.title: material.tally}
    for dataset in material.compared:
        title, number = dataset.title, 2
        while title in tallies:
            title, number = f"{dataset.title} ({number})", number + 1
        tallies[title] = dataset.tally
    return tallies


def all_charts(material: ReportMaterial) -> Iterator[Figure]:
    """Yield every chart of the report."""
    yield frequencies(material)
    yield symbols_per_page(material)
    yield from sizes(material)
    yield size_ranges(material)
    yield unevenness(material)
    yield together(material)
    yield places(material)
    yield density(material)
    yield hidden(material)


def frequencies(material: ReportMaterial) -> Figure:
    """Figure 3, as bars."""
    rows: Rows = [
        {
            "class": counted.name,
            "objects": counted.objects,
            "share": counted.share,
            "pages": counted.pages,
        }
        for counted in material.frequent
    ]
    share = 100 * top_share(material.tally.counts)
    caption = (
        f"Labelled objects of the {len(rows)} classes that have any, on a logarithmic axis. The "
        f"ten most frequent have {share:.1f} % of all; the paper's have 86 %."
    )
    words = Words("figure-3-frequencies", "Figure 3: frequencies", caption)
    axis = Axis("objects", "objects", "~s", ticks=6, logarithmic=True, start=0.8)
    tips = Tip("objects", ","), Tip("share", ".2%"), Tip("pages", ",")
    return draw_bars(words, rows, "class", axis, tips)


def symbols_per_page(material: ReportMaterial) -> Figure:
    """Figure 4: a histogram on a logarithmic axis whose area is 1."""
    tallies = _tallies(material)
    rows = [
        row
        for title, tally in tallies.items()
        for row in histogram_rows(title, tally.page_counts())
    ]
    caption = (
        "Labelled objects per page: logarithmic across, and scaled so that the bars of a dataset "
        "cover an area of 1. Pages without an object are left out."
    )
    return draw_histogram(
        Words("figure-4-symbols-a-page", "Figure 4: symbols per page", caption),
        rows,
        Axis("from", "labelled objects per page", "~s", ticks=8, logarithmic=True),
        Axis("density", "share of the pages, per factor of ten"),
        (Tip("from", ",.1f"), Tip("to", ",.1f"), Tip("pages", ",")),
        Key("dataset", [*tallies]),
    )


def histogram_rows(title: str, counts: NDArray[np.int64]) -> Rows:
    """Bins of equal width on a logarithmic axis; heights times widths (in tens) add up to 1."""
    filled = counts[counts > 0]
    if not len(filled):
        return []
    # From half a symbol below, so that every whole number is inside a bin.
    low = np.floor(np.log10(filled.min() - 0.5) * _BINS_PER_DECADE)
    high = np.floor(np.log10(filled.max() + 0.5) * _BINS_PER_DECADE) + 1
    edges = 10 ** (np.arange(low, high + 1) / _BINS_PER_DECADE)
    pages = np.histogram(filled, edges)[0]
    return [
        {
            "dataset": title,
            "from": round(float(left), 3),
            "to": round(float(right), 3),
            "pages": int(number),
            "density": round(float(number) / len(filled) * _BINS_PER_DECADE, 5),
        }
        for number, left, right in zip(pages, edges[:-1], edges[1:], strict=True)
        if number
    ]


def sizes(material: ReportMaterial) -> Iterator[Figure]:
    """Figure 6: how large objects are, in pixels and in staff spaces."""
    survey = material.survey
    for unit, symbol, bins in (
        ("pixels", "px", survey.in_pixels),
        ("staff spaces", "sp", survey.in_staff_spaces),
    ):
        names = {
            "height": f"height, {symbol}",
            "width": f"width, {symbol}",
            "area": f"area, {symbol}²",
        }
        words = Words(
            f"figure-6-sizes-{unit.replace(' ', '-')}",
            f"Figure 6: sizes in {unit}",
            f"Height, width and area of the boxes of all labelled objects, in {unit}.",
        )
        yield draw_histogram(
            words,
            _size_rows(bins, names),
            Axis("from", f"size in {unit}", "~g", ticks=6, logarithmic=True),
            Axis("share", "share of the objects, per factor of ten"),
            (Tip("from", ".3g"), Tip("to", ".3g"), Tip("objects", ",")),
            Key("what", [*names.values()]),
        )


def _size_rows(bins: NDArray[np.int64], names: dict[str, str]) -> Rows:
    edges = size_edges()
    return [
        {
            "what": names[side],
            "from": float(f"{edges[column]:.4g}"),
            "to": float(f"{edges[column + 1]:.4g}"),
            "objects": int(bins[place, column]),
            "share": round(float(bins[place, column]) / int(bins[place].sum()) * DECADE, 5),
        }
        for place, side in enumerate(SIZES)
        for column in np.flatnonzero(bins[place]).tolist()
    ]


def size_ranges(material: ReportMaterial) -> Figure:
    """The height and width of each class's boxes."""
    sides = ("height", "width")
    rows: Rows = []
    for counted in material.frequent:
        for side in sides if counted.staff_spaces else ():
            spread = getattr(counted.staff_spaces, side)
            low, median, high = (
                max(size, _MIN_RANGE) for size in (spread.p5, spread.median, spread.p95)
            )
            rows.append(
                {"class": counted.name, "side": side, "from": low, "median": median, "to": high}
            )
    words = Words(
        "figure-6-sizes-by-class",
        "Figure 6: sizes by class",
        "How high and how wide the boxes of each class are, in staff spaces: from 5 % to 95 %, "
        "with the median.",
    )
    axis = Axis("from", "staff spaces: 5 % – median – 95 %", "~g", logarithmic=True)
    return draw_ranges(words, rows, "class", axis, Key("side", sides))


def unevenness(material: ReportMaterial) -> Figure:
    """The Lorenz curve."""
    tallies = _tallies(material)
    rows: Rows = [
        {"dataset": title, "classes": round(x, 4), "objects": round(y, 6)}
        for title, tally in tallies.items()
        for x, y in lorenz(tally.counts)
    ]
    words = Words(
        "imbalance-lorenz",
        "How uneven the classes are",
        "Lorenz curve: on the dashed line, all classes would be equally frequent.",
    )
    axes = (
        Axis("classes", "of the classes, rarest first", "%"),
        Axis("objects", "their share of the objects", "%"),
    )
    tips = Tip("classes", ".1%"), Tip("objects", ".2%")
    return draw_lines(words, rows, axes, Key("dataset", [*tallies]), tips)


def together(material: ReportMaterial) -> Figure:
    """Which of the classes on most pages share pages."""
    counts = material.survey.together
    common = sorted(material.frequent, key=lambda counted: -counted.pages)[:_MAX_CLASSES]
    rows: Rows = [
        {
            "class": row.name,
            "with": column.name,
            "pages": int(counts[row.id - 1, column.id - 1]),
            "share": round(float(counts[row.id - 1, column.id - 1] / row.pages), 4),
        }
        for row in common
        for column in common
    ]
    words = Words(
        "together-chart",
        "Classes that come together",
        "Of the pages with one class (row), the share that also have the other (column): the "
        f"{len(common)} classes on most pages.",
    )
    return draw_matrix(
        words,
        rows,
        [counted.name for counted in common],
        ("also have", "of the pages with"),
        "share of the pages",
        (Tip("pages", ","), Tip("share", ".1%")),
    )


def places(material: ReportMaterial) -> Figure:
    """Where on the page objects are."""
    survey = material.survey
    maps = {"all classes": survey.places.sum(axis=0)}
    maps |= {
        counted.name: survey.places[counted.id - 1] for counted in material.frequent[:_MAX_MAPS]
    }
    rows_down, columns_across = GRID
    words = Words(
        "places",
        "Where on the page",
        f"Centres of the objects' boxes over all pages, in a grid of {columns_across} × "
        f"{rows_down}: of all classes, or of one of the {_MAX_MAPS} most frequent.",
    )
    return draw_maps(
        words,
        [row for name, counts in maps.items() for row in _map_rows(name, counts)],
        [*maps],
        (columns_across, rows_down),
        _MAP_SIZE,
        "of the fullest place",
        (Tip("objects", ","),),
    )


def _map_rows(name: str, counts: NDArray[np.int64]) -> Rows:
    largest = max(int(counts.max()), 1)
    return [
        {
            "class": name,
            "x": int(column),
            "y": int(row),
            "objects": int(counts[row, column]),
            "share": round(float(counts[row, column] / largest), 3),
        }
        for row, column in zip(*np.nonzero(counts), strict=True)
    ]


def density(material: ReportMaterial) -> Figure:
    """Objects per megapixel."""
    values = np.array(material.survey.density)
    counts, edges = np.histogram(values, bins=min(_DENSITY_BINS, len(values)))
    rows: Rows = [
        {"from": round(float(left), 3), "to": round(float(right), 3), "pages": int(pages)}
        for pages, left, right in zip(counts, edges[:-1], edges[1:], strict=True)
    ]
    mean = 1e6 * material.tally.objects / material.tally.pixels
    words = Words(
        "density",
        "Objects per megapixel",
        f"How densely pages are filled: {mean:.1f} labelled objects per megapixel on average.",
    )
    tips = Tip("from", ".3g"), Tip("to", ".3g"), Tip("pages", ",")
    bins, height = Axis("from", "labelled objects per megapixel"), Axis("pages", "pages")
    return draw_histogram(words, rows, bins, height, tips)


def hidden(material: ReportMaterial) -> Figure:
    """Which classes are covered by others."""
    sums = material.survey.hidden[0]
    shares = [
        (float(sums[counted.id - 1]) / counted.objects, counted) for counted in material.frequent
    ]
    shares.sort(key=lambda pair: -pair[0])
    rows: Rows = [
        {"class": counted.name, "hidden": round(share, 4), "objects": counted.objects}
        for share, counted in shares[:_MAX_CLASSES]
    ]
    words = Words(
        "hidden-chart",
        "Occlusion",
        f"How much of an object's pixels others own, on average: the {len(rows)} classes that are "
        "hidden most.",
    )
    axis = Axis("hidden", "hidden by others, on average", "%")
    return draw_bars(words, rows, "class", axis, (Tip("hidden", ".1%"), Tip("objects", ",")))
