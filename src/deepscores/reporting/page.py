"""The report as one HTML page, with all it needs inside."""

import json
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from typing import NamedTuple

from deepscores.reporting.drawing import Figure
from deepscores.reporting.material import Material
from deepscores.reporting.tables import Table, to_html

_TALL = 16  # rows, from which a table scrolls by itself
_HIGH = 700  # pixels, from which a chart does


class Section(NamedTuple):
    """A part of the page: the names of its figures and tables, in order."""

    id: str
    title: str
    items: tuple[str, ...]


SECTIONS = (
    Section("datasets", "Beside other datasets", ("table-1-datasets", "table-2-symbols")),
    Section("page", "A page and its truth", ("figure-1-page", "figure-2-patches")),
    Section("classes", "Classes", ("figure-3-classes", "figure-3-frequencies", "classes")),
    Section(
        "balance",
        "Balance",
        ("figure-4-symbols-a-page", "density", "imbalance-lorenz", "imbalance"),
    ),
    Section("fonts", "Fonts", ("figure-5-fonts", "by-font", "by-engraver", "by-split")),
    Section(
        "sizes",
        "Sizes",
        (
            "figure-6-extremes",
            "figure-6-sizes-pixels",
            "figure-6-sizes-staff-spaces",
            "figure-6-sizes-by-class",
        ),
    ),
    Section("context", "Context", ("figure-7-look-alikes", "together-chart", "together", "places")),
    Section("overlap", "Overlap", ("hidden-chart", "hidden", "overlaps")),
    Section("sources", "Sources", ("skipped", "rights", "composers", "audit")),
)


def assemble(
    material: Material, figures: Mapping[str, Figure], tables: Mapping[str, Table], script: str
) -> str:
    """The page; *script* is the library that draws the charts."""
    shown = [one for one in SECTIONS if not {*figures, *tables}.isdisjoint(one.items)]
    body = "".join(_section(section, figures, tables) for section in shown)
    links = "".join(f'<a href="#part-{one.id}">{escape(one.title)}</a>' for one in shown)
    specs = {one.name: one.spec for one in figures.values() if one.spec is not None}
    title = escape(f"Report of {material.title}")
    return (
        '<!doctype html>\n<html lang="en" data-theme="light"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><title>{title}</title>'
        f"<style>{_text('page.css')}</style></head>"
        f'<body><header class="top"><h1>{title}</h1>{_introduction(material)}</header>'
        f'<nav><div><span class="links">{links}</span>'
        f'<button type="button" id="theme">dark</button></div></nav><main>{body}</main>'
        f'<script type="application/json" id="specs">{_json(specs)}</script>'
        f"<script>{_code(script)}</script><script>{_text('page.js')}</script></body></html>\n"
    )


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _json(value: object) -> str:
    """*value* as it may stand in an HTML element.

    >>> _json("</script>")
    '"\\\\u003c/script>"'
    """
    return json.dumps(value).replace("<", "\\u003c")


def _code(script: str) -> str:
    """*script* as it may stand in an HTML element: its texts may hold what ends one."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _introduction(material: Material) -> str:
    tally, found = material.tally, material.statistics
    facts = (
        ("pages", f"{tally.images:,}"),
        ("scores", f"{len(material.dataset.scores):,}"),
        ("labelled objects", f"{tally.objects:,}"),
        ("symbols in all", f"{found.symbols:,}"),
        ("classes with an object", f"{tally.classes_seen} of {len(material.names)}"),
        ("music fonts", f"{len(material.survey.groups['font'])}"),
    )
    cells = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    versions = material.dataset.info.get("versions", {})
    made = f"deepscores {versions['deepscores']}" if "deepscores" in versions else "deepscores"
    return (
        f'<p class="caption">Label set {escape(found.label_set)}, made by {escape(made)}. All '
        "numbers and pictures come from the dataset's files.</p>"
        f'<dl class="facts">{cells}</dl>'
    )


def _section(section: Section, figures: Mapping[str, Figure], tables: Mapping[str, Table]) -> str:
    parts = []
    for name in section.items:
        if name in figures:
            parts.append(_figure(figures[name]))
        elif name in tables:
            parts.append(_table(tables[name]))
    head = f"<h2>{escape(section.title)}</h2>"
    return f'<section id="part-{section.id}">{head}{"".join(parts)}</section>'


def _figure(one: Figure) -> str:
    if one.spec is None:
        body = one.html
    else:
        high = " high" if _height(one.svg) > _HIGH else ""
        body = f'<div class="chart{high}" data-spec="{one.name}"></div>'
    files_of = _links(f"figures/{one.name}", ("svg", "png"))
    return (
        f'<div class="figure" id="{one.name}"><h3>{escape(one.title)}</h3>'
        f'<p class="caption">{escape(one.caption)}</p>{body}{files_of}</div>'
    )


def _height(svg: str) -> float:
    """Of the printed chart: Vega writes it into the first element."""
    return float(svg.split('height="', 1)[1].split('"', 1)[0])


def _table(one: Table) -> str:
    body = to_html(one) if one.rows else "<p>None.</p>"
    if len(one.rows) > _TALL:
        body = f'<div class="tall">{body}</div>'
    if one.name == "classes":
        body = (
            '<p class="tools"><input type="search" class="filter" data-for="classes" '
            f'placeholder="filter rows" aria-label="filter rows"></p>{body}'
        )
    return (
        f'<div class="table"><h3>{escape(one.title)}</h3>'
        f'<p class="caption">{escape(one.caption)}</p>{body}'
        f"{_links(f'tables/{one.name}', ('csv', 'md'))}</div>"
    )


def _links(stem: str, suffixes: Iterable[str]) -> str:
    links = ", ".join(f'<a href="{stem}.{suffix}">{suffix.upper()}</a>' for suffix in suffixes)
    return f'<p class="files">{links}</p>'
