"""Pairs of classes that look alike and only context distinguishes (Figure 7)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from itertools import combinations
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deepscores.inspection.pages.drawing import FAINT, Canvas, Figure, breakable, data_uri
from deepscores.inspection.report.specimens import Specimen

_SIDE = 24  # pixels of a normalised shape
_MIN_LIKENESS = 0.72
_MIN_INK = 6  # pixels: what has fewer has no shape to compare
_MAX_PAIRS = 12
_NO_PAIRS = "No two classes look alike here."


class Pair(NamedTuple):
    """Two classes, and the two specimens that are most alike."""

    likeness: float  # 0…1
    first: Specimen
    second: Specimen
    first_context: str
    second_context: str


def look_alikes(specimens: Mapping[int, Sequence[Specimen]]) -> list[Pair]:
    """Pairs of classes whose symbols have one shape and size, the most alike first.

    Each symbol's own pixels, without what crosses them, are scaled to one size and compared; the
    sizes are compared apart. A pair counts as alike as its members are to their best partners.
    """
    classes = [_shaped(of_class) for _, of_class in sorted(specimens.items())]
    pairs = []
    for first, second in combinations([shaped for shaped in classes if shaped.specimens], 2):
        alike = likeness(first.shapes, second.shapes) * _size_likeness(first.sizes, second.sizes)
        score = float(alike.max(axis=1).mean() + alike.max(axis=0).mean()) / 2
        if score >= _MIN_LIKENESS:
            row, column = np.unravel_index(int(alike.argmax()), alike.shape)
            pair = first.specimens[int(row)], second.specimens[int(column)]
            contexts = (describe_context(shaped.specimens) for shaped in (first, second))
            pairs.append(Pair(score, *pair, *contexts))
    return sorted(pairs, key=lambda pair: -pair.likeness)[:_MAX_PAIRS]


class _Shaped(NamedTuple):
    """The specimens of a class that have a shape."""

    specimens: list[Specimen]
    shapes: NDArray[np.float64]  # (n, pixels)
    sizes: NDArray[np.float64]  # (n, 2) width and height in staff spaces


def _shaped(specimens: Sequence[Specimen]) -> _Shaped:
    inked = [specimen for specimen in specimens if np.count_nonzero(specimen.mask) >= _MIN_INK]
    shapes = np.array([_shape(specimen) for specimen in inked])
    return _Shaped(inked, shapes, np.array([_size(specimen) for specimen in inked]))


def _shape(specimen: Specimen) -> NDArray[np.float64]:
    """The symbol's pixels within their bounds, scaled to a square."""
    rows, columns = (np.flatnonzero(specimen.mask.any(axis=axis)) for axis in (1, 0))
    tight = specimen.mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    image = Image.fromarray(tight.astype(np.uint8) * 255).resize(
        (_SIDE, _SIDE), Image.Resampling.BOX
    )
    return np.asarray(image, np.float64).ravel() / 255


def _size(specimen: Specimen) -> tuple[float, float]:
    x0, y0, x1, y1 = specimen.sample.box
    return (x1 - x0) / specimen.sample.staff_space, (y1 - y0) / specimen.sample.staff_space


def likeness(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each of *first* shapes (n, pixels) shares with each of *second*: soft IoU.

    >>> likeness(np.array([[1.0, 0.0]]), np.array([[1.0, 0.0], [0.5, 0.5]])).round(2).tolist()
    [[1.0, 0.33]]
    """
    shared = np.minimum(first[:, None], second[None]).sum(axis=2)
    either = np.maximum(first[:, None], second[None]).sum(axis=2)
    return np.asarray(shared / np.maximum(either, 1e-9))


def _size_likeness(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """The smaller over the larger size, of the side that differs more."""
    ratio = first[:, None] / second[None]
    return np.asarray(np.minimum(ratio, 1 / ratio).min(axis=2))


def describe_context(specimens: Sequence[Specimen]) -> str:
    """What symbols of a class belong to, and where they stand to it, as most of them do."""
    (owner, times), *_ = Counter(specimen.belongs_to for specimen in specimens).most_common(1)
    share = f"{times} of {len(specimens)}" if times < len(specimens) else "each"
    if not owner:
        places = [specimen.position for specimen in specimens if specimen.position is not None]
        commonest = Counter(places).most_common(1)
        stands = (
            f"at staff position {commonest[0][0]}, "
            if commonest and commonest[0][1] > len(places) / 2
            else ""
        )
        return f"{stands}belongs to no other symbol ({share})"
    dx, dy = (
        median(specimen.offset[axis] for specimen in specimens if specimen.belongs_to == owner)
        for axis in (0, 1)
    )
    sides = (_side(dx, "left of", "right of"), _side(dy, "above", "below"))
    direction = " and ".join(side for side in sides if side) or "upon"
    return f"{direction} its {owner} ({share})"


def _side(distance: float, negative: str, positive: str) -> str:
    if abs(distance) < 0.25:
        return ""
    return f"{abs(distance):.1f} sp {negative if distance < 0 else positive}"


def look_alike_figure(pairs: Sequence[Pair], names: Sequence[str]) -> Figure:
    """The *pairs*, each with two patches; *names* are those of the classes."""
    return Figure(
        "figure-7-look-alikes",
        "Figure 7: symbols whose class follows from their context",
        "Pairs of classes whose symbols have one shape and one size, found by comparing their "
        "pixels; what they belong to, and where they stand, tells them apart. "
        "100 % would be the same shape.",
        _draw(pairs, names),
        _rows(pairs, names) if pairs else f"<p>{_NO_PAIRS}</p>",
    )


def _draw(pairs: Sequence[Pair], names: Sequence[str]) -> str:
    if not pairs:
        canvas = Canvas(460, 60)
        canvas.text(_NO_PAIRS, 20, 36)
        return canvas.svg()
    height, width = pairs[0].first.patch.shape
    step = max(height, 60) + 30
    canvas = Canvas(2 * (width + 380) + 60, 20 + len(pairs) * step)
    for row, pair in enumerate(pairs):
        top = 20 + row * step
        sides = ((pair.first, pair.first_context), (pair.second, pair.second_context))
        for side, (specimen, context) in enumerate(sides):
            left = 20 + side * (width + 390)
            canvas.image(specimen.patch, left, top)
            canvas.frame((left, top, left + width, top + height))
            canvas.frame(_in_patch(specimen), "#cf222e", 1.5)
            canvas.parts[-1] = f'<g transform="translate({left} {top})">{canvas.parts[-1]}</g>'
            text = left + width + 12
            canvas.text(names[specimen.sample.class_place], text, top + height / 2 - 4, size=15)
            canvas.text(context, text, top + height / 2 + 14, size=11, colour=FAINT)
        canvas.text(f"{_percent(pair)} alike", 20, top + height + 15, size=11, colour=FAINT)
    return canvas.svg()


def _percent(pair: Pair) -> str:
    return f"{100 * pair.likeness:.0f} %"


def _in_patch(specimen: Specimen) -> tuple[float, float, float, float]:
    """The symbol's box in its patch, in whose middle it is; what is larger is cut."""
    x0, y0, x1, y1 = specimen.sample.box
    height, width = specimen.patch.shape
    half = min((x1 - x0) / 2 + 2, width / 2), min((y1 - y0) / 2 + 2, height / 2)
    return width / 2 - half[0], height / 2 - half[1], width / 2 + half[0], height / 2 + half[1]


def _rows(pairs: Sequence[Pair], names: Sequence[str]) -> str:
    rows = []
    for pair in pairs:
        sides = ((pair.first, pair.first_context), (pair.second, pair.second_context))
        sides_html = "".join(_side_html(specimen, context, names) for specimen, context in sides)
        alike = f'<p class="likeness">{_percent(pair)} alike</p>'
        rows.append(f'<div class="pair">{sides_html}{alike}</div>')
    return f'<div class="pairs">{"".join(rows)}</div>'


def _side_html(specimen: Specimen, context: str, names: Sequence[str]) -> str:
    name = escape(names[specimen.sample.class_place])
    height, width = specimen.patch.shape
    x0, y0, x1, y1 = _in_patch(specimen)
    style = (
        f"left:{100 * x0 / width:.1f}%;top:{100 * y0 / height:.1f}%;"
        f"width:{100 * (x1 - x0) / width:.1f}%;height:{100 * (y1 - y0) / height:.1f}%"
    )
    return (
        f'<figure class="side"><div class="patch"><img loading="lazy" alt="a patch with {name}" '
        f'width="{width}" height="{height}" src="{data_uri(specimen.patch)}">'
        f'<span class="mark" style="{style}"></span></div>'
        f"<figcaption>{breakable(names[specimen.sample.class_place])}<small>{escape(context)}</small></figcaption></figure>"
    )
