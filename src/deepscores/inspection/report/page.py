"""The report as one HTML page, with all it needs inside."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import NamedTuple

from deepscores.inspection.pages.document import Part, block, document, facts, table_block
from deepscores.inspection.pages.drawing import Figure
from deepscores.inspection.pages.tables import Table
from deepscores.inspection.report.material import ReportMaterial

_HIGH = 700  # pixels, from which a chart scrolls by itself


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
    material: ReportMaterial,
    figures: Mapping[str, Figure],
    tables: Mapping[str, Table],
    script: str,
) -> str:
    """The page; *script* is the library that draws the charts."""
    sections = [
        section for section in SECTIONS if not {*figures, *tables}.isdisjoint(section.items)
    ]
    parts = [
        Part(section.id, section.title, _section(section, figures, tables)) for section in sections
    ]
    specs = {figure.name: figure.spec for figure in figures.values() if figure.spec is not None}
    title = f"Report of {material.title}"
    return document(title, _introduction(material), parts, specs=specs, script=script)


def _introduction(material: ReportMaterial) -> str:
    tally, statistics = material.tally, material.statistics
    fact_cards = (
        ("pages", f"{tally.images:,}"),
        ("scores", f"{len(material.dataset.scores):,}"),
        ("labelled objects", f"{tally.objects:,}"),
        ("symbols in all", f"{statistics.symbols:,}"),
        ("classes with an object", f"{tally.classes_seen} of {len(material.names)}"),
        ("music fonts", f"{len(material.survey.groups['font'])}"),
    )
    versions = material.dataset.info.get("versions", {})
    maker = f"deepscores {versions['deepscores']}" if "deepscores" in versions else "deepscores"
    return (
        f'<p class="caption">Label set {escape(statistics.label_set)}, made by {escape(maker)}. '
        "All numbers and pictures come from the dataset's files.</p>"
        f"{facts(fact_cards)}"
    )


def _section(section: Section, figures: Mapping[str, Figure], tables: Mapping[str, Table]) -> str:
    parts = []
    for name in section.items:
        if name in figures:
            parts.append(_figure(figures[name]))
        elif name in tables:
            parts.append(_table(tables[name]))
    return "".join(parts)


def _figure(figure: Figure) -> str:
    if figure.spec is None:
        body = figure.html
    else:
        height = _height(figure.svg)
        high = " high" if height > _HIGH else ""
        # Room for it and for what is chosen above it, so that nothing moves when it is drawn.
        choices = sum("bind" in param for param in figure.spec.get("params", ()))
        room = f"--room:calc({height:g}px + {2.2 * choices:g}rem)"
        body = f'<div class="chart{high}" style="{room}" data-spec="{figure.name}"></div>'
    files_of = _links(f"figures/{figure.name}", ("svg", "png"))
    return block(figure.title, figure.caption, body + files_of, name=figure.name)


def _height(svg: str) -> float:
    """Of the printed chart: Vega writes it into the first element."""
    return float(svg.split('height="', 1)[1].split('"', 1)[0])


def _table(table: Table) -> str:
    files_of = _links(f"tables/{table.name}", ("csv", "md"))
    return table_block(table, filtered=table.name == "classes", footer=files_of)


def _links(stem: str, suffixes: Iterable[str]) -> str:
    links = ", ".join(f'<a href="{stem}.{suffix}">{suffix.upper()}</a>' for suffix in suffixes)
    return f'<p class="files">{links}</p>'
