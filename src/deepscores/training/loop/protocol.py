"""The interface of a task to the training loop: data, network, loss, validation, export."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from deepscores.inference.models.card import ModelCard
from deepscores.training.loop.options import TrainOptions

# Tensors, and tuples, lists and dicts of them; the loop moves tensors to the device and
# leaves all else as it is.
Batch = Any


@dataclass(frozen=True, slots=True)
class Plan:
    """How a task is trained by default; a budget that the user gives takes precedence."""

    learning_rate: float
    steps: int | None = None  # the default budget in steps …
    minutes: float | None = None  # … or in minutes
    optimiser: str = "adamw"  # or adam
    weight_decay: float = 0.0  # of weights with at least two axes; none of norms and biases
    warmup: float = 0.03  # share of the budget in which the learning rate rises
    floor: float = 0.0  # share of it that is left in the end
    clip: float | None = None  # gradient norm
    average: float | None = None  # decay of the moving average of weights that is exported
    validations: int = 4  # in a run, the last one at its end


@dataclass(frozen=True, slots=True)
class Exportable:
    """The network to export: a module in evaluation mode that takes uint8 pictures."""

    module: nn.Module
    arguments: tuple[torch.Tensor, ...]  # an example, on the processor
    inputs: tuple[str, ...]  # names
    outputs: tuple[str, ...]  # names
    dynamic: tuple[Mapping[int, Any], ...]  # of each argument: the axes that vary, torch.export.Dim
    tolerance: float = 1e-3  # by which ONNX Runtime may differ from PyTorch, as a share of the
    # largest value of an output


class Task(Protocol):
    """One task with its data, made as ``TASKS[name](dataset, options)``.

    The loop moves `model` to the device (``channels_last``) before the first batch, calls `loss` in
    training mode under autocast, and `validate` in evaluation mode without gradients, with the
    averaged weights in place. Random numbers of a step (torch's) follow from seed and step.
    """

    name: str
    model: nn.Module
    plan: Plan

    def card(self) -> ModelCard:
        """The card of the model file; the loop adds the figures to `training`."""

    def batches(self, epoch: int, skip: int) -> Iterator[Batch]:
        """The batches of an epoch but for the first *skip*, which cost little.

        They depend on seed and epoch alone. Every epoch has at least one.
        """

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Scalars of the same names every time; ``loss`` is minimised, the others are logged."""

    def validate(self) -> dict[str, float]:
        """Figures on a part of the split ``val``; the first is the one to look at."""

    def exportable(self) -> Exportable:
        """The network as it is exported, sharing its weights with `model`."""


class MakeTask(Protocol):
    """A function in the table of tasks."""

    def __call__(self, dataset: Path, options: TrainOptions, /) -> Task:
        """Open the data; raise DatasetError or RecipeError where that is not possible."""
