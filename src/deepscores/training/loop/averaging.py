"""A moving average of a network's weights, which is steadier than any of them."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


class WeightAverage:
    """Follows *model*: weights by *decay* a step, more quickly at first; statistics as they are.

    Statistics (of norms) are averages already.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay, self._model = decay, model
        self.tensors = {name: one.detach().clone() for name, one in model.named_parameters()}

    def update(self, step: int) -> None:
        """Take the weights after *step* steps in."""
        decay = min(self.decay, (1 + step) / (10 + step))
        new = [one.detach() for _, one in self._model.named_parameters()]
        torch._foreach_lerp_([*self.tensors.values()], new, 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The averaged weights are the model's while the block runs."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for name, one in self._model.named_parameters():
            kept = one.detach().clone()
            one.copy_(self.tensors[name])
            self.tensors[name].copy_(kept)
