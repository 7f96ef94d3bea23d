"""What went wrong, drawn: the worst part of a page with its boxes, or its pixels coloured."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.results import Outcomes
from deepscores.evaluation.segmentation.reading import ClassMap
from deepscores.inspection.pages.drawing import Canvas, data_uri, palette_uri
from deepscores.page.measuring.staff_space import TYPICAL

_CROP_WIDTH, _CROP_HEIGHT = 46, 26  # staff spaces: a crop
_STEP = 16  # pixels
_GREYS = 16

CORRECT, MISSED, FALSE, CONFUSED = "#1a7f37", "#cf222e", "#bf6a02", "#8250df"
KINDS = (
    (CORRECT, "truth found"), (MISSED, "missed"), (FALSE, "false alarm"), (CONFUSED, "wrong class")
)  # fmt: skip
_WIDTHS = {CORRECT: 1.0, MISSED: 2.0, FALSE: 1.5, CONFUSED: 2.0}


class Window(NamedTuple):
    """A part of a page, in pixels."""

    x0: int
    y0: int
    x1: int
    y1: int


class Mark(NamedTuple):
    """A box to draw."""

    box: tuple[float, ...]  # x0 y0 x1 y1, pixels
    colour: str
    words: str


def legend() -> str:
    """What the colours mean, as HTML."""
    keys = "".join(
        f'<span><span class="key" style="border-color:{colour}"></span>{words}</span> '
        for colour, words in KINDS
    )
    return f'<p class="legend">{keys}</p>'


def worst_window(
    points: NDArray[np.float64], shape: tuple[int, ...], staff_space: float | None
) -> Window:
    """The part of a page of *shape* (height, width) that most *points* (n, 2: x, y) lie in.

    >>> worst_window(np.array([[5.0, 900.0], [9.0, 890.0]]), (1000, 600), 10.0)
    Window(x0=0, y0=656, x1=460, y1=916)
    """
    space = staff_space or TYPICAL
    height, width = (
        min(round(side * space), limit)
        for side, limit in zip((_CROP_HEIGHT, _CROP_WIDTH), shape, strict=True)
    )
    rows, columns = (limit // _STEP + 1 for limit in shape)
    cells = (points // _STEP).astype(np.int64)
    counts = np.zeros((rows, columns), np.int64)
    np.add.at(counts, (cells[:, 1].clip(0, rows - 1), cells[:, 0].clip(0, columns - 1)), 1)
    sums = np.pad(counts.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    row_span, column_span = (max(side // _STEP, 1) for side in (height, width))
    counts_inside = (
        sums[row_span:, column_span:] - sums[:-row_span, column_span:]
        - sums[row_span:, :-column_span] + sums[:-row_span, :-column_span]
    )  # fmt: skip
    y, x = np.unravel_index(int(np.argmax(counts_inside)), counts_inside.shape)
    y0, x0 = min(int(y) * _STEP, shape[0] - height), min(int(x) * _STEP, shape[1] - width)
    return Window(x0, y0, x0 + width, y0 + height)


def marks_of(outcomes: Outcomes, page: int, names: Mapping[int, str]) -> list[Mark]:
    """The boxes to draw on the page at that place, what is right first; *names* are by class id."""
    drawn = []
    for row in np.flatnonzero(outcomes.truth_page == page).tolist():
        name = names[int(outcomes.truth_class[row])]
        partner = int(outcomes.truth_partner[row])
        if partner < 0:
            drawn.append(Mark(tuple(outcomes.truth_box[row].tolist()), MISSED, f"{name}, missed"))
            continue
        predicted_class, score = (
            int(outcomes.found_class[partner]),
            float(outcomes.found_score[partner]),
        )
        if predicted_class == int(outcomes.truth_class[row]):
            words = f"{name}, found with score {score:.2f}"
            drawn.append(Mark(tuple(outcomes.truth_box[row].tolist()), CORRECT, words))
        else:
            words = f"{name}, taken for {names[predicted_class]} with score {score:.2f}"
            drawn.append(Mark(tuple(outcomes.found_box[partner].tolist()), CONFUSED, words))
    alarms = (outcomes.found_page == page) & (outcomes.found_partner < 0)
    for row in np.flatnonzero(alarms).tolist():
        words = f"no {names[int(outcomes.found_class[row])]}, score {outcomes.found_score[row]:.2f}"
        drawn.append(Mark(tuple(outcomes.found_box[row].tolist()), FALSE, words))
    order = [colour for colour, _ in KINDS]
    return sorted(drawn, key=lambda mark: order.index(mark.colour))


def centres(marks: Sequence[Mark]) -> NDArray[np.float64]:
    """The middles (n, 2: x, y) of what went wrong."""
    boxes = np.array([mark.box for mark in marks if mark.colour != CORRECT], np.float64).reshape(
        -1, 4
    )
    middles: NDArray[np.float64] = (boxes[:, :2] + boxes[:, 2:]) / 2
    return middles


def draw_boxes(image: NDArray[np.uint8], window: Window, marks: Sequence[Mark]) -> str:
    """The *window* of a page with the boxes that touch it, as SVG."""
    x0, y0, x1, y1 = window
    canvas = Canvas(x1 - x0, y1 - y0)
    canvas.embed(data_uri(image[y0:y1, x0:x1]), (0, 0, x1 - x0, y1 - y0))
    for mark in marks:
        left, top, right, bottom = mark.box
        if left < x1 and right > x0 and top < y1 and bottom > y0:
            box = (left - x0 - 1, top - y0 - 1, right - x0 + 1, bottom - y0 + 1)
            canvas.frame(box, mark.colour, _WIDTHS[mark.colour], mark.words)
    return canvas.svg()


def draw_pixels(
    image: NDArray[np.uint8], truth: ClassMap, predicted: ClassMap, window: Window
) -> str:
    """The *window* of a page with labelled and predicted pixels coloured by right and wrong."""
    part = np.s_[window.y0 : window.y1, window.x0 : window.x1]
    left, right = truth[part], predicted[part]
    index = image[part] // np.uint8(256 // _GREYS)
    is_classified = (left > 0) | (right > 0)
    kind = np.select([left == right, right == 0, left == 0], [0, 1, 2], 3)
    index[is_classified] = _GREYS + kind[is_classified]
    # What is neither labelled nor predicted stands back.
    greys = [(150 + 105 * grey // (_GREYS - 1),) * 3 for grey in range(_GREYS)]
    colours = [tuple(bytes.fromhex(colour[1:])) for colour, _ in KINDS]
    width, height = window.x1 - window.x0, window.y1 - window.y0
    canvas = Canvas(width, height)
    canvas.embed(palette_uri(index, np.array([*greys, *colours])), (0, 0, width, height))
    return canvas.svg()


def crop_figure(svg: str, words: str) -> str:
    """A crop with a caption, *words*; it scrolls where the screen is narrower."""
    return (
        f'<figure><figcaption>{escape(words)}</figcaption><div class="paper scroll">{svg}</div>'
        "</figure>"
    )
