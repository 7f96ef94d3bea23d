"""What went wrong, drawn: the worst part of a page with its boxes, or its pixels coloured."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluating.matching import UNMATCHED, Boxes
from deepscores.evaluating.pixels import ClassMap
from deepscores.reporting.drawing import Canvas, data_uri, palette_uri

_WIDE, _HIGH = 46, 26  # staff spaces: a crop
_TYPICAL = 16.0  # pixels a staff space, where the dataset does not tell
_STEP = 16  # pixels
_GREYS = 16

FOUND, MISSED, FALSE, CONFUSED = "#1a7f37", "#cf222e", "#bf6a02", "#8250df"
KINDS = (
    (FOUND, "truth found"), (MISSED, "missed"), (FALSE, "false alarm"), (CONFUSED, "wrong class")
)  # fmt: skip
_WIDTHS = {FOUND: 1.0, MISSED: 2.0, FALSE: 1.5, CONFUSED: 2.0}


class Window(NamedTuple):
    """A part of a page, in pixels."""

    x0: int
    y0: int
    x1: int
    y1: int


class Mark(NamedTuple):
    """A box to draw."""

    box: tuple[float, float, float, float]
    colour: str
    words: str


def legend() -> str:
    """What the colours mean, as HTML."""
    keys = "".join(
        f'<span class="key" style="border-color:{colour}"></span>{words}' for colour, words in KINDS
    )
    return f'<p class="legend">{keys}</p>'


def worst_window(
    points: NDArray[np.float64], shape: tuple[int, ...], staff_space: float
) -> Window:
    """The part of a page of *shape* (height, width) that most *points* (n, 2: x, y) lie in.

    >>> worst_window(np.array([[5.0, 900.0], [9.0, 890.0]]), (1000, 600), 10.0)
    Window(x0=0, y0=656, x1=460, y1=916)
    """
    space = staff_space if staff_space > 0 else _TYPICAL
    high, wide = (
        min(round(side * space), limit) for side, limit in zip((_HIGH, _WIDE), shape, strict=True)
    )
    rows, columns = (max(limit // _STEP, 1) for limit in shape)
    cells = (points / _STEP).astype(np.int64)
    counts = np.zeros((rows + 1, columns + 1), np.int64)
    np.add.at(counts, (cells[:, 1].clip(0, rows), cells[:, 0].clip(0, columns)), 1)
    sums = np.pad(counts.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    down, across = (max(side // _STEP, 1) for side in (high, wide))
    inside = (
        sums[down:, across:] - sums[:-down, across:] - sums[down:, :-across]
        + sums[:-down, :-across]
    )  # fmt: skip
    y, x = np.unravel_index(int(np.argmax(inside)), inside.shape)
    y0, x0 = min(int(y) * _STEP, shape[0] - high), min(int(x) * _STEP, shape[1] - wide)
    return Window(x0, y0, x0 + wide, y0 + high)


def error_points(truth: Boxes, found: Boxes, matched: NDArray[np.int64]) -> NDArray[np.float64]:
    """The centres (n, 2: x, y) of what was missed, is a false alarm or of the wrong class."""
    hit = np.flatnonzero(matched != UNMATCHED)
    right = hit[truth.class_id[matched[hit]] == found.class_id[hit]]
    lost = np.ones(len(truth.box), np.bool_)
    lost[matched[hit]] = False
    wrong = np.ones(len(found.box), np.bool_)
    wrong[right] = False
    boxes = np.concatenate([truth.box[lost], found.box[wrong]])
    centres: NDArray[np.float64] = (boxes[:, :2] + boxes[:, 2:]) / 2
    return centres


def marks(
    truth: Boxes, found: Boxes, matched: NDArray[np.int64], names: Sequence[str]
) -> list[Mark]:
    """The boxes to draw, what is right first."""
    of_truth = np.full(len(truth.box), UNMATCHED)
    hit = np.flatnonzero(matched != UNMATCHED)
    of_truth[matched[hit]] = hit
    drawn = []
    for row, (box, class_id) in enumerate(
        zip(truth.box.tolist(), truth.class_id.tolist(), strict=True)
    ):
        name, place = names[class_id - 1], int(of_truth[row])
        if place == UNMATCHED:
            drawn.append(Mark(tuple(box), MISSED, f"{name}, missed"))
            continue
        other, score = int(found.class_id[place]), float(found.score[place])
        if other == class_id:
            drawn.append(Mark(tuple(box), FOUND, f"{name}, found with score {score:.2f}"))
        else:
            words = f"{name}, taken for {names[other - 1]} with score {score:.2f}"
            drawn.append(Mark(tuple(found.box[place].tolist()), CONFUSED, words))
    for row in np.flatnonzero(matched == UNMATCHED).tolist():
        words = f"no {names[int(found.class_id[row]) - 1]}, score {float(found.score[row]):.2f}"
        drawn.append(Mark(tuple(found.box[row].tolist()), FALSE, words))
    order = [colour for colour, _ in KINDS]
    return sorted(drawn, key=lambda one: order.index(one.colour))


def draw_boxes(image: NDArray[np.uint8], window: Window, drawn: Sequence[Mark]) -> str:
    """The *window* of a page with the boxes that touch it, as SVG."""
    x0, y0, x1, y1 = window
    canvas = Canvas(x1 - x0, y1 - y0)
    canvas.embed(data_uri(image[y0:y1, x0:x1]), (0, 0, x1 - x0, y1 - y0))
    for one in drawn:
        left, top, right, bottom = one.box
        if left < x1 and right > x0 and top < y1 and bottom > y0:
            box = (left - x0 - 1, top - y0 - 1, right - x0 + 1, bottom - y0 + 1)
            canvas.frame(box, one.colour, _WIDTHS[one.colour], one.words)
    return canvas.svg()


def draw_pixels(
    image: NDArray[np.uint8], truth: ClassMap, predicted: ClassMap, window: Window
) -> str:
    """The *window* of a page whose labelled and predicted pixels tell by colour what they are."""
    part = np.s_[window.y0 : window.y1, window.x0 : window.x1]
    left, right = truth[part], predicted[part]
    index = (image[part] // (256 // _GREYS)).astype(np.uint8)
    some = (left > 0) | (right > 0)
    kind = np.select([left == right, right == 0, left == 0], [0, 1, 2], 3)
    index[some] = _GREYS + kind[some]
    # What is neither labelled nor predicted stands back.
    greys = [(150 + 105 * grey // (_GREYS - 1),) * 3 for grey in range(_GREYS)]
    colours = [tuple(bytes.fromhex(colour[1:])) for colour, _ in KINDS]
    wide, high = window.x1 - window.x0, window.y1 - window.y0
    canvas = Canvas(wide, high)
    canvas.embed(palette_uri(index, np.array([*greys, *colours])), (0, 0, wide, high))
    return canvas.svg()


def crop_figure(svg: str, words: str) -> str:
    """A crop with a line of *words* above, which scrolls where the screen is narrower."""
    return (
        f'<figure><figcaption>{escape(words)}</figcaption><div class="paper scroll">{svg}</div>'
        "</figure>"
    )
