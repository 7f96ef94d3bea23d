"""A U-shaped trunk of residual convolutions: fine places with their wide surroundings."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional


def convolution(inner: int, outer: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    """A convolution that keeps places where they are, with norm and rectifier."""
    return nn.Sequential(
        nn.Conv2d(inner, outer, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outer),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """Two convolutions whose result is added to their input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = convolution(width, width)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        nn.init.zeros_(self.norm.weight)  # the identity at first, which trains more steadily

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(n, width, height, width), the shape of *features*."""
        return functional.relu(features + self.norm(self.second(self.first(features))))


class Trunk(nn.Module):
    """Features at strides 2 and 4 of a picture; those at 4 see about a staff's height and more.

    *widths* are the channels at strides 2, 4, 8, 16 and 32; *depths* the residual blocks at strides
    4 to 32; *joined* the channels of what comes back up to stride 4.
    """

    def __init__(self, widths: Sequence[int], depths: Sequence[int], joined: int) -> None:
        super().__init__()
        self.stem = convolution(1, widths[0], size=5, stride=2)
        self.down = nn.ModuleList(
            nn.Sequential(
                convolution(inner, outer, stride=2), *(Residual(outer) for _ in range(depth))
            )
            for inner, outer, depth in zip(widths, widths[1:], depths, strict=False)
        )
        self.side = nn.ModuleList(nn.Conv2d(width, joined, 1) for width in widths[1:])
        self.up = nn.ModuleList(convolution(joined, joined) for _ in widths[1:])

    def forward(self, ink: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features at stride 4 and at stride 2 of (n, 1, height, width), 0 = paper, 1 = ink."""
        fine = self.stem(ink)
        level, levels = fine, []
        for down in self.down:
            level = down(level)
            levels.append(level)
        joined = self.up[-1](self.side[-1](levels[-1]))
        for place in range(len(levels) - 2, -1, -1):
            doubled = functional.interpolate(joined, scale_factor=2.0, mode="nearest")
            joined = self.up[place](self.side[place](levels[place]) + doubled)
        return joined, fine
