"""Boxes: positive extent, on the page, tight around the symbol, and no two of one object."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.contents import ObjectBoxes, PageContents, box_at
from deepscores.formats.reading.masks import pixel_boxes
from deepscores.page.geometry import Box
from deepscores.page.overlaps import overlapping_pairs

_SAME_OBJECT = 0.95  # intersection over union from which two boxes are one object
_SIDES = ("left", "top", "right", "bottom")
# Ends so thin that no pixel there is half black; the gaps between words.
_TAPERED = (
    "slur", "tie", "laissezVibrer", "dynamic", "hairpin", "lyric", "glissando", "chordSymbol",
    "directionText",
)  # fmt: skip
_LINE = 0.2  # staff spaces: at least as thick as staff lines are in any font
_LIGHT = 32  # of 255: the least ink of a stroke half of which lies in the pixel beside
_EDGE = 1e-3  # pixels: coordinates are kept as 32-bit numbers


def without_extent(objects: ObjectBoxes) -> Iterator[tuple[object, str]]:
    """Boxes of no width or height, or that are not numbers."""
    sizes = objects.boxes[:, 2:] - objects.boxes[:, :2]
    for row in np.flatnonzero(~(sizes > 0).all(axis=1)):
        yield objects.ids[row], f"{objects.names[row]}: {_format_box(box_at(objects.boxes, row))}"


def off_the_page(objects: ObjectBoxes, width: int, height: int) -> Iterator[tuple[object, str]]:
    """Boxes that reach beyond the page."""
    low = (objects.boxes[:, :2] < -_EDGE).any(axis=1)
    high = (objects.boxes[:, 2:] > (width + _EDGE, height + _EDGE)).any(axis=1)
    for row in np.flatnonzero(low | high):
        box = _format_box(box_at(objects.boxes, row))
        yield objects.ids[row], f"{objects.names[row]}: {box} on a page of {width} x {height}"


def duplicates(objects: ObjectBoxes) -> Iterator[tuple[object, str]]:
    """Two objects of one class in one place."""
    first, second, shared = overlapping_pairs(objects.boxes, _SAME_OBJECT)
    classes = np.unique(objects.names, return_inverse=True)[1]
    is_same_class = classes[first] == classes[second]
    pairs = zip(first[is_same_class], second[is_same_class], shared[is_same_class], strict=True)
    for row, repeated, overlap in pairs:
        description = (
            f"{objects.names[row]} again as {objects.ids[repeated]}, overlap {overlap:.3f}"
        )
        yield objects.ids[row], f"{description}, {_format_box(box_at(objects.boxes, row))}"


def without_pixels(page: PageContents) -> Iterator[tuple[object, str]]:
    """ObjectBoxes that own no pixel, and unlabelled symbols that own none and are not covered."""
    symbols = page.symbols
    areas = page.areas[1 : len(symbols.kinds) + 1]
    visible_objects = np.unique(symbols.objects[(areas > 0) & (symbols.objects > 0)])
    for row in np.flatnonzero((areas == 0) & ~np.isin(symbols.objects, visible_objects)):
        x0, y0, x1, y1 = page.window(int(row) + 1)
        over = np.count_nonzero(page.instances[y0:y1, x0:x1])
        if symbols.objects[row]:
            yield row + 1, f"{symbols.kinds[row]} owns no pixel"
        elif over < symbols.whole_areas[row]:
            yield row + 1, f"{symbols.kinds[row]} owns no pixel, others only {over} in its place"


def wrong_visible(page: PageContents) -> Iterator[tuple[object, str]]:
    """Visible areas and boxes that are not those of the instance map."""
    symbols, n = page.symbols, len(page.symbols.kinds)
    wrong = np.flatnonzero(page.areas[1 : n + 1] != symbols.visible_areas)
    for row in wrong:
        mapped = page.areas[row + 1]
        yield row + 1, f"visible_area {symbols.visible_areas[row]}, {mapped} px in the instance map"
    boxes = pixel_boxes(page.owned.places, page.owned.numbers, page.width, n)
    for row in np.flatnonzero((boxes != symbols.visible).any(axis=1)):
        stated, mapped = box_at(symbols.visible, row), box_at(boxes, row)
        boxes_differ = f"visible box {_format_box(stated)}, {_format_box(mapped)}"
        yield row + 1, f"{boxes_differ} in the instance map"


def loose_boxes(page: PageContents) -> Iterator[tuple[object, str]]:
    """Boxes that are not within one pixel of the symbol's ink.

    No pixel may lie beyond the box. Where its own end within a side, there must be ink at the side
    all the same: light, or another symbol's.
    """
    symbols = page.symbols
    gaps = np.concatenate(
        [
            symbols.visible[:, :2] - symbols.boxes[:, :2],
            symbols.boxes[:, 2:] - symbols.visible[:, 2:],
        ],
        axis=1,
    )
    is_visible = symbols.visible_areas > 0
    for row, side in np.argwhere((gaps < -1 - _EDGE) & is_visible[:, None]):
        yield row + 1, _distance(page, row, side, f"pixels {-gaps[row, side]:.1f} px beyond the")
    for row, side in np.argwhere((gaps > 1 + _EDGE) & is_visible[:, None]):
        if not _is_met(page, int(row), int(side), float(gaps[row, side])):
            yield (
                row + 1,
                _distance(page, row, side, f"no ink within {gaps[row, side]:.1f} px of the"),
            )


def _distance(page: PageContents, row: int, side: int, description: str) -> str:
    return f"{page.symbols.kinds[row]}: {description} {_SIDES[side]} side of its box"


def _is_met(page: PageContents, row: int, side: int, gap: float) -> bool:
    """Whether a box's side without pixels of the symbol is where its ink ends all the same."""
    box = page.symbols.boxes[row]
    if not (page.image[_strip(box, side, 1.0)] < 255).any():
        return False
    if page.symbols.kinds[row].startswith(_TAPERED):
        return True
    # Slice by slice, another symbol must have won what this one lacks, or it is too light to be
    # labelled (a thin stroke between two pixels). A line wins from others than lines no more than
    # what a thin stroke leaves it, its own thickness.
    strip = _strip(box, side, gap)
    lines = () if row + 1 in page.lines else page.lines
    if _lies_under_its_stem(page, row):
        lines = tuple(number for number in lines if page.symbols.kinds[number - 1] != "stem")
    by_lines = _beside(page, strip, lines)
    light = (page.image[strip] <= 255 - _LIGHT) & (page.instances[strip] == 0)
    light &= ~(by_lines | _beside(page, strip, (row + 1,)))  # that is their edge
    axis = 0 if side in (0, 2) else 1
    is_met = (light | ~np.isin(page.instances[strip], (0, row + 1, *lines))).any(axis=axis)
    if np.count_nonzero(~is_met) <= 2 + _LINE * float(page.row.get("staff_space") or 0):
        return True
    # On a small staff lines and their edges are half of all there is, and tell nothing of a
    # thin stroke that crosses them. Between them it must be seen, but for the slice in which it
    # ends and the one beside its own pixels.
    between = ~by_lines.all(axis=axis)
    bare = int(np.count_nonzero(between & ~is_met))
    return bool((between & is_met).any()) and bare <= 2


def _lies_under_its_stem(page: PageContents, row: int) -> bool:
    """Whether a flag would have more pixels if nothing else were drawn: its tip runs along a stem,
    and under a thick one."""
    symbols = page.symbols
    covered = symbols.whole_areas[row] > symbols.visible_areas[row]
    return bool(covered) and symbols.kinds[row].startswith("flag")


def _beside(
    page: PageContents, strip: tuple[slice, slice], owners: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Which pixels of *strip* are *owners*', or next to one of theirs."""
    rows, columns = strip
    y0, x0 = max(rows.start - 1, 0), max(columns.start - 1, 0)
    owned = np.isin(page.instances[y0 : rows.stop + 1, x0 : columns.stop + 1], owners)
    padded = np.pad(owned, 1)
    rows_joined = padded[:, :-2] | padded[:, 1:-1] | padded[:, 2:]
    neighbourhood: NDArray[np.bool_] = rows_joined[:-2] | rows_joined[1:-1] | rows_joined[2:]
    height, width = page.instances[strip].shape
    top, left = rows.start - y0, columns.start - x0
    return neighbourhood[top : top + height, left : left + width]


def _strip(box: NDArray[np.float64], side: int, depth: float) -> tuple[slice, slice]:
    """The pixels of *box* within *depth* of one of its sides."""
    x0, y0, x1, y1 = box.tolist()
    match side:
        case 0:
            x1 = min(x0 + depth, x1)
        case 1:
            y1 = min(y0 + depth, y1)
        case 2:
            x0 = max(x1 - depth, x0)
        case _:
            y0 = max(y1 - depth, y0)
    return (
        slice(max(int(np.floor(y0)), 0), max(int(np.ceil(y1)), 0)),
        slice(max(int(np.floor(x0)), 0), max(int(np.ceil(x1)), 0)),
    )


def _format_box(box: Box) -> str:
    return "(" + " ".join(f"{side:g}" for side in box) + ")"
