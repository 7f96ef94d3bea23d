"""The outcome of a training run."""

from dataclasses import dataclass
from pathlib import Path

from deepscores.inference.models.card import ModelCard


@dataclass(frozen=True, slots=True)
class Trained:
    """A finished run."""

    folder: Path
    card: ModelCard
    parameters: int
    steps: int
    samples: int
    seconds: float  # of training, validation among them
    device: str
    figures: dict[str, float]  # on `val`
    difference: float  # of ONNX Runtime to PyTorch, as a share of the largest output
    already_there: bool = False
