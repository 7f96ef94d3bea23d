"""The detector's network: a U of convolutions, and on top a heat map and boxes by group."""

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from deepscores.errors import RecipeError
from deepscores.training.networks.residual import Residual


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of a detector."""

    stride: int  # pixels per cell of its output, each way
    widths: tuple[int, ...]  # channels at this stride, twice it, …
    depths: tuple[int, ...]  # residual blocks there, on the way down
    head: int  # channels before the maps

    @property
    def multiple(self) -> int:
        """An input's height and width must be multiples of this."""
        return int(self.stride * 2 ** (len(self.widths) - 1))


SHAPES = {
    "small": Shape(4, (24, 48, 96, 128), (1, 1, 2, 2), 48),
    "base": Shape(4, (64, 128, 256, 384), (2, 3, 4, 3), 128),
}


def shape_of(preset: str) -> Shape:
    """The shape of a preset; raise RecipeError where there is none."""
    if preset not in SHAPES:
        raise RecipeError(
            f"preset: {preset!r} is not one of detect's, {', '.join(SHAPES)}: the paper trained "
            "no detector of its own"
        )
    return SHAPES[preset]


def unit(inner: int, outer: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    """A convolution with norm and rectifier; the picture becomes smaller by *stride* alone."""
    return nn.Sequential(
        nn.Conv2d(inner, outer, size, stride, (size - stride + 1) // 2, bias=False),
        nn.BatchNorm2d(outer),
        nn.ReLU(inplace=True),
    )


class Trunk(nn.Module):
    """Down to the coarsest level for what surrounds a cell, and up again to what it shows."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        widths = shape.widths
        self.stem = unit(1, widths[0], 2 * shape.stride, shape.stride)
        self.levels = nn.ModuleList(
            nn.Sequential(*(Residual(width, width) for _ in range(depth)))
            for width, depth in zip(widths, shape.depths, strict=True)
        )
        pairs = list(pairwise(widths))
        self.down = nn.ModuleList(unit(fine, coarse, 3, 2) for fine, coarse in pairs)
        self.side = nn.ModuleList(nn.Conv2d(coarse, fine, 1) for fine, coarse in pairs)
        self.up = nn.ModuleList(unit(fine, fine) for fine, _ in pairs)

    def forward(self, ink: Tensor) -> Tensor:
        """Features (n, widths[0], rows, columns) of ink (n, 1, height, width), 0 = paper."""
        level: Tensor = self.levels[0](self.stem(ink))
        passed = []
        for down, blocks in zip(self.down, list(self.levels)[1:], strict=True):
            passed.append(level)
            level = blocks(down(level))
        for place in range(len(passed) - 1, -1, -1):
            coarse = functional.interpolate(
                self.side[place](level), scale_factor=2.0, mode="nearest"
            )
            level = self.up[place](passed[place] + coarse)
        return level


class Detector(nn.Module):
    """A page or tiles of any size in, a heat map and boxes out; see `HeatLayout`."""

    def __init__(self, shape: Shape, channels: int, groups: int, first_logit: float) -> None:
        super().__init__()
        self.trunk = Trunk(shape)
        self.neck = unit(shape.widths[0], shape.head)
        self.heat = _maps(shape.head, channels, first_logit)
        self.boxes = _maps(shape.head, 4 * groups, 0.0)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and boxes of pictures (n, 1, height, width), uint8, 255 = paper."""
        ink = 1 - image.float() / 255
        features = self.neck(self.trunk(ink))
        return self.heat(features), self.boxes(features)


def _maps(inner: int, outer: int, first: float) -> nn.Conv2d:
    """The last layer, whose output is nearly *first* everywhere in the beginning."""
    layer = nn.Conv2d(inner, outer, 1)
    assert layer.bias is not None
    nn.init.normal_(layer.weight, std=0.01)
    nn.init.constant_(layer.bias, first)
    return layer
