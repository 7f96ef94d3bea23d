"""Checkpoints: one file holds all that the next step follows from, so that it is whole or absent.

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
    """Where a run is."""

    step: int = 0  # steps done
    epoch: int = 0
    batch: int = 0  # of this epoch, those done
    samples: int = 0
    elapsed: float = 0.0  # seconds of training, validation among them
    validated: int = 0  # validations done
    figures: dict[str, float] = field(default_factory=dict)  # of the last validation


@dataclass(frozen=True, slots=True)
class Parts:
    """What a checkpoint is of."""

    model: nn.Module
    optimiser: torch.optim.Optimizer
    average: WeightAverage | None

    def tensors(self) -> Iterator[tuple[str, torch.Tensor]]:
        """All of them by name, as they are, to read from or to write to."""
        for name, one in self.model.state_dict().items():
            yield f"model.{name}", one
        if self.average is not None:
            for name, one in self.average.tensors.items():
                yield f"average.{name}", one
        for number, weight in enumerate(_weights(self.optimiser)):
            for name, one in _state(self.optimiser, weight).items():
                yield f"optimiser.{number}.{name}", one


def save_state(folder: Path, parts: Parts, place: Place) -> None:
    """Write the checkpoint, in the place of the one before; raise DatasetError if it cannot be."""
    content = _packed(parts.tensors())
    head = {_HEAD: json.dumps(asdict(place), sort_keys=True)}
    write_file(folder / STATE, save(content, head), durable=True)


def save_weights(folder: Path, model: nn.Module, about: Mapping[str, str]) -> None:
    """Write the weights of *model* alone, with a head that says what they are of."""
    write_file(folder / WEIGHTS, save(_packed(model.state_dict().items()), dict(about)))


def load_state(folder: Path, parts: Parts) -> Place:
    """Take the checkpoint in *folder* over into *parts*.

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
    for name, one in parts.tensors():
        if stored[name].shape != one.shape:
            raise ValueError(f"{name} is {tuple(stored[name].shape)}, not {tuple(one.shape)}")
        one.copy_(stored[name])  # which keeps the order of its axes in memory


def _weights(optimiser: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [weight for group in optimiser.param_groups for weight in group["params"]]


def _state(optimiser: torch.optim.Optimizer, weight: torch.Tensor) -> dict[str, torch.Tensor]:
    own: dict[str, Any] = optimiser.state.get(weight, {})
    return {name: one for name, one in own.items() if isinstance(one, torch.Tensor)}


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


def _packed(tensors: Any) -> dict[str, torch.Tensor]:
    return {name: one.detach().cpu().contiguous() for name, one in tensors}
