"""Pairs of classes that look alike, so that only the context tells which is which (Figure 7)."""

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
_LEAST = 0.72
_LEAST_INK = 6  # pixels: what has fewer has no shape to compare
_SHOWN = 12
_NONE = "No two classes look alike here."


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
    shaped = {
        place: (keep, np.stack([_shape(one) for one in keep]), np.array([_size(s) for s in keep]))
        for place, some in sorted(specimens.items())
        if (keep := [one for one in some if np.count_nonzero(one.mask) >= _LEAST_INK])
    }
    found = []
    for (_, (some, shapes, sizes)), (_, (others, more, extents)) in combinations(shaped.items(), 2):
        alike = likeness(shapes, more) * _size_likeness(sizes, extents)
        score = float(alike.max(axis=1).mean() + alike.max(axis=0).mean()) / 2
        if score >= _LEAST:
            row, column = np.unravel_index(int(alike.argmax()), alike.shape)
            pair = some[int(row)], others[int(column)]
            found.append(Pair(score, *pair, describe_context(some), describe_context(others)))
    return sorted(found, key=lambda pair: -pair.likeness)[:_SHOWN]


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


def likeness(some: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each of *some* shapes (n, pixels) shares with each of *others*: soft IoU.

    >>> likeness(np.array([[1.0, 0.0]]), np.array([[1.0, 0.0], [0.5, 0.5]])).round(2).tolist()
    [[1.0, 0.33]]
    """
    shared = np.minimum(some[:, None], others[None]).sum(axis=2)
    either = np.maximum(some[:, None], others[None]).sum(axis=2)
    return np.asarray(shared / np.maximum(either, 1e-9))


def _size_likeness(some: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """The smaller over the larger size, of the side that differs more."""
    ratio = some[:, None] / others[None]
    return np.asarray(np.minimum(ratio, 1 / ratio).min(axis=2))


def describe_context(specimens: Sequence[Specimen]) -> str:
    """What symbols of a class belong to, and where they stand to it, as most of them do."""
    (owner, times), *_ = Counter(one.belongs_to for one in specimens).most_common(1)
    share = f"{times} of {len(specimens)}" if times < len(specimens) else "each"
    if not owner:
        places = [one.position for one in specimens if one.position is not None]
        most = Counter(places).most_common(1)
        stands = (
            f"at staff position {most[0][0]}, " if most and most[0][1] > len(places) / 2 else ""
        )
        return f"{stands}belongs to no other symbol ({share})"
    across, down = (
        median(one.offset[axis] for one in specimens if one.belongs_to == owner) for axis in (0, 1)
    )
    sides = (_side(across, "left of", "right of"), _side(down, "above", "below"))
    where = " and ".join(side for side in sides if side) or "upon"
    return f"{where} its {owner} ({share})"


def _side(distance: float, before: str, behind: str) -> str:
    if abs(distance) < 0.25:
        return ""
    return f"{abs(distance):.1f} sp {before if distance < 0 else behind}"


def look_alike_figure(pairs: Sequence[Pair], names: Sequence[str]) -> Figure:
    """The *pairs*, each with two patches; *names* are those of the classes."""
    return Figure(
        "figure-7-look-alikes",
        "Figure 7: symbols whose class follows from their context",
        "Pairs of classes whose symbols have one shape and one size, found by comparing their "
        "pixels; what they belong to, and where they stand, tells them apart. "
        "100 % would be the same shape.",
        _draw(pairs, names),
        _rows(pairs, names) if pairs else f"<p>{_NONE}</p>",
    )


def _draw(pairs: Sequence[Pair], names: Sequence[str]) -> str:
    if not pairs:
        canvas = Canvas(460, 60)
        canvas.text(_NONE, 20, 36)
        return canvas.svg()
    high, wide = pairs[0].first.patch.shape
    step = max(high, 60) + 30
    canvas = Canvas(2 * (wide + 380) + 60, 20 + len(pairs) * step)
    for row, pair in enumerate(pairs):
        top = 20 + row * step
        sides = ((pair.first, pair.first_context), (pair.second, pair.second_context))
        for side, (specimen, context) in enumerate(sides):
            left = 20 + side * (wide + 390)
            canvas.image(specimen.patch, left, top)
            canvas.frame((left, top, left + wide, top + high))
            canvas.frame(_in_patch(specimen), "#cf222e", 1.5)
            canvas.parts[-1] = f'<g transform="translate({left} {top})">{canvas.parts[-1]}</g>'
            text = left + wide + 12
            canvas.text(names[specimen.sample.class_place], text, top + high / 2 - 4, size=15)
            canvas.text(context, text, top + high / 2 + 14, size=11, colour=FAINT)
        canvas.text(f"{_percent(pair)} alike", 20, top + high + 15, size=11, colour=FAINT)
    return canvas.svg()


def _percent(pair: Pair) -> str:
    return f"{100 * pair.likeness:.0f} %"


def _in_patch(specimen: Specimen) -> tuple[float, float, float, float]:
    """The symbol's box in its patch, in whose middle it is; what is larger is cut."""
    x0, y0, x1, y1 = specimen.sample.box
    high, wide = specimen.patch.shape
    half = min((x1 - x0) / 2 + 2, wide / 2), min((y1 - y0) / 2 + 2, high / 2)
    return wide / 2 - half[0], high / 2 - half[1], wide / 2 + half[0], high / 2 + half[1]


def _rows(pairs: Sequence[Pair], names: Sequence[str]) -> str:
    shown = []
    for pair in pairs:
        sides = ((pair.first, pair.first_context), (pair.second, pair.second_context))
        both = "".join(_side_html(one, context, names) for one, context in sides)
        alike = f'<p class="likeness">{_percent(pair)} alike</p>'
        shown.append(f'<div class="pair">{both}{alike}</div>')
    return f'<div class="pairs">{"".join(shown)}</div>'


def _side_html(specimen: Specimen, context: str, names: Sequence[str]) -> str:
    name = escape(names[specimen.sample.class_place])
    high, wide = specimen.patch.shape
    x0, y0, x1, y1 = _in_patch(specimen)
    style = (
        f"left:{100 * x0 / wide:.1f}%;top:{100 * y0 / high:.1f}%;"
        f"width:{100 * (x1 - x0) / wide:.1f}%;height:{100 * (y1 - y0) / high:.1f}%"
    )
    return (
        f'<figure class="side"><div class="patch"><img loading="lazy" alt="a patch with {name}" '
        f'width="{wide}" height="{high}" src="{data_uri(specimen.patch)}">'
        f'<span class="mark" style="{style}"></span></div>'
        f"<figcaption>{breakable(names[specimen.sample.class_place])}<small>{escape(context)}</small></figcaption></figure>"
    )
