"""Interactive charts in Vega-Lite, through Vega-Altair: one specification for page and print.

Every chart is drawn over rows of plain values, a mapping for each mark. Fields are named by axes,
keys and tips; fixed fields are named by the function of each form.
"""

import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import altair as alt
import vl_convert
from PIL import Image

from deepscores.inspection.pages.drawing import Figure

_WIDTH = 760  # pixels, printed
_VERSION = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
_COLOURS = ("#4269d0", "#ff725c", "#3ca951", "#efb118", "#a463f2", "#6cc5b0", "#9c6b4e", "#ff8ab7")
_EVEN = "#888888"
_GRADIENT = re.compile(r"\bgradient_\d+")  # of the one legend that a chart has
_BAR_HEIGHT = 15  # pixels: one bar or one row of a matrix
_RANGES_HEIGHT = 22  # pixels: two ranges
_LABEL_LIMIT = 190  # pixels: longer labels are cut
_LETTER_WIDTH = 7  # pixels: of most fonts at the size of labels
_HISTOGRAM_HEIGHT, _LINES_HEIGHT = 240, 300  # pixels
_CHOICE = "chosen"  # the parameter of what is chosen on a map
_CONFIG = {
    "background": "transparent",
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 11,
        "titleFontSize": 12,
        "labelLimit": _LABEL_LIMIT,
        "titleFontWeight": 500,
    },
    "legend": {"labelFontSize": 11, "titleFontSize": 12, "orient": "top", "labelLimit": 300},
}

Row = Mapping[str, str | int | float]
Rows = Sequence[Row]


class Words(NamedTuple):
    """How a figure is called."""

    name: str  # stem of its files
    title: str
    caption: str


class Axis(NamedTuple):
    """An axis of numbers."""

    field: str
    title: str
    format: str | None = None  # of the labels, as D3 has it
    ticks: int | None = None  # about as many
    logarithmic: bool = False
    start: float | None = None  # where bars on a logarithmic axis begin


class Key(NamedTuple):
    """What colours mean: the values of a field, in their order."""

    field: str
    names: Sequence[str]


class Tip(NamedTuple):
    """A number shown for the mark under the pointer, and its format, as D3 has it."""

    field: str
    format: str


def bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, without the network."""
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", _VERSION)


def paint_png(svg: str, scale: float = 1.0) -> bytes:
    """The PNG of an SVG, in few enough colours to be small."""
    with Image.open(io.BytesIO(vl_convert.svg_to_png(svg, scale=scale))) as image:
        reduced = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    sink = io.BytesIO()
    reduced.save(sink, "PNG", compress_level=9)
    return sink.getvalue()


def draw_bars(words: Words, rows: Rows, category: str, value: Axis, tips: Sequence[Tip]) -> Figure:
    """A bar for each row, in their order, with the axis above."""
    chart = (
        _over("rows")
        .mark_bar(color=_COLOURS[0])
        .encode(
            x=_x(value, orient="top"),
            y=alt.Y(f"{category}:N", sort=None, title=None),
            tooltip=[f"{category}:N", *map(_tooltip, tips)],
        )
        .properties(height=_BAR_HEIGHT * len(rows))
    )
    if value.start is not None:
        chart = chart.encode(x2=alt.datum(value.start))
    return _figure(words, chart, rows=rows)


def draw_histogram(
    words: Words, rows: Rows, bins: Axis, height: Axis, tips: Sequence[Tip], key: Key | None = None
) -> Figure:
    """Adjoining bars from the field of *bins* to the field ``to``, coloured by *key*."""
    chart = _over("rows")
    if key is None:
        marked = chart.mark_rect(color=_COLOURS[0], stroke="white", strokeWidth=0.3)
    else:
        marked = chart.mark_rect(opacity=0.5).encode(color=_colour(key))
    names = [f"{key.field}:N"] if key else []
    chart = marked.encode(
        x=_x(bins),
        x2="to:Q",
        y=alt.Y(f"{height.field}:Q", title=height.title),
        y2=alt.datum(0),
        tooltip=[*names, *map(_tooltip, tips)],
    ).properties(height=_HISTOGRAM_HEIGHT)
    return _figure(words, chart, rows=rows)


def draw_ranges(words: Words, rows: Rows, category: str, value: Axis, key: Key) -> Figure:
    """Lines from the field of *value* to the field ``to`` with a tick at the field ``median``."""
    categories = {row[category] for row in rows}
    base = _over("rows").encode(
        y=alt.Y(f"{category}:N", sort=None, title=None),
        yOffset=f"{key.field}:N",
        color=_colour(key),
        tooltip=[
            f"{category}:N",
            f"{key.field}:N",
            *(_tooltip(Tip(field, ".3g")) for field in (value.field, "median", "to")),
        ],
    )
    lines = base.mark_rule(strokeWidth=3).encode(x=_x(value, orient="top"), x2="to:Q")
    ticks = base.mark_tick(thickness=3, size=9).encode(x="median:Q")
    chart = (lines + ticks).properties(height=_RANGES_HEIGHT * max(len(categories), 1))
    return _figure(words, chart, rows=rows)


def draw_lines(
    words: Words, rows: Rows, axes: tuple[Axis, Axis], key: Key, tips: Sequence[Tip]
) -> Figure:
    """A line for each name of *key* through its points, over the dashed diagonal from 0 to 1."""
    x, y = axes
    lines = (
        _over("rows")
        .mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=18))
        .encode(
            x=_x(x),
            y=alt.Y(f"{y.field}:Q", title=y.title, axis=_axis(y)),
            color=_colour(key),
            tooltip=[f"{key.field}:N", *map(_tooltip, tips)],
        )
    )
    diagonal = (
        _over("diagonal")
        .mark_line(strokeDash=[4, 4], color=_EVEN)
        .encode(x=f"{x.field}:Q", y=f"{y.field}:Q")
    )
    chart = (diagonal + lines).properties(height=_LINES_HEIGHT)
    ends = [{x.field: share, y.field: share} for share in (0, 1)]
    return _figure(words, chart, rows=rows, diagonal=ends)


def draw_matrix(
    words: Words,
    rows: Rows,
    names: Sequence[str],
    titles: tuple[str, str],
    shade: str,
    tips: Sequence[Tip],
) -> Figure:
    """Cells of the fields ``class`` (down) and ``with`` (across), shaded by ``share``.

    *titles* are those of the axes, across and down; *shade* says what the share is of.
    """
    x_title, y_title = titles
    # The space of the labels below follows from their letters, not from the font that a browser
    # has, so that the page can leave room for the chart before it is drawn.
    extent = min(_LETTER_WIDTH * max(map(len, names), default=0), _LABEL_LIMIT)
    chart = (
        _over("rows")
        .mark_rect()
        .encode(
            x=alt.X(
                "with:N",
                sort=[*names],
                title=x_title,
                axis=alt.Axis(
                    labelAngle=-90, labelOverlap=True, minExtent=extent, maxExtent=extent
                ),
            ),
            y=alt.Y("class:N", sort=[*names], title=y_title),
            color=_shade(shade),
            tooltip=["class:N", "with:N", *map(_tooltip, tips)],
        )
        .properties(height=_BAR_HEIGHT * len(names))
    )
    return _figure(words, chart, rows=rows)


def draw_maps(
    words: Words,
    rows: Rows,
    names: Sequence[str],
    cells: tuple[int, int],
    size: tuple[int, int],
    shade: str,
    tips: Sequence[Tip],
) -> Figure:
    """A map for each of *names*, the first until another is chosen.

    Its *cells* (across, down) lie at the fields ``x`` and ``y`` of the rows whose ``class`` is
    chosen, and are shaded by ``share``, of what *shade* says. *size* is in pixels.
    """
    choice = alt.param(
        name=_CHOICE, value=names[0], bind=alt.binding_select(options=[*names], name="class ")
    )
    x_scale, y_scale = (alt.Scale(domain=[*range(count)], padding=0) for count in cells)
    chart = (
        _over("rows")
        .mark_rect()
        .encode(
            x=alt.X("x:O", axis=None, scale=x_scale),
            y=alt.Y("y:O", axis=None, scale=y_scale),
            color=_shade(shade),
            tooltip=["class:N", *map(_tooltip, tips)],
        )
        .transform_filter(f"datum.class === {_CHOICE}")
        .add_params(choice)
        .properties(height=size[1])
    )
    return _figure(words, chart, width=size[0], rows=rows)


def _figure(words: Words, chart: Any, /, *, width: int | None = None, **data: Rows) -> Figure:
    """The *chart*, over the data that it knows by their names.

    The data are put in here: as part of the chart, every value would be checked against the schema.
    """
    printed = chart.properties(width=width or _WIDTH).configure(**_CONFIG | {"background": "white"})
    embedded = chart.properties(width=width or "container").configure(**_CONFIG)
    datasets = {"datasets": data}
    drawn = vl_convert.vegalite_to_svg(
        json.dumps(printed.to_dict() | datasets), vl_version=_VERSION
    )
    svg = _GRADIENT.sub("gradient", drawn)  # numbered through all charts that a process draws
    spec = embedded.to_dict() | datasets | {"autosize": {"type": "fit-x", "contains": "padding"}}
    return Figure(words.name, words.title, words.caption, svg, "", spec, scale=1.5)


def _over(name: str) -> alt.Chart:
    """A chart over the data of that name."""
    return alt.Chart(alt.NamedData(name=name))


def _x(axis: Axis, orient: Literal["top"] | None = None) -> alt.X:
    options: dict[str, Any] = {}
    if axis.logarithmic:
        scale: dict[str, Any] = {} if axis.start is None else {"domainMin": axis.start}
        options["scale"] = alt.Scale(type="log", nice=False, **scale)
    return alt.X(f"{axis.field}:Q", title=axis.title, axis=_axis(axis, orient), **options)


def _axis(axis: Axis, orient: Literal["top"] | None = None) -> alt.Axis:
    options: dict[str, Any] = {"format": axis.format, "tickCount": axis.ticks, "orient": orient}
    return alt.Axis(**{name: value for name, value in options.items() if value is not None})


def _tooltip(tip: Tip) -> alt.Tooltip:
    return alt.Tooltip(f"{tip.field}:Q", format=tip.format, title=tip.field)


def _colour(key: Key) -> alt.Color:
    """Colours by name; a single name needs no legend."""
    return alt.Color(
        f"{key.field}:N",
        title=None,
        scale=alt.Scale(domain=[*key.names], range=[*_COLOURS[: len(key.names)]]),
        legend=alt.Legend() if len(key.names) > 1 else None,
    )


def _shade(title: str) -> alt.Color:
    return alt.Color(
        "share:Q",
        title=title,
        scale=alt.Scale(scheme="viridis", domain=[0, 1]),
        legend=alt.Legend(format="%", gradientLength=180),
    )
