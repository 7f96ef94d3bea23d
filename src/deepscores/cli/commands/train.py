"""``deepscores train``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepscores import api
from deepscores.cli.command import command
from deepscores.cli.screen import showing_progress

if TYPE_CHECKING:
    from deepscores.training.loop.outcome import Trained


@command("train")
def run(**values: Any) -> None:
    """Train a baseline model. Ctrl-C saves the progress; re-run the same command to resume.

    See docs/training.md for the results to expect.

    \b
    deepscores train classify dataset -o runs/classify
    deepscores train detect dataset -o runs/detect --preset base --minutes 30 --device cuda
    deepscores train classify dataset -o runs/paper --preset paper --protocol paper
    """
    with showing_progress() as progress:
        trained = api.train(progress=progress, **values)
    print_trained(trained)


def print_trained(trained: Trained) -> None:
    """Print the outcome of a run, and how to predict with it."""
    card = trained.card
    state = "is already trained" if trained.already_there else "is trained"
    print(f"{trained.folder}: {card.task}, preset {card.preset}, {state}:")
    print(
        f"{trained.parameters:,} weights, {trained.steps:,} steps, {trained.samples:,} samples in "
        f"{trained.seconds / 60:.1f} min ({trained.device})"
    )
    for name, value in trained.figures.items():
        print(f"{value:>12.4g}  {name} on val")
    print(
        f"ONNX Runtime reproduces PyTorch's output to {trained.difference:.1g} of the largest value"
    )
    print(f"predict with it: deepscores predict {trained.folder} IMAGE -o OUT")
