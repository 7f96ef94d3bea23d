"""A page with its truth: input, boxes, coloured segmentation, and patches (Figures 1 and 2)."""

from collections.abc import Sequence
from html import escape
from statistics import median
from typing import NamedTuple

import numpy as np

from deepscores.dataset.reader import Dataset, DatasetPage
from deepscores.inspection.pages.drawing import (
    INK,
    Canvas,
    Figure,
    Pixels,
    breakable,
    class_hex,
    data_uri,
    palette_uri,
)
from deepscores.inspection.report.specimens import patch_size
from deepscores.page.geometry import Box
from deepscores.page.labels.patches import cut_patch
from deepscores.page.painting.overlay import class_colour

_PATCHES = 16
_GAP = 20
_PANEL = 640  # pixels: width of a page in the printed figure
_LINE = 0.7  # pixels of that figure: of a box
_GREYS, _PALETTE = 16, 256


def choose_page(variety: Sequence[tuple[int, int, str]]) -> str:
    """The page to show: of those with about as many objects as the median, the one of most classes.

    *variety* holds classes, objects and name of each page.

    >>> choose_page([(2, 10, "a"), (5, 11, "b"), (9, 80, "c")])
    'b'
    """
    middle = median(objects for _, objects, _ in variety)
    typical = [entry for entry in variety if middle / 1.5 <= entry[1] <= middle * 1.5] or variety
    return max(typical, key=lambda entry: (entry[0], entry[2]))[2]


def truth_figures(dataset: Dataset, name: str) -> list[Figure]:
    """Figure 1: page *name*, plain, with boxes, and coloured by class; Figure 2: patches of it."""
    page = dataset[name]
    image, objects = page.image, [(labelled.name, labelled.box) for labelled in page.objects]
    ids = {label_class.name: label_class.id for label_class in dataset.labels.classes}
    pictures = _PagePictures(
        name, image.shape[1], image.shape[0], data_uri(image), _coloured(page, image)
    )
    coloured = [(class_name, class_hex(ids[class_name]), box) for class_name, box in objects]
    return [
        Figure(
            "figure-1-page",
            "Figure 1: a page and its truth",
            f"Page {name}: as it is, with the boxes of its {len(objects):,} labelled objects, and "
            "each labelled pixel in the colour of its class.",
            _panels(pictures, coloured),
            _viewer(pictures, coloured),
        ),
        _patches(page, image, objects, patch_size(dataset)),
    ]


class _PagePictures(NamedTuple):
    """A page as two pictures."""

    name: str
    width: int
    height: int
    plain: str  # URI
    segmented: str  # URI


def _coloured(page: DatasetPage, image: Pixels) -> str:
    """The picture of the page in pale grey, labelled pixels in their class's colour."""
    mask = page.mask
    classes = np.unique(mask)[-(_PALETTE - _GREYS) :]  # more cannot be distinguished
    places = np.searchsorted(classes, mask).clip(0, len(classes) - 1)
    pale = image // (256 // _GREYS)
    index = np.where(mask > 0, places + _GREYS, pale).astype(np.uint8)
    greys = [(170 + 85 * grey // (_GREYS - 1),) * 3 for grey in range(_GREYS)]
    return palette_uri(
        index, np.array([*greys, *(class_colour(int(class_id)) for class_id in classes)])
    )


def _panels(page: _PagePictures, objects: Sequence[tuple[str, str, Box]]) -> str:
    """The page three times, side by side; *objects* are names, colours and boxes."""
    scale = _PANEL / page.width
    high = page.height * scale
    canvas = Canvas(3 * _PANEL + 4 * _GAP, high + 2 * _GAP + 16)
    top = _GAP + 16
    panels = (("input", page.plain), ("detection", page.plain), ("segmentation", page.segmented))
    for place, (words, uri) in enumerate(panels):
        left = _GAP + place * (_PANEL + _GAP)
        canvas.embed(uri, (left, top, left + _PANEL, top + high))
        canvas.frame((left, top, left + _PANEL, top + high))
        canvas.text(words, left, _GAP + 6, size=15)
    left = 2 * _GAP + _PANEL
    for _, colour, box in objects:
        x0, y0, x1, y1 = (side * scale for side in box)
        canvas.frame((left + x0, top + y0, left + x1, top + y1), colour, _LINE)
    return canvas.svg()


def _viewer(page: _PagePictures, objects: Sequence[tuple[str, str, Box]]) -> str:
    """A page to zoom and pan, with layers to choose."""
    canvas = Canvas(page.width, page.height)
    for name, colour, box in objects:
        canvas.frame(box, colour, 2, name)
    size = f'width="{page.width}" height="{page.height}"'
    boxes = (
        f'<svg class="layer boxes" viewBox="0 0 {page.width} {page.height}" pointer-events="all">'
        f"{''.join(canvas.parts)}</svg>"
    )
    buttons = "".join(
        f'<button type="button" data-layer="{layer}" aria-pressed="{pressed}">{layer}</button>'
        for layer, pressed in (("input", "false"), ("boxes", "true"), ("segmentation", "false"))
    )
    return (
        f'<div class="zoom" data-shows="boxes"><div class="tools">{buttons}'
        '<span class="spring"></span>'
        '<button type="button" data-zoom="1.5" aria-label="zoom in">+</button>'
        '<button type="button" data-zoom="0.6667" aria-label="zoom out">−</button>'
        '<button type="button" data-zoom="0">whole page</button></div>'
        f'<div class="window" style="--wide:{page.width};--high:{page.height}">'
        f'<div class="sheet"><img class="layer input" alt="page {escape(page.name)}" {size} '
        f'src="{page.plain}"><img class="layer segmentation" alt="its segmentation" {size} '
        f'src="{page.segmented}">{boxes}</div></div></div>'
    )


def _patches(
    page: DatasetPage, image: Pixels, objects: list[tuple[str, Box]], size: tuple[int, int]
) -> Figure:
    """One patch of each class on the page, as far as there is room."""
    first: dict[str, Box] = {}
    for name, box in objects:
        first.setdefault(name, box)
    shown_boxes = sorted(first.items())[:_PATCHES]
    width, height = size
    column_width = max(width, 100) + _GAP
    canvas = Canvas(_GAP + len(shown_boxes) * column_width, height + 2 * _GAP + 20)
    figures = []
    for place, (name, box) in enumerate(shown_boxes):
        patch = cut_patch(image, box, width, height)
        left = _GAP + place * column_width + (column_width - _GAP - width) / 2
        canvas.image(patch, left, _GAP)
        canvas.frame((left, _GAP, left + width, _GAP + height))
        middle = left + width / 2
        canvas.text(name[:18], middle, height + _GAP + 16, size=10, colour=INK, anchor="middle")
        figures.append(
            f'<figure class="card"><div class="patch"><img loading="lazy" alt="a patch with '
            f'{escape(name)}" width="{width}" height="{height}" src="{data_uri(patch)}"></div>'
            f"<figcaption>{breakable(name)}</figcaption></figure>"
        )
    return Figure(
        "figure-2-patches",
        "Figure 2: patches of that page",
        f"Patches of {width} × {height} px, each centred on one object: what a classifier sees. "
        f"{len(shown_boxes)} of the {len(first)} classes on page {page.name}.",
        canvas.svg(),
        f'<div class="gallery">{"".join(figures)}</div>',
        scale=1.5,
    )
