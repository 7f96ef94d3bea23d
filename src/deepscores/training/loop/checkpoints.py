"""Checkpoints: one file with all that the next step depends on, so that it is whole or absent.

The file's head (of safetensors) holds the place; weights, optimiser and averaged weights are its
tensors. Random numbers need no place of their own: those of a step follow from seed and step.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from deepscores.errors import DatasetError
from deepscores.runs.files import write_file
from deepscores.training.loop.averaging import WeightAverage

STATE = "state.safetensors"
WEIGHTS = "weights.safetensors"
_HEAD = "place"


@dataclass
class Place:
    """How far a run is."""

    step: int = 0  # completed steps
    epoch: int = 0
    batch: int = 0  # completed batches of this epoch
    samples: int = 0
    elapsed: float = 0.0  # seconds of training, validation among them
    validated: int = 0  # completed validations
    figures: dict[str, float] = field(default_factory=dict)  # of the last validation


@dataclass(frozen=True, slots=True)
class Parts:
    """All that has tensors in a checkpoint."""

    model: nn.Module
    optimiser: torch.optim.Optimizer
    average: WeightAverage | None

    def tensors(self) -> Iterator[tuple[str, torch.Tensor]]:
        """All of them by name, as they are, to read from or to write to."""
        for name, tensor in self.model.state_dict().items():
            yield f"model.{name}", tensor
        if self.average is not None:
            for name, tensor in self.average.tensors.items():
                yield f"average.{name}", tensor
        for number, weight in enumerate(_weights(self.optimiser)):
            for name, tensor in _state(self.optimiser, weight).items():
                yield f"optimiser.{number}.{name}", tensor


def save_state(folder: Path, parts: Parts, place: Place) -> None:
    """Write the checkpoint, replacing the previous one. Raise DatasetError if that fails."""
    content = _pack(parts.tensors())
    head = {_HEAD: json.dumps(asdict(place), sort_keys=True)}
    write_file(folder / STATE, save(content, head), durable=True)


def save_weights(folder: Path, model: nn.Module, about: Mapping[str, str]) -> None:
    """Write the weights of *model* alone, with *about* as the file's metadata."""
    write_file(folder / WEIGHTS, save(_pack(model.state_dict().items()), dict(about)))


def load_state(folder: Path, parts: Parts) -> Place:
    """Restore *parts* from the checkpoint in *folder*.

    Raise DatasetError if it is damaged or of another network.
    """
    path = folder / STATE
    try:
        with safe_open(path, "pt") as file:
            place = Place(**json.loads(file.metadata()[_HEAD]))
            if place.step:
                _make_room(parts.optimiser)
            _fill(parts, {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"{path}: this checkpoint cannot be read: {error}; choose another folder, or --force"
        ) from None
    return place


@torch.no_grad()
def _fill(parts: Parts, stored: dict[str, torch.Tensor]) -> None:
    for name, tensor in parts.tensors():
        if stored[name].shape != tensor.shape:
            raise ValueError(f"{name} is {tuple(stored[name].shape)}, not {tuple(tensor.shape)}")
        tensor.copy_(stored[name])  # which keeps the order of its axes in memory


def _weights(optimiser: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [weight for group in optimiser.param_groups for weight in group["params"]]


def _state(optimiser: torch.optim.Optimizer, weight: torch.Tensor) -> dict[str, torch.Tensor]:
    state: dict[str, Any] = optimiser.state.get(weight, {})
    return {name: tensor for name, tensor in state.items() if isinstance(tensor, torch.Tensor)}


def _make_room(optimiser: torch.optim.Optimizer) -> None:
    """Let the optimiser make its tensors, by a step that changes nothing."""
    rates = [group["lr"] for group in optimiser.param_groups]
    for group in optimiser.param_groups:
        group["lr"] = 0.0
    for weight in _weights(optimiser):
        weight.grad = torch.zeros_like(weight)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    for group, rate in zip(optimiser.param_groups, rates, strict=True):
        group["lr"] = rate


def _pack(tensors: Any) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors}
