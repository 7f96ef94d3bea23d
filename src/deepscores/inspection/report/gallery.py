"""One real patch of each class with its frequency (Figure 3)."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from deepscores.inspection.pages.drawing import (
    FAINT,
    INK,
    Canvas,
    Figure,
    Pixels,
    breakable,
    data_uri,
)

_GAP, _COLUMNS, _TEXT = 14, 12, 34
_SMALLEST_CELL = 104  # pixels: room for a class's name


class Card(NamedTuple):
    """A class in the gallery."""

    name: str
    patch: Pixels
    box: tuple[float, float, float, float]  # of the object in the patch
    objects: int
    share: float


def gallery(cards: Sequence[Card], absent: Sequence[str], caption: str) -> Figure:
    """The figure of all *cards*, in their order; classes without an instance are named below it."""
    return Figure(
        "figure-3-classes",
        "Figure 3: every class and its frequency",
        caption,
        _draw(cards),
        _cards(cards) + _absent(absent),
        scale=1.5,
    )


def _draw(cards: Sequence[Card]) -> str:
    cell_width = max([_SMALLEST_CELL, *(card.patch.shape[1] + _GAP for card in cards)])
    cell_height = max((card.patch.shape[0] for card in cards), default=0) + _TEXT + _GAP
    rows = -(-len(cards) // _COLUMNS)
    canvas = Canvas(cell_width * _COLUMNS + _GAP, rows * cell_height + _GAP)
    for place, card in enumerate(cards):
        left, top = _GAP + place % _COLUMNS * cell_width, _GAP + place // _COLUMNS * cell_height
        x = left + (cell_width - _GAP - card.patch.shape[1]) / 2
        canvas.image(card.patch, x, top)
        height, width = card.patch.shape
        canvas.frame((x, top, x + width, top + height))
        middle, bottom = left + (cell_width - _GAP) / 2, top + height
        name = card.name if len(card.name) <= 17 else f"{card.name[:16]}…"
        canvas.text(name, middle, bottom + 14, size=10, colour=INK, anchor="middle")
        canvas.text(_frequency(card), middle, bottom + 27, size=10, colour=FAINT, anchor="middle")
    return canvas.svg()


def _frequency(card: Card) -> str:
    return f"{card.objects:,} · {100 * card.share:.2g} %"


def _cards(cards: Sequence[Card]) -> str:
    figures = []
    for card in cards:
        height, width = card.patch.shape
        x0, y0, x1, y1 = card.box
        style = (
            f"left:{100 * x0 / width:.1f}%;top:{100 * y0 / height:.1f}%;"
            f"width:{100 * (x1 - x0) / width:.1f}%;height:{100 * (y1 - y0) / height:.1f}%"
        )
        figures.append(
            f'<figure class="card" data-name="{escape(card.name.lower())}">'
            f'<div class="patch"><img loading="lazy" width="{width}" height="{height}" '
            f'alt="a patch with {escape(card.name)}" src="{data_uri(card.patch)}">'
            f'<span class="mark" style="{style}"></span></div>'
            f"<figcaption>{breakable(card.name)}<small>{_frequency(card)}</small></figcaption></figure>"
        )
    return (
        '<p class="tools"><input type="search" class="filter" data-for="gallery" '
        'placeholder="filter classes, e.g. clef" aria-label="filter classes"> '
        f'<output class="shown">{len(cards)} classes</output></p>'
        f'<div class="gallery" id="gallery">{"".join(figures)}</div>'
    )


def _absent(absent: Sequence[str]) -> str:
    if not absent:
        return "<p>Every class of the label set has an instance.</p>"
    names = ", ".join(f"<code>{escape(name)}</code>" for name in absent)
    return (
        f"<details><summary>{len(absent)} classes have no instance here</summary>"
        f"<p>{names}</p></details>"
    )
