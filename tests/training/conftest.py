"""A small dataset of patches to train on, and a task so small that its training takes no time."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from deepscores.inference.models.card import ModelCard
from deepscores.training.loop.protocol import Exportable, Plan
from tests.sharing import make_once


@pytest.fixture(scope="session")
def melodies(tmp_path_factory: pytest.TempPathFactory, tune: Callable[..., str]) -> Path:
    """A folder of twelve short melodies, each a work of its own; some fall into each split."""
    folder = tmp_path_factory.mktemp("melodies")
    for index in (1, 2, 3, 5, 6, 7, 8, 9, 4, 11, 14, 24):
        text = tune(4, title=f"Melody {index}", steps="CEGBDFA"[index % 5 :], fifths=index % 5 - 2)
        (folder / f"melody-{index}.musicxml").write_text(text)
    return folder


@pytest.fixture(scope="session")
def melody_patches(melodies: Path, shared: Path) -> Path:
    """Their dataset in two fonts, with patches of each split; tests leave it as it is."""

    def make(folder: Path) -> None:
        from deepscores import build

        build(
            melodies, folder / "dataset", fonts="Bravura,Leland", page_size="800x600",
            staff_space=10, margin=40, pages="all", patches="20x30", patches_per_class=400,
        )  # fmt: skip

    return make_once(shared / "melody-patches", make) / "dataset"


class Line:
    """A task: the slope and height of a line, from noisy points that follow from the epoch."""

    name = "classify"

    def __init__(self, plan: Plan | None = None, batches: int = 5) -> None:
        torch.manual_seed(5)
        self.model = nn.Sequential(nn.Linear(1, 4), nn.Dropout(0.25), nn.ReLU(), nn.Linear(4, 1))
        self.plan = plan or Plan(0.05, average=0.9, clip=1.0, weight_decay=0.01)
        self.count, self.asked = batches, 0
        self.on_loss: Callable[[], None] = lambda: None

    def card(self) -> ModelCard:
        return ModelCard("classify", ("line",), "none", None, "small", "0")

    def batches(self, epoch: int, skip: int) -> Iterator[dict[str, Any]]:
        for number in range(skip, self.count):
            random = torch.Generator().manual_seed(1000 * epoch + number)
            x = torch.rand(8, 1, generator=random)
            self.asked += 1
            yield {"x": x, "y": 3 * x - 1, "name": "kept"}

    def loss(self, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        self.on_loss()
        assert batch["name"] == "kept"
        off = self.model(batch["x"]) - batch["y"]
        return {"loss": (off**2).mean(), "off": off.abs().mean()}

    def validate(self) -> dict[str, float]:
        assert not self.model.training
        x = torch.linspace(0, 1, 11)[:, None]
        return {"off": float((self.model(x) - (3 * x - 1)).abs().mean())}

    def exportable(self) -> Exportable:
        count = torch.export.Dim("points", min=1, max=999)
        return Exportable(self.model, (torch.rand(3, 1),), ("x",), ("y",), ({0: count},))


@pytest.fixture
def line() -> type[Line]:
    return Line


class Notes:
    """Progress that keeps what it is told."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.notes: list[str] = []
        self.done = 0

    def stage(self, name: str, total: int | None) -> None:
        self.stages.append(name)

    def advance(self, steps: int = 1) -> None:
        self.done += steps

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def notes() -> Notes:
    return Notes()
