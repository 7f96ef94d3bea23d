"""A residual network for small pictures, in sizes."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional


class Residual(nn.Module):
    """Two 3 × 3 convolutions beside a shortcut (He et al., 2016)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.first = convolution(inputs, outputs, 3, stride)
        self.second = convolution(outputs, outputs, 3)
        norm = self.second[1]
        assert isinstance(norm, nn.BatchNorm2d)
        nn.init.zeros_(norm.weight)  # begins as the shortcut alone
        self.shortcut = (
            nn.Identity()
            if stride == 1 and inputs == outputs
            else convolution(inputs, outputs, 1, stride)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, inputs, h, w) to (n, outputs, h / stride, w / stride), rounded up."""
        inner = self.second(functional.relu(self.first(x), inplace=True))
        return functional.relu(inner + self.shortcut(x))


def convolution(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Sequential:
    """A convolution and its norm; odd sizes keep the picture's, but for the stride."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs)
    )


class ResidualNetwork(nn.Module):
    """Pictures of one size to a number for each class.

    *widths* are channels of the stages, each of *blocks* `Residual` and half the size of the one
    before; the *stem* is a convolution of stride 2 with so many channels. What is in the middle of
    a patch decides, so features are not only averaged over places, but also weighed by place.
    """

    def __init__(
        self,
        channels: int,
        classes: int,
        size: tuple[int, int],  # width and height
        stem: int,
        widths: Sequence[int],
        blocks: int,
    ) -> None:
        super().__init__()
        self.stem = convolution(channels, stem, 5, 2)
        stages, width = [], stem
        for outputs in widths:
            stages += [Residual(width, outputs, 2)]
            stages += [Residual(outputs, outputs) for _ in range(blocks - 1)]
            width = outputs
        self.stages = nn.Sequential(*stages)
        shape = [_halved(side, len(widths) + 1) for side in reversed(size)]
        self.place = nn.Parameter(torch.full((1, width, *shape), 1 / (shape[0] * shape[1])))
        self.last = nn.Linear(2 * width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, channels, height, width) floats, 1 = ink, to (n, classes)."""
        x = self.stages(functional.relu(self.stem(x), inplace=True))
        pooled = torch.cat([x.mean(dim=(2, 3)), (x * self.place).sum(dim=(2, 3))], dim=1)
        found: torch.Tensor = self.last(pooled)
        return found


def _halved(side: int, times: int) -> int:
    for _ in range(times):
        side = -(-side // 2)
    return side
