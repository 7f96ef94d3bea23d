"""Verovio's ``<text>`` → outlines, set with the packaged fonts."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.engraving.verovio.data import MUSIC_FONTS
from deepscores.engraving.verovio.glyphs import glyph
from deepscores.page.outlines.text import Face, glyph_edges, shape

Node = Any

_FACTOR = {"start": 0.0, "middle": -0.5, "end": -1.0}


class Lettering(NamedTuple):
    """What a piece of text inherits from the elements around it."""

    size: float = 0.0
    bold: bool = False
    italic: bool = False
    family: str = ""
    anchor: str = "start"
    spacing: float = 0.0  # between letters


class Piece(NamedTuple):
    """A run of letters, or one music glyph among them, in Verovio's units."""

    edges: NDArray[np.float64]  # from the run's own origin
    text: str
    size: float
    glyph: str = ""
    font: str = ""
    missing: str = ""
    key: str = ""  # equal keys have equal edges
    x: float = 0.0  # position of the origin
    y: float = 0.0


class _Run(NamedTuple):
    text: str
    lettering: Lettering


# The style sheet in every SVG that Verovio writes.
_BOLD = frozenset(("ending", "fing", "reh", "tempo"))
_ITALIC = frozenset(("dir", "dynam", "mNum"))
STYLED = _BOLD | _ITALIC | {"label"}  # kinds of groups


def style_of(inherited: Lettering, kind: str, attributes: Mapping[str, str]) -> Lettering:
    """The lettering within a group: a style sheet's rule goes before an attribute."""
    bold = _matches(attributes.get("font-weight"), "bold", inherited=inherited.bold)
    italic = _matches(attributes.get("font-style"), "italic", inherited=inherited.italic)
    if kind in _BOLD or kind == "label":
        bold = kind in _BOLD
    if kind in _ITALIC:
        italic = True
    return inherited._replace(bold=bold, italic=italic)


def read_text(node: Node, inherited: Lettering, music_font: str) -> Iterator[Piece]:
    """Yield the pieces of one ``<text>``, left to right, line by line."""
    for x, y, runs in _lines(node, inherited):
        yield from _set_line(x, y, runs, music_font)


def _lines(node: Node, inherited: Lettering) -> list[tuple[float, float, list[_Run]]]:
    """Split the nested spans at every new position."""
    lines: list[tuple[float, float, list[_Run]]] = []

    def walk(node: Node, lettering: Lettering) -> None:
        get = node.get
        lettering = Lettering(
            float(get("font-size", f"{lettering.size}").removesuffix("px")),
            _matches(get("font-weight"), "bold", inherited=lettering.bold),
            _matches(get("font-style"), "italic", inherited=lettering.italic),
            get("font-family", lettering.family),
            get("text-anchor", lettering.anchor),
            float(get("letter-spacing", f"{lettering.spacing}").removesuffix("px")),
        )
        if get("x") is not None or get("y") is not None or not lines:
            lines.append((float(get("x", 0)), float(get("y", 0)), []))
        if node.text:
            lines[-1][2].append(_Run(node.text, lettering))
        for child in node:
            if child.tag.endswith("tspan"):
                walk(child, lettering)

    walk(node, inherited)
    return lines


def _matches(value: str | None, name: str, *, inherited: bool) -> bool:
    return inherited if value is None else value == name


def _set_line(x: float, y: float, runs: list[_Run], music_font: str) -> Iterator[Piece]:
    if not runs:
        return
    pieces: list[tuple[Piece, float]] = []  # with their offset from the line's start
    pen = 0.0
    for run in runs:
        family = run.lettering.family
        in_music = family in MUSIC_FONTS or (family and family == music_font)
        setter = _set_music if in_music else _set_words
        for piece, advance in setter(run, music_font):
            pieces.append((piece, pen))
            pen += advance
    start = x + pen * _FACTOR.get(runs[0].lettering.anchor, 0.0)
    for piece, offset in pieces:
        if len(piece.edges) or piece.missing:
            yield piece._replace(x=start + offset, y=y)


@lru_cache(maxsize=4096)
def set_plain(text: str, anchor: str, size: float, lettering: Lettering) -> tuple[Piece, ...]:
    """Set one run of letters at the origin."""
    style = lettering._replace(size=size, anchor=anchor)
    return tuple(_set_line(0.0, 0.0, [_Run(text, style)], ""))


def _set_words(run: _Run, _: str) -> Iterator[tuple[Piece, float]]:
    yield _words(run.text, run.lettering)


@lru_cache(maxsize=4096)
def _words(text: str, style: Lettering) -> tuple[Piece, float]:
    """The outline of some words, origin at the start of the baseline, and their advance."""
    laid = shape(text, style.size, Face(style.bold, style.italic))
    outlines = []
    for count, placed in enumerate(laid.glyphs):
        edges = glyph_edges(placed.key)
        if len(edges):
            x, y = placed.x + count * style.spacing, placed.y
            outlines.append(edges * placed.scale + (x, y, x, y))
    edges = np.concatenate(outlines) if outlines else np.zeros((0, 4))
    words = " ".join(text.split())
    advance = laid.advance + len(laid.glyphs) * style.spacing
    key = f"{style.size} {style.bold} {style.italic} {style.spacing} {text}"
    return Piece(edges, words, style.size, missing=laid.missing, key=key), advance


def _set_music(run: _Run, font: str) -> Iterator[tuple[Piece, float]]:
    text, style = run
    for character in text:
        try:
            drawn = glyph(font, f"{ord(character):04X}")
        except KeyError:
            yield from _set_words(_Run(character, style), font)
            continue
        scale = style.size / 1000
        yield (
            Piece(
                drawn.edges * scale,
                character,
                style.size,
                drawn.name,
                drawn.font,
                key=f"{scale} {drawn.key}",
            ),
            drawn.advance * scale,
        )
