"""The target output of a heat-map detector for a batch of tiles, and its losses."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from deepscores.inference.models.detections import HeatLayout

_SPREAD = 0.09  # of an object's length, the deviation of the Gaussian around its middle
_MIN_SPREAD, _MAX_SPREAD = 0.4, 2.5  # cells
_REACH = 6  # cells around the middle in which an object is drawn
_MIN_BOX_VALUE = 0.3  # of the Gaussian: cells whose box is trained, too
_MIN_VISIBLE_SHARE = 0.5  # of an object in the tile; with less it is ignored
_MIN_BOX_SHARE = 0.98  # … for its box to be trained
_MIN_SIDE = 1.5  # pixels, by which an error of a thin side is divided
_PRIOR = 0.01  # score of every cell in the beginning


class TileObjects(NamedTuple):
    """The objects in a batch of tiles; boxes may reach beyond their tile."""

    tile: Tensor  # (n,) int64, which tile
    channel: Tensor  # (n,) int64, of the heat map
    box: Tensor  # (n, 4) float32, x0 y0 x1 y1 in pixels of the tile


@dataclass(frozen=True, slots=True)
class LayoutTensors:
    """Columns of a `HeatLayout` on a device."""

    stride: int
    channels: int
    groups: int
    group: Tensor  # (channels,) int64
    size: Tensor  # (channels, 2) float32, pixels

    @staticmethod
    @lru_cache(maxsize=4)
    def from_layout(layout: HeatLayout, device: torch.device) -> "LayoutTensors":
        """The columns of *layout*; the same tensors every time."""
        sizes = [(channel.width, channel.height) for channel in layout.channels]
        return LayoutTensors(
            layout.stride,
            len(layout.channels),
            layout.groups,
            torch.tensor([channel.group for channel in layout.channels], device=device),
            torch.tensor(sizes, dtype=torch.float32, device=device),
        )


class Targets(NamedTuple):
    """The target maps of a batch, and the cells whose boxes are trained."""

    heat: Tensor  # (tiles, channels, rows, columns): 1 at middles, less around them
    ignored: Tensor  # the same shape, bool: cells without a target
    tile: Tensor  # (m,) of each cell whose box is trained
    group: Tensor  # (m,)
    row: Tensor  # (m,)
    column: Tensor  # (m,)
    weight: Tensor  # (m,) 1 at an object's middle, less beside it
    raw: Tensor  # (m, 4) target of the box channels
    side: Tensor  # (m, 2) width and height, pixels


def draw_targets(
    objects: TileObjects, layout: LayoutTensors, shape: tuple[int, int, int]
) -> Targets:
    """The targets of a batch of *shape*: tiles, and rows and columns of cells in each.

    An object less than half of which is in its tile is ignored: neither a target nor a false alarm.
    """
    tiles, rows, columns = shape
    limits = objects.box.new_tensor([columns, rows]) * layout.stride
    low, high = objects.box[:, :2], objects.box[:, 2:]
    side = (high - low).clamp(min=1e-3)
    middle = (low + high) / 2
    visible = torch.minimum(high, limits) - low.clamp(min=0)
    visible_share = (visible.clamp(min=0) / side).prod(dim=1)
    is_found = ((middle >= 0) & (middle < limits)).all(dim=1) & (
        visible_share >= _MIN_VISIBLE_SHARE
    )
    maps = (tiles, layout.channels, rows, columns)
    ignored = _rectangles(_select(objects, ~is_found), layout.stride, maps)
    drawn_objects, visible_share = _select(objects, is_found), visible_share[is_found]
    middle, side = middle[is_found], side[is_found]
    drawn = _draw(middle / layout.stride, side / layout.stride, (rows, columns))
    heat = _highest(drawn_objects.tile, drawn_objects.channel, drawn, maps)
    group = layout.group[drawn_objects.channel]
    box_value = (
        drawn.value * (visible_share >= _MIN_BOX_SHARE)[:, None] * (drawn.value >= _MIN_BOX_VALUE)
    )
    best = _highest(
        drawn_objects.tile,
        group,
        drawn._replace(value=box_value),
        (tiles, layout.groups, rows, columns),
    )
    best_value = best[drawn_objects.tile[:, None], group[:, None], drawn.row, drawn.column]
    nth, cell = torch.nonzero((box_value > 0) & (box_value == best_value), as_tuple=True)
    row, column = drawn.row[nth, cell], drawn.column[nth, cell]
    cells = torch.stack([column, row], dim=1) + 0.5
    raw = torch.cat(
        [
            middle[nth] / layout.stride - cells,
            torch.log(side[nth] / layout.size[drawn_objects.channel[nth]]),
        ],
        dim=1,
    )
    return Targets(
        heat, ignored & (heat == 0), drawn_objects.tile[nth], group[nth], row, column,
        box_value[nth, cell], raw, side[nth],
    )  # fmt: skip


class _Drawn(NamedTuple):
    """Cells around each object's middle, and what is drawn into them; 0 beyond the tile."""

    row: Tensor  # (n, cells)
    column: Tensor
    value: Tensor


def _draw(middle: Tensor, side: Tensor, size: tuple[int, int]) -> _Drawn:
    """Gaussians as wide and high as their objects are; all in cells."""
    spread = (side * _SPREAD).clamp(_MIN_SPREAD, _MAX_SPREAD)
    reach = torch.arange(-_REACH, _REACH + 1, device=middle.device)
    home = middle.floor().long()
    place = home[:, None, :] + reach[None, :, None]  # (n, reach, x and y)
    away = (place + 0.5 - middle[:, None, :]) / spread[:, None, :]
    values = torch.exp(-0.5 * away**2)
    values[:, _REACH] = 1
    limits = torch.tensor([size[1], size[0]], device=middle.device)
    values = values * ((place >= 0) & (place < limits))
    place = place.clamp(min=0).minimum(limits - 1)
    count = len(reach)
    value = (values[:, :, None, 1] * values[:, None, :, 0]).flatten(1)
    row = place[:, :, None, 1].expand(-1, count, count).flatten(1)
    column = place[:, None, :, 0].expand(-1, count, count).flatten(1)
    return _Drawn(row, column, torch.where(value < 1e-4, 0, value))


def _highest(
    tile: Tensor, layer: Tensor, drawn: _Drawn, shape: tuple[int, int, int, int]
) -> Tensor:
    """A map of *shape* with the highest value drawn into each cell."""
    _, layers, rows, columns = shape
    first = (tile * layers + layer)[:, None] * rows
    places = ((first + drawn.row) * columns + drawn.column).flatten()
    heat = torch.zeros(shape, device=drawn.value.device)
    heat.view(-1).scatter_reduce_(0, places, drawn.value.flatten(), "amax")
    return heat


def _rectangles(objects: TileObjects, stride: int, shape: tuple[int, int, int, int]) -> Tensor:
    """A map of *shape*: whether a cell is within the box of one of *objects*."""
    tiles, channels, rows, columns = shape
    limits = objects.box.new_tensor([columns, rows])
    low = (objects.box[:, :2] / stride).floor().clamp(min=0).minimum(limits).long()
    high = (objects.box[:, 2:] / stride).ceil().clamp(min=0).minimum(limits).long()
    # Steps at four corners; summed both ways they fill the rectangle.
    steps = torch.zeros((tiles, channels, rows + 1, columns + 1), device=objects.box.device)
    units = torch.ones(len(low), device=objects.box.device)
    for x, y, sign in ((low, low, 1), (high, low, -1), (low, high, -1), (high, high, 1)):
        index = (objects.tile, objects.channel, y[:, 1], x[:, 0])
        steps.index_put_(index, units * sign, accumulate=True)
    return steps.cumsum(2).cumsum(3)[:, :, :rows, :columns] > 0.5


def _select(objects: TileObjects, rows: Tensor) -> TileObjects:
    return TileObjects(*(column[rows] for column in objects))


def heat_loss(heat: Tensor, targets: Targets) -> Tensor:
    """Focal loss of logits, less strict near middles; per object (Zhou et al. 2019, CenterNet)."""
    logit = heat.float()
    middle = logit[targets.heat == 1]  # few
    missed = torch.sigmoid(-middle) ** 2 * functional.softplus(-middle)
    with torch.no_grad():  # 0 at middles
        strictness = (1 - targets.heat).square_().square_().masked_fill_(targets.ignored, 0)
    alarm = torch.sigmoid(logit).square() * functional.softplus(logit) * strictness
    return (missed.sum() + alarm.sum()) / max(len(middle), 1)


def box_loss(boxes: Tensor, targets: Targets, stride: int, steep: float) -> Tensor:
    """The error of boxes, each side's as a share of that side: what costs IoU.

    Errors below *steep* are squared.
    """
    tiles, _, rows, columns = boxes.shape
    maps = boxes.float().reshape(tiles, -1, 4, rows, columns)
    raw = maps[targets.tile, targets.group, :, targets.row, targets.column]
    scale = stride / targets.side.clamp(min=_MIN_SIDE)
    off = torch.cat(
        [(raw[:, :2] - targets.raw[:, :2]) * scale, raw[:, 2:] - targets.raw[:, 2:]], dim=1
    )
    error = functional.smooth_l1_loss(off, torch.zeros_like(off), beta=steep, reduction="none")
    return (error.sum(dim=1) * targets.weight).sum() / targets.weight.sum().clamp(min=1e-6)


def first_logit() -> float:
    """The bias of the heat map in the beginning: objects are rare."""
    return float(torch.logit(torch.tensor(_PRIOR)))
