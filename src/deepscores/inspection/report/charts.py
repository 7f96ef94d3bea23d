"""The charts of a report, in Vega-Altair: of one specification, for the page and for print."""

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import altair as alt
import numpy as np
import vl_convert
from numpy.typing import NDArray
from PIL import Image

from deepscores.inspection.pages.drawing import Figure
from deepscores.inspection.report.imbalance import lorenz
from deepscores.inspection.report.material import Material
from deepscores.inspection.report.survey import DECADE, GRID, SIZES, size_edges
from deepscores.inspection.report.tally import Tally, top_share

_WIDTH = 760  # pixels, printed
_VERSION = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
_COLOURS = ("#4269d0", "#ff725c", "#3ca951", "#efb118", "#a463f2", "#6cc5b0", "#9c6b4e", "#ff8ab7")
_GRADIENT = re.compile(r"\bgradient_\d+")  # of the one legend that a chart has
_BINS_A_DECADE = 12  # of symbols a page
_MOST = 30  # rows
_PLACED = 8
_BAR = 15  # pixels: one
_ROW = 22  # pixels: two bars
_MAP = (300, 424)  # pixels: the shape of a page
_CONFIG = {
    "background": "transparent",
    "view": {"stroke": None},
    "axis": {"labelFontSize": 11, "titleFontSize": 12, "labelLimit": 190, "titleFontWeight": 500},
    "legend": {"labelFontSize": 11, "titleFontSize": 12, "orient": "top", "labelLimit": 300},
}

Rows = list[dict[str, Any]]


def bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, without the network."""
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", _VERSION)


def paint_png(svg: str, scale: float = 1.0) -> bytes:
    """The PNG of an SVG, in few enough colours to be small."""
    with Image.open(io.BytesIO(vl_convert.svg_to_png(svg, scale=scale))) as image:
        few = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    sink = io.BytesIO()
    few.save(sink, "PNG", compress_level=9)
    return sink.getvalue()


def _figure(
    name: str, words: tuple[str, str], chart: Any, /, *, width: int | None = None, **rows: Rows
) -> Figure:
    """A chart with title and caption, over the data that it knows by the names of *rows*.

    The data are put in here: as part of the chart, every value would be checked against the schema.
    """
    printed = chart.properties(width=width or _WIDTH).configure(**_CONFIG | {"background": "white"})
    shown = chart.properties(width=width or "container").configure(**_CONFIG)
    data = {"datasets": rows}
    drawn = vl_convert.vegalite_to_svg(json.dumps(printed.to_dict() | data), vl_version=_VERSION)
    svg = _GRADIENT.sub("gradient", drawn)  # numbered through all charts that a process draws
    spec = shown.to_dict() | data | {"autosize": {"type": "fit-x", "contains": "padding"}}
    return Figure(name, *words, svg, "", spec, scale=1.5)


def _chart(name: str = "rows") -> alt.Chart:
    return alt.Chart(alt.NamedData(name=name))


def _tip(field: str, form: str, title: str | None = None) -> alt.Tooltip:
    return alt.Tooltip(f"{field}:Q", format=form, title=title or field)


def _by_dataset(titles: list[str]) -> alt.Color:
    return alt.Color(
        "dataset:N",
        title=None,
        scale=alt.Scale(domain=titles, range=[*_COLOURS[: len(titles)]]),
        legend=alt.Legend() if len(titles) > 1 else None,
    )


def _tallies(material: Material) -> dict[str, Tally]:
    """This dataset first, then those it is compared with; titles that repeat are numbered."""
    found = {material.title: material.tally}
    for one in material.others:
        title, number = one.title, 2
        while title in found:
            title, number = f"{one.title} ({number})", number + 1
        found[title] = one.tally
    return found


def all_charts(material: Material) -> Iterator[Figure]:
    """Yield every chart of the report."""
    yield frequencies(material)
    yield symbols_a_page(material)
    yield from sizes(material)
    yield size_ranges(material)
    yield unevenness(material)
    yield together(material)
    yield places(material)
    yield density(material)
    yield hidden(material)


def frequencies(material: Material) -> Figure:
    """Figure 3, as bars."""
    rows: Rows = [
        {"class": one.name, "objects": one.objects, "share": one.share, "pages": one.pages}
        for one in material.frequent
    ]
    scale = alt.Scale(type="log", domainMin=0.8, nice=False)
    chart = (
        _chart()
        .mark_bar(color=_COLOURS[0])
        .encode(
            x=alt.X("objects:Q", scale=scale, title="objects").axis(
                format="~s", tickCount=6, orient="top"
            ),
            x2=alt.datum(0.8),
            y=alt.Y("class:N", sort=None, title=None),
            tooltip=["class:N", _tip("objects", ","), _tip("share", ".2%"), _tip("pages", ",")],
        )
        .properties(height=_BAR * len(rows))
    )
    share = 100 * top_share(material.tally.counts)
    caption = (
        f"Labelled objects of the {len(rows)} classes that have any, on a logarithmic axis. The "
        f"ten most frequent have {share:.1f} % of all; the paper's have 86 %."
    )
    return _figure("figure-3-frequencies", ("Figure 3: frequencies", caption), chart, rows=rows)


def symbols_a_page(material: Material) -> Figure:
    """Figure 4: a histogram on a logarithmic axis whose area is 1."""
    tallies = _tallies(material)
    rows = [row for title, one in tallies.items() for row in _histogram(title, one.page_counts())]
    x = alt.X("from:Q", scale=alt.Scale(type="log", nice=False), title="labelled objects a page")
    chart = (
        _chart()
        .mark_rect(opacity=0.6)
        .encode(
            x=x.axis(format="~s", tickCount=8),
            x2="to:Q",
            y=alt.Y("density:Q", title="share of the pages, per factor of ten"),
            y2=alt.datum(0),
            color=_by_dataset([*tallies]),
            tooltip=["dataset:N", _tip("from", ",.1f"), _tip("to", ",.1f"), _tip("pages", ",")],
        )
        .properties(height=260)
    )
    caption = (
        "How many labelled objects the pages have: logarithmic across, and scaled so that the bars "
        "of a dataset cover an area of 1. Pages without an object are left out."
    )
    return _figure(
        "figure-4-symbols-a-page", ("Figure 4: symbols a page", caption), chart, rows=rows
    )


def _histogram(title: str, counts: NDArray[np.int64]) -> Rows:
    """Bins of equal width on a logarithmic axis; heights times widths (in tens) add up to 1."""
    some = counts[counts > 0]
    if not len(some):
        return []
    # From half a symbol below, so that every whole number is inside a bin.
    low = np.floor(np.log10(some.min() - 0.5) * _BINS_A_DECADE)
    high = np.floor(np.log10(some.max() + 0.5) * _BINS_A_DECADE) + 1
    edges = 10 ** (np.arange(low, high + 1) / _BINS_A_DECADE)
    pages = np.histogram(some, edges)[0]
    return [
        {
            "dataset": title,
            "from": round(float(left), 3),
            "to": round(float(right), 3),
            "pages": int(number),
            "density": round(float(number) / len(some) * _BINS_A_DECADE, 5),
        }
        for number, left, right in zip(pages, edges[:-1], edges[1:], strict=True)
        if number
    ]


def sizes(material: Material) -> Iterator[Figure]:
    """Figure 6: how large objects are, in pixels and in staff spaces."""
    survey = material.survey
    for words, unit, bins in (
        ("pixels", "px", survey.in_pixels),
        ("staff spaces", "sp", survey.in_staff_spaces),
    ):
        names = {"height": f"height, {unit}", "width": f"width, {unit}", "area": f"area, {unit}²"}
        x = alt.X("from:Q", scale=alt.Scale(type="log", nice=False), title=f"size in {words}")
        colour = alt.Scale(domain=[*names.values()], range=[*_COLOURS[:3]])
        chart = (
            _chart()
            .mark_rect(opacity=0.5)
            .encode(
                x=x.axis(format="~g", tickCount=6),
                x2="to:Q",
                y=alt.Y("share:Q", title="share of the objects, per factor of ten"),
                y2=alt.datum(0),
                color=alt.Color("what:N", title=None, scale=colour),
                tooltip=["what:N", _tip("from", ".3g"), _tip("to", ".3g"), _tip("objects", ",")],
            )
            .properties(height=240)
        )
        caption = f"Height, width and area of the boxes of all labelled objects, in {words}."
        title = f"Figure 6: sizes in {words}"
        name = f"figure-6-sizes-{words.replace(' ', '-')}"
        yield _figure(name, (title, caption), chart, rows=_size_rows(bins, names))


def _size_rows(bins: NDArray[np.int64], names: dict[str, str]) -> Rows:
    edges = size_edges()
    return [
        {
            "what": names[side],
            "from": float(f"{edges[one]:.4g}"),
            "to": float(f"{edges[one + 1]:.4g}"),
            "objects": int(bins[place, one]),
            "share": round(float(bins[place, one]) / int(bins[place].sum()) * DECADE, 5),
        }
        for place, side in enumerate(SIZES)
        for one in np.flatnonzero(bins[place]).tolist()
    ]


def size_ranges(material: Material) -> Figure:
    """The height and width of each class's boxes."""
    rows: Rows = []
    for one in material.frequent:
        for side in ("height", "width") if one.staff_spaces else ():
            found = getattr(one.staff_spaces, side)
            low, middle, high = (max(x, 0.01) for x in (found.p5, found.median, found.p95))
            rows.append(
                {"class": one.name, "side": side, "from": low, "median": middle, "to": high}
            )
    colour = alt.Scale(domain=["height", "width"], range=[*_COLOURS[:2]])
    base = _chart().encode(
        y=alt.Y("class:N", sort=None, title=None),
        yOffset="side:N",
        color=alt.Color("side:N", title=None, scale=colour),
        tooltip=["class:N", "side:N", *(_tip(x, ".3g") for x in ("from", "median", "to"))],
    )
    x = alt.X("from:Q", scale=alt.Scale(type="log"), title="staff spaces: 5 % – median – 95 %")
    lines = base.mark_rule(strokeWidth=3).encode(x=x.axis(format="~g", orient="top"), x2="to:Q")
    ticks = base.mark_tick(thickness=3, size=9).encode(x="median:Q")
    chart = (lines + ticks).properties(height=_ROW * max(len(material.frequent), 1))
    caption = (
        "How high and how wide the boxes of each class are, in staff spaces: from 5 % to 95 %, "
        "with the median."
    )
    return _figure(
        "figure-6-sizes-by-class", ("Figure 6: sizes by class", caption), chart, rows=rows
    )


def unevenness(material: Material) -> Figure:
    """The Lorenz curve."""
    tallies = _tallies(material)
    rows: Rows = [
        {"dataset": title, "classes": round(x, 4), "objects": round(y, 6)}
        for title, tally in tallies.items()
        for x, y in lorenz(tally.counts)
    ]
    percent = alt.Axis(format="%")
    lines = (
        _chart()
        .mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=18))
        .encode(
            x=alt.X("classes:Q", axis=percent, title="of the classes, rarest first"),
            y=alt.Y("objects:Q", axis=percent, title="their share of the objects"),
            color=_by_dataset([*tallies]),
            tooltip=["dataset:N", _tip("classes", ".1%"), _tip("objects", ".2%")],
        )
    )
    even = _chart("even").mark_line(strokeDash=[4, 4], color="#888888")
    chart = (even.encode(x="classes:Q", y="objects:Q") + lines).properties(height=300)
    caption = "Lorenz curve: on the dashed line, all classes would be equally frequent."
    diagonal: Rows = [{"classes": share, "objects": share} for share in (0, 1)]
    title = "How uneven the classes are"
    return _figure("imbalance-lorenz", (title, caption), chart, rows=rows, even=diagonal)


def together(material: Material) -> Figure:
    """Which of the classes on most pages share pages."""
    some = sorted(material.frequent, key=lambda one: -one.pages)[:_MOST]
    names, counts = [one.name for one in some], material.survey.together
    rows: Rows = [
        {
            "class": one.name,
            "with": other.name,
            "pages": int(counts[one.id - 1, other.id - 1]),
            "share": round(float(counts[one.id - 1, other.id - 1] / one.pages), 4),
        }
        for one in some
        for other in some
    ]
    chart = (
        _chart()
        .mark_rect()
        .encode(
            x=alt.X(
                "with:N",
                sort=names,
                title="also have",
                axis=alt.Axis(labelAngle=-90, labelOverlap=True),
            ),
            y=alt.Y("class:N", sort=names, title="of the pages with"),
            color=_shade("share of the pages"),
            tooltip=["class:N", "with:N", _tip("pages", ","), _tip("share", ".1%")],
        )
        .properties(height=_BAR * len(some))
    )
    caption = (
        "Of the pages with one class (row), the share that also have the other (column): the "
        f"{len(names)} classes on most pages."
    )
    return _figure("together-chart", ("Classes that come together", caption), chart, rows=rows)


def _shade(title: str) -> alt.Color:
    return alt.Color(
        "share:Q",
        title=title,
        scale=alt.Scale(scheme="viridis", domain=[0, 1]),
        legend=alt.Legend(format="%", gradientLength=180),
    )


def places(material: Material) -> Figure:
    """Where on the page objects are."""
    survey, every = material.survey, "all classes"
    maps = [(every, survey.places.sum(axis=0))]
    maps += [(one.name, survey.places[one.id - 1]) for one in material.frequent[:_PLACED]]
    rows = [row for name, counts in maps for row in _map_rows(name, counts)]
    names = [name for name, _ in maps]
    choice = alt.param(
        name="class_shown", value=every, bind=alt.binding_select(options=names, name="class ")
    )
    across, down = (alt.Scale(domain=[*range(GRID[axis])], padding=0) for axis in (1, 0))
    chart = (
        _chart()
        .mark_rect()
        .encode(
            x=alt.X("x:O", axis=None, scale=across),
            y=alt.Y("y:O", axis=None, scale=down),
            color=_shade("of the fullest place"),
            tooltip=["class:N", _tip("objects", ",")],
        )
        .transform_filter("datum.class === class_shown")
        .add_params(choice)
        .properties(height=_MAP[1])
    )
    caption = (
        f"Centres of the objects' boxes over all pages, in a grid of {GRID[1]} × {GRID[0]}: of all "
        f"classes, or of one of the {_PLACED} most frequent."
    )
    return _figure("places", ("Where on the page", caption), chart, width=_MAP[0], rows=rows)


def _map_rows(name: str, counts: NDArray[np.int64]) -> Rows:
    most = max(int(counts.max()), 1)
    return [
        {
            "class": name,
            "x": int(column),
            "y": int(row),
            "objects": int(counts[row, column]),
            "share": round(float(counts[row, column] / most), 3),
        }
        for row, column in zip(*np.nonzero(counts), strict=True)
    ]


def density(material: Material) -> Figure:
    """Objects a megapixel."""
    values = np.array(material.survey.density)
    counts, edges = np.histogram(values, bins=min(40, len(values)))
    rows: Rows = [
        {"from": round(float(left), 3), "to": round(float(right), 3), "pages": int(pages)}
        for pages, left, right in zip(counts, edges[:-1], edges[1:], strict=True)
    ]
    chart = (
        _chart()
        .mark_rect(color=_COLOURS[0], stroke="white", strokeWidth=0.3)
        .encode(
            x=alt.X("from:Q", title="labelled objects a megapixel"),
            x2="to:Q",
            y=alt.Y("pages:Q", title="pages"),
            y2=alt.datum(0),
            tooltip=[_tip("from", ".3g"), _tip("to", ".3g"), _tip("pages", ",")],
        )
        .properties(height=220)
    )
    mean = 1e6 * material.tally.objects / material.tally.pixels
    caption = f"How densely pages are filled: {mean:.1f} labelled objects a megapixel on average."
    return _figure("density", ("Objects a megapixel", caption), chart, rows=rows)


def hidden(material: Material) -> Figure:
    """Which classes are covered by others."""
    sums = material.survey.hidden[0]
    shares = [(float(sums[one.id - 1]) / one.objects, one) for one in material.frequent]
    shares.sort(key=lambda pair: -pair[0])
    rows: Rows = [
        {"class": one.name, "hidden": round(share, 4), "objects": one.objects}
        for share, one in shares[:_MOST]
    ]
    chart = (
        _chart()
        .mark_bar(color=_COLOURS[0])
        .encode(
            x=alt.X(
                "hidden:Q",
                axis=alt.Axis(format="%", orient="top"),
                title="hidden by others, on average",
            ),
            y=alt.Y("class:N", sort=None, title=None),
            tooltip=["class:N", _tip("hidden", ".1%"), _tip("objects", ",")],
        )
        .properties(height=_BAR * len(rows))
    )
    caption = (
        f"How much of an object's pixels others own, on average: the {len(rows)} classes that are "
        "hidden most."
    )
    return _figure("hidden-chart", ("Occlusion", caption), chart, rows=rows)
