"""A residual network for small pictures, in sizes."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from deepscores.training.networks.residual import Residual, convolution


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
        logits: torch.Tensor = self.last(pooled)
        return logits


def _halved(side: int, times: int) -> int:
    for _ in range(times):
        side = -(-side // 2)
    return side
