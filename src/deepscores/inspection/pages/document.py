"""One HTML page with all it needs inside: sections, tables that sort, charts, two themes."""

import json
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from typing import Any, NamedTuple

from deepscores.inspection.pages.tables import Table, to_html

_TALL = 16  # rows, from which a table scrolls by itself


class Part(NamedTuple):
    """A section of a page."""

    id: str
    title: str
    html: str


def document(
    title: str,
    introduction: str,
    parts: Iterable[Part],
    *,
    specs: Mapping[str, Any] | None = None,
    script: str = "",
) -> str:
    """The page. *introduction* is HTML below its title.

    *specs* are interactive charts, by the ``data-spec`` of where they stand; *script* is the
    library that draws them.
    """
    sections = list(parts)
    body = "".join(
        f'<section id="part-{part.id}"><h2>{escape(part.title)}</h2>{part.html}</section>'
        for part in sections
    )
    links = "".join(f'<a href="#part-{part.id}">{escape(part.title)}</a>' for part in sections)
    return (
        '<!doctype html>\n<html lang="en" data-theme="light"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><title>{escape(title)}</title>'
        f"<style>{_text('page.css')}</style></head>"
        f'<body><header class="top"><h1>{escape(title)}</h1>{introduction}</header>'
        f'<nav><div><span class="links">{links}</span>'
        f'<button type="button" id="theme">dark</button></div></nav><main>{body}</main>'
        f'<script type="application/json" id="specs">{as_json(specs or {})}</script>'
        f"<script>{_code(script)}</script><script>{_text('page.js')}</script></body></html>\n"
    )


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and values of an introduction, as cards."""
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs
    )
    return f'<dl class="facts">{cells}</dl>'


def block(title: str, caption: str, body: str, *, kind: str = "figure", name: str = "") -> str:
    """A figure or a table (*kind*), with its words above; *name* is its id, if it has one."""
    identity = f' id="{name}"' if name else ""
    words = f'<p class="caption">{escape(caption)}</p>' if caption else ""
    return f'<div class="{kind}"{identity}><h3>{escape(title)}</h3>{words}{body}</div>'


def table_block(table: Table, *, filtered: bool = False, footer: str = "") -> str:
    """A table; *filtered*, its rows follow what is typed above it; *footer* is HTML below."""
    body = to_html(table) if table.rows else "<p>None.</p>"
    if len(table.rows) > _TALL:
        body = f'<div class="tall">{body}</div>'
    if filtered and table.rows:
        body = (
            f'<p class="tools"><input type="search" class="filter" data-for="{table.name}" '
            f'placeholder="filter rows" aria-label="filter rows"></p>{body}'
        )
    return block(table.title, table.caption, body + footer, kind="table")


def as_json(value: object) -> str:
    """*value* as it may stand in an HTML element.

    >>> as_json("</script>")
    '"\\\\u003c/script>"'
    """
    return json.dumps(value).replace("<", "\\u003c")


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _code(script: str) -> str:
    """*script* as it may stand in an HTML element: its texts may hold what ends one."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")
