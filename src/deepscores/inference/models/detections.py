"""Objects found on a page: how a heat-map detector's output becomes boxes, in NumPy alone."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.errors import DatasetError
from deepscores.inference.models.card import ModelCard
from deepscores.page.overlaps import overlap

Part = Literal["whole", "left", "right", "top", "bottom"]
_MAX_GROWTH = 4.0  # of a size, as a logarithm, from what its class has
_LEVEL = 0.25  # heights: maximum offset of the two ends of one line …
_LEVEL_PX = 4.0  # … and pixels
_CREDIBLE = 0.5  # of the best end's score: minimum of a nearer end
_PAIRS = 1 << 20  # compared per batch
_MAX_CELLS = 200_000  # maximum per page, those with the highest score …
_MAX_ENDS = 1_000  # … ends of one kind …
_MAX_OBJECTS = 10_000  # … and objects


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Objects detected in one picture, by falling score; boxes may reach beyond the picture."""

    box: NDArray[np.float32]  # (n, 4) x0 y0 x1 y1 in pixels
    class_id: NDArray[np.int32]  # (n,) from 1
    score: NDArray[np.float32]  # (n,) from 0 to 1

    def __len__(self) -> int:
        return len(self.score)

    def select(self, rows: NDArray[np.integer[Any] | np.bool_]) -> "Detections":
        """The detections of *rows*."""
        return Detections(self.box[rows], self.class_id[rows], self.score[rows])


@dataclass(frozen=True, slots=True)
class Channel:
    """The targets of a channel of the heat map: middles of a class's boxes, or of one end of them.

    A class of long lines has two channels, one for each end, for an end is local and the
    middle is not.
    """

    class_id: int
    group: int  # of box channels
    width: float  # pixels, the mean of the class
    height: float
    part: Part = "whole"


@dataclass(frozen=True, slots=True)
class HeatLayout:
    """How to read the maps of a heat-map detector; stored in the model card's settings.

    ``heat`` (1, channels, rows, columns) are logits. ``boxes`` (1, groups × 4, rows, columns) hold
    for a cell's object, in the channels of its group: the offset of its middle from the cell's, x
    and y in strides; its width and height, as logarithms of their ratios to its class's.
    """

    stride: int  # pixels per cell, each way
    channels: tuple[Channel, ...]
    threshold: float = 0.05  # minimum score
    overlap: float = 0.7  # IoU from which two boxes of a class are duplicates

    @property
    def groups(self) -> int:
        """The number of groups of box channels."""
        return 1 + max(channel.group for channel in self.channels)

    def column(self, name: str) -> NDArray[Any]:
        """One field of all channels."""
        return np.array([getattr(channel, name) for channel in self.channels])

    def as_settings(self) -> dict[str, Any]:
        """The layout as plain values, which `layout_of` reads back."""
        table = asdict(self)
        return {**table, "channels": [list(channel.values()) for channel in table["channels"]]}


def layout_of(card: ModelCard) -> HeatLayout:
    """The layout in a model card; raise DatasetError where there is none."""
    try:
        table = dict(card.settings)
        channels = tuple(Channel(*values) for values in table["channels"])
        numbers = {name: float(table[name]) for name in ("threshold", "overlap")}
        return HeatLayout(int(table["stride"]), channels, **numbers)
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"model card: its settings are not a detector's: {error!r}") from None


def decode_detections(outputs: Mapping[str, NDArray[Any]], card: ModelCard) -> Detections:
    """The objects in a model's output for one picture, by falling score.

    *outputs* has ``heat`` and ``boxes``, see `HeatLayout`. Raise DatasetError for a card that
    is not a detector's.
    """
    return decode_maps(outputs["heat"][0], outputs["boxes"][0], layout_of(card))


def decode_maps(
    heat: NDArray[np.floating[Any]], boxes: NDArray[np.floating[Any]], layout: HeatLayout
) -> Detections:
    """The objects in two maps without their batch axis; see `HeatLayout`."""
    peaks = _peaks(heat, layout.threshold)
    box = _boxes_at(peaks, boxes, layout)
    detections = _join(peaks, box, layout)
    detections = detections.select(np.argsort(-detections.score, kind="stable")[:_MAX_OBJECTS])
    return detections.select(_distinct(detections, layout.overlap))


class _Peaks(NamedTuple):
    """Cells whose score none of their eight neighbours exceeds."""

    channel: NDArray[np.int64]
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    score: NDArray[np.float32]


def _peaks(heat: NDArray[np.floating[Any]], threshold: float) -> _Peaks:
    # Few cells pass the threshold, so only their neighbours are compared.
    _, rows, columns = heat.shape
    min_logit = np.log(threshold / (1 - threshold))
    flat = np.flatnonzero(heat.reshape(-1) > min_logit)
    if len(flat) > _MAX_CELLS:
        highest = np.argpartition(-heat.reshape(-1)[flat], _MAX_CELLS)[:_MAX_CELLS]
        flat = np.sort(flat[highest])
    channel, cell = np.divmod(flat, rows * columns)
    row, column = np.divmod(cell, columns)
    value = heat[channel, row, column]
    is_peak = np.ones(len(flat), np.bool_)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            if (down, right) == (0, 0):
                continue
            y, x = row + down, column + right
            outside = (y < 0) | (y == rows) | (x < 0) | (x == columns)
            beside = heat[channel, y % rows, x % columns]
            # Of equal neighbours the first counts.
            is_first = (down, right) < (0, 0)
            is_peak &= outside | (beside < value if is_first else beside <= value)
    score = 1 / (1 + np.exp(-value[is_peak].astype(np.float64)))
    return _Peaks(channel[is_peak], row[is_peak], column[is_peak], score.astype(np.float32))


def _boxes_at(
    peaks: _Peaks, boxes: NDArray[np.floating[Any]], layout: HeatLayout
) -> NDArray[np.float64]:
    """(n, 4) x0 y0 x1 y1 of the object at each peak."""
    first = 4 * layout.column("group")[peaks.channel]
    parts = first[:, None] + np.arange(4)
    raw = boxes[parts, peaks.row[:, None], peaks.column[:, None]].astype(np.float64)
    cell = np.stack([peaks.column, peaks.row], axis=1) + 0.5
    middle = (cell + raw[:, :2]) * layout.stride
    class_size = np.stack([layout.column("width"), layout.column("height")], axis=1)[peaks.channel]
    half = class_size * np.exp(raw[:, 2:].clip(-_MAX_GROWTH, _MAX_GROWTH)) / 2
    return np.concatenate([middle - half, middle + half], axis=1)


def _join(peaks: _Peaks, box: NDArray[np.float64], layout: HeatLayout) -> Detections:
    """Whole objects as they are, and lines from their two ends."""
    parts = layout.column("part")
    class_ids = layout.column("class_id").astype(np.int32)
    is_whole = (parts == "whole")[peaks.channel]
    parts_by_kind = [(box[is_whole], class_ids[peaks.channel[is_whole]], peaks.score[is_whole])]
    for first, last in (("left", "right"), ("top", "bottom")):
        for place in np.flatnonzero(parts == first).tolist():
            last_channels = np.flatnonzero((parts == last) & (class_ids == class_ids[place]))
            ends = [
                _best_ends(rows, peaks.score)
                for rows in (peaks.channel == place, np.isin(peaks.channel, last_channels))
            ]
            lines, score = _lines(
                *((box[rows], peaks.score[rows]) for rows in ends), axis=int(first == "top")
            )
            ids = np.full(len(lines), class_ids[place], np.int32)
            parts_by_kind.append((lines, ids, score))
    columns = [np.concatenate(parts) for parts in zip(*parts_by_kind, strict=True)]
    return Detections(columns[0].astype(np.float32), columns[1], columns[2])


def _best_ends(is_end: NDArray[np.bool_], score: NDArray[np.float32]) -> NDArray[np.int64]:
    """The rows of *is_end*, limited to those with the highest scores."""
    rows = np.flatnonzero(is_end)
    return rows[np.argsort(-score[rows], kind="stable")[:_MAX_ENDS]]


def _lines(
    firsts: tuple[NDArray[np.float64], NDArray[np.float32]],
    lasts: tuple[NDArray[np.float64], NDArray[np.float32]],
    *,
    axis: int,
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Boxes and scores of the lines along *axis* between ends, given as boxes and scores.

    Each first end is joined to the nearest last end at its level, of those whose score is close to
    the best there.
    """
    (low, low_score), (high, high_score) = firsts, lasts
    if not len(low) or not len(high):
        return np.empty((0, 4)), np.empty(0, np.float32)
    middles = [(boxes[:, :2] + boxes[:, 2:]) / 2 for boxes in (low, high)]
    thick = [boxes[:, 3 - axis] - boxes[:, 1 - axis] for boxes in (low, high)]
    length = middles[1][None, :, axis] - middles[0][:, None, axis]
    apart = np.abs(middles[1][None, :, 1 - axis] - middles[0][:, None, 1 - axis])
    level = np.maximum(_LEVEL * (thick[0][:, None] + thick[1][None]) / 2, _LEVEL_PX)
    fits = (length > 0) & (apart <= level)
    scores = np.where(fits, high_score[None], 0)
    fits &= scores >= _CREDIBLE * scores.max(axis=1, keepdims=True)
    mate = np.where(fits, length, np.inf).argmin(axis=1)
    rows = np.flatnonzero(fits.any(axis=1))
    mate = mate[rows]
    line = (low[rows] + high[mate]) / 2
    line[:, axis] = middles[0][rows, axis]
    line[:, axis + 2] = middles[1][mate, axis]
    return line, np.sqrt(low_score[rows] * high_score[mate])


def _distinct(detections: Detections, threshold: float) -> NDArray[np.int64]:
    """Rows of *detections*, by falling score, without duplicates of earlier ones of a class."""
    box = detections.box.astype(np.float64)
    # Of two boxes with that overlap, the middles are so near that few others lie between.
    reach = (box[:, 2] - box[:, 0]) * (1 - threshold) / (2 * threshold) + 1e-3
    apart = float(np.ptp(box[:, ::2]) + 2 * reach.max() + 1) if len(box) else 0.0
    place = (box[:, 0] + box[:, 2]) / 2 + detections.class_id * apart
    order = np.argsort(place, kind="stable")
    first = np.searchsorted(place[order], place - reach, "left")
    count = np.searchsorted(place[order], place + reach, "right") - first
    covered = np.zeros(len(box), np.bool_)
    starts = np.cumsum(count) - count
    for rows in np.split(np.arange(len(box)), np.flatnonzero(np.diff(starts // _PAIRS)) + 1):
        candidate = np.repeat(rows, count[rows])
        nth = np.arange(len(candidate)) - np.repeat(starts[rows] - starts[rows[:1]], count[rows])
        rival = order[first[candidate] + nth]
        candidate, rival = candidate[rival < candidate], rival[rival < candidate]
        covered[candidate[overlap(box[candidate], box[rival]) > threshold]] = True
    return np.flatnonzero(~covered)
