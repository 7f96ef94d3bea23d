"""How a detector represents each class: usual size, box channels, whole or by its ends."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deepscores.errors import DatasetError
from deepscores.inference.models.detections import Channel, HeatLayout, Part
from deepscores.page.measuring.staff_space import TYPICAL

_LONG = 24.0  # staff spaces: lines that are longer are found by their ends …
_STRAIGHT = 8.0  # … if they are so many times as long as thick
_EVEN_LONG = 9.0  # staff spaces: across the page shorter ones, too, hairpins and brackets …
_EVEN_STRAIGHT = 4.0
_EVEN = 0.3  # … if the logarithms of their heights differ so little; a slur's height says nothing
_BINS = (0.3, 0.8, 1.6, 3.2)  # staff spaces, between groups of widths and of heights
_END = 1.0  # staff spaces: the length of the box around an end
_EPSILON = 0.05  # pixels, the minimum of a size


def layout_for(
    box: NDArray[np.float32], class_id: NDArray[np.int32], staff_space: float | None, stride: int
) -> HeatLayout:
    """The layout for objects with these boxes (n, 4) and classes, on pages of this staff space.

    A channel for each class with objects; its size is the geometric mean. Classes of one size,
    within a factor, share box channels: objects in one place mostly differ in size. Raise
    DatasetError without objects.
    """
    if not len(box):
        raise DatasetError("no objects to train on; another label set may have some (labels)")
    space = staff_space or TYPICAL
    drafts: list[tuple[int, float, float, Part]] = []
    for object_class in np.unique(class_id).tolist():
        sizes = np.maximum(_sizes(box[class_id == object_class]), _EPSILON)
        width, height = np.exp(np.log(sizes).mean(axis=0)).tolist()
        is_even = bool(np.log(sizes[:, 1]).std() < _EVEN)
        drafts += [(object_class, *part) for part in _parts(width, height, space, is_even=is_even)]
    # The two ends of a short line share a cell, so they do not share box channels.
    bins = [
        (*_bins(width, height, space), part in ("right", "bottom"))
        for _, width, height, part in drafts
    ]
    groups = sorted(set(bins))
    return HeatLayout(
        stride,
        tuple(
            Channel(class_id, groups.index(place), round(width, 3), round(height, 3), part)
            for (class_id, width, height, part), place in zip(drafts, bins, strict=True)
        ),
    )


def _parts(
    width: float, height: float, space: float, *, is_even: bool
) -> list[tuple[float, float, Part]]:
    """Sizes of the boxes of a class to be detected: whole, or around each end."""
    end = _END * space
    long, straight = (_EVEN_LONG, _EVEN_STRAIGHT) if is_even else (_LONG, _STRAIGHT)
    if width > long * space and width > straight * height:
        return [(end, height, "left"), (end, height, "right")]
    if height > _LONG * space and height > _STRAIGHT * width:
        return [(width, end, "top"), (width, end, "bottom")]
    return [(width, height, "whole")]


def _bins(width: float, height: float, space: float) -> tuple[int, int]:
    columns, down = np.digitize([width / space, height / space], _BINS).tolist()
    return columns, down


def _sizes(box: NDArray[np.float32]) -> NDArray[np.float64]:
    return (box[:, 2:] - box[:, :2]).astype(np.float64)


def channel_objects(
    box: NDArray[np.float32], class_id: NDArray[np.int32], layout: HeatLayout
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """The targets of each channel: boxes (m, 4), channels (m,), and the rows (m,) they come from.

    Whole objects as they are; of lines that are found by their ends, a box around each end, whose
    middle is the end. Objects of a class that has no channel are left out.
    """
    columns = []
    for place, channel in enumerate(layout.channels):
        rows = np.flatnonzero(class_id == channel.class_id)
        boxes_shown = _end_boxes(box[rows], channel)
        columns.append((boxes_shown, np.full(len(rows), place, np.int64), rows.astype(np.int64)))
    boxes, channels, rows = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    order = np.argsort(rows, kind="stable")
    return boxes[order].astype(np.float32), channels[order], rows[order]


def _end_boxes(box: NDArray[np.float32], channel: Channel) -> NDArray[np.float32]:
    """*box*, or the boxes around the end of it that the channel shows."""
    ends = box.copy()
    sides: dict[Part, tuple[int, float]] = {
        "left": (0, channel.width),
        "right": (2, channel.width),
        "top": (1, channel.height),
        "bottom": (3, channel.height),
    }
    if channel.part in sides:
        side, length = sides[channel.part]
        axis = side % 2
        ends[:, axis] = box[:, side] - length / 2
        ends[:, axis + 2] = box[:, side] + length / 2
    return ends


def names_of(layout: HeatLayout, classes: Sequence[str]) -> tuple[str, ...]:
    """The names of the channels: ``stem``, ``staffLine left``.

    >>> names_of(HeatLayout(4, (Channel(1, 0, 9, 2, "left"),)), ["staffLine"])
    ('staffLine left',)
    """
    return tuple(
        classes[channel.class_id - 1] + ("" if channel.part == "whole" else f" {channel.part}")
        for channel in layout.channels
    )
