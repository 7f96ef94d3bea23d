"""A moving average of a network's weights, which is steadier than any of them."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


class WeightAverage:
    """Follows *model*: weights by *decay* per step, more quickly at first; statistics as they are.

    Statistics (of norms) are averages already.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay, self._model = decay, model
        self.tensors = {name: weight.detach().clone() for name, weight in model.named_parameters()}

    def update(self, step: int) -> None:
        """Include the weights after *step* steps."""
        decay = min(self.decay, (1 + step) / (10 + step))
        new = [weight.detach() for _, weight in self._model.named_parameters()]
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
        for name, weight in self._model.named_parameters():
            previous = weight.detach().clone()
            weight.copy_(self.tensors[name])
            self.tensors[name].copy_(previous)
