"""The classifier of patches: a residual network, its data, its loss and its figures."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from deepscores.dataset.reader import open_dataset
from deepscores.errors import RecipeError
from deepscores.inference.models.card import ModelCard
from deepscores.page.measuring.staff_space import common_staff_space
from deepscores.training.classify.network import ResidualNetwork
from deepscores.training.classify.patch_data import FreshPatches, PatchSet, at_random, by_works
from deepscores.training.loaders import BalancedSampler
from deepscores.training.loop.options import TrainOptions
from deepscores.training.loop.protocol import Exportable, Plan
from deepscores.version import __version__

_MIN_PATCHES = 20  # of a class, for it to count in balanced accuracy
_VALIDATION_BATCH = 512  # patches
_MAX_CARD_BYTES = 16 * 2**30  # of patches, copied to a graphics card


@dataclass(frozen=True, slots=True)
class Preset:
    """A size of network, and how it is trained."""

    stem: int  # channels
    widths: tuple[int, ...]
    blocks: int
    batch_size: int
    plan: Plan
    epochs: int | None = None  # instead of the plan's budget
    box_channel: bool = True
    temperature: float = 0.5  # of classes; 1: by their number of patches, 0: all equally often
    smoothing: float = 0.0
    shift: int = 0  # pixels, by which patches move at random
    per_class: int = 5000  # maximum of patches: reading them takes time


PRESETS = {
    "small": Preset(
        8, (32, 64, 128), 1, 128,
        Plan(3e-3, minutes=8, weight_decay=0.02, average=0.998, clip=5.0, validations=2),
        per_class=2000,
    ),
    "base": Preset(
        32, (48, 96, 192), 2, 128,
        Plan(2e-3, minutes=30, weight_decay=0.02, average=0.998, clip=5.0),
    ),
    # Tuggener et al., 2018: a residual network of 25 convolutions (besides shortcuts), about
    # 8 million weights, Adam, ten epochs.
    "paper": Preset(
        48, (48, 96, 176, 352), 3, 100, Plan(1e-3, optimiser="adam"), epochs=10,
        box_channel=False, temperature=1.0,
    ),
}  # fmt: skip


class Network(nn.Module):
    """The network with its normalisation: uint8 patches in, probabilities out."""

    def __init__(self, preset: Preset, channels: int, classes: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.inner = ResidualNetwork(
            channels, classes, size, preset.stem, preset.widths, preset.blocks
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(n, channels, height, width) uint8, 255 = paper, to (n, classes) probabilities."""
        ink = 1 - image.to(torch.float32) / 255
        probabilities: torch.Tensor = self.inner(ink).softmax(dim=1)
        return probabilities


class Classify:
    """Patches of objects to their classes; see `Task`. A batch is places in the training patches.

    By the dataset's splits, or by the paper's own protocol, 80/20 of all patches at random.
    """

    name = "classify"

    def __init__(self, dataset: Path, options: TrainOptions) -> None:
        if options.staff_space is not None:
            raise RecipeError("staff-space: patches are not rescaled; build the dataset with it")
        self.options, self.preset = options, PRESETS[options.preset]
        training, self.judged = (at_random if options.protocol == "paper" else by_works)(
            dataset, options, self.preset.per_class
        )
        if not len(self.judged):
            raise RecipeError(
                f"{dataset}: no patch to validate with in `val`; try --protocol paper"
            )
        height, width = self.judged.images.shape[1:]
        self.size = (int(width), int(height))
        self.fresh = (
            FreshPatches(options, self.size, self.judged.classes) if training is None else None
        )
        self._epoch = 0
        self._train_on(self.fresh.epoch(0) if self.fresh else training)
        if not len(self.pool):
            raise RecipeError(f"{dataset}: no patch to train on in `train`; try --protocol paper")
        box_channel = options.box_channel
        self.box_channel = self.preset.box_channel if box_channel is None else box_channel
        self.batch_size = options.batch_size or self.preset.batch_size
        classes = len(self.judged.classes)
        self.model = Network(self.preset, 1 + self.box_channel, classes, self.size)
        self.plan = self._plan()
        self.about = _about(dataset, options)

    def card(self) -> ModelCard:
        """See `Task`; the network's output is ``scores``, probabilities (n, classes)."""
        label_set, staff_space = self.about
        settings = {"patch": list(self.size), "box_channel": self.box_channel}
        training = {"protocol": self.options.protocol, "patches": len(self.pool)}
        return ModelCard(
            "classify", self.judged.classes, label_set, staff_space, self.options.preset,
            __version__, settings, training,
        )  # fmt: skip

    def batches(self, epoch: int, skip: int) -> Iterator[torch.Tensor]:
        """See `Task`; rare classes are drawn more often than they occur."""
        if self.fresh and epoch != self._epoch:
            self._epoch = epoch
            self._train_on(self.fresh.epoch(epoch))
        sampler = BalancedSampler(
            self.pool, temperature=self.preset.temperature, seed=self.options.seed,
            rank=0, world_size=1,
        )  # fmt: skip
        sampler.set_epoch(epoch)
        order = torch.tensor([*sampler])
        for number in range(skip, self._batches()):
            yield order[number * self.batch_size : (number + 1) * self.batch_size]

    def loss(self, batch: torch.Tensor) -> dict[str, torch.Tensor]:
        """See `Task`."""
        patches = self._tensors
        ink = patches.ink(batch, with_boxes=self.box_channel)
        labels = patches.labels[batch]
        if self.preset.shift:
            ink = _shift(ink, self.preset.shift)
        logits = self.model.inner(ink).float()
        loss = functional.cross_entropy(logits, labels, label_smoothing=self.preset.smoothing)
        return {"loss": loss, "accuracy": (logits.argmax(dim=1) == labels).float().mean()}

    def validate(self) -> dict[str, float]:
        """See `Task`: shares of the validation patches that are right, and of unseen classes."""
        patches = _PatchTensors.from_patches(self.judged, "cpu")
        device = self._tensors.labels.device
        predicted = [np.empty(0, np.int64)]
        for first in range(0, len(self.judged), _VALIDATION_BATCH):
            items = torch.arange(first, min(first + _VALIDATION_BATCH, len(self.judged)))
            ink = patches.ink(items, with_boxes=self.box_channel).to(device)
            predicted.append(self.model.inner(ink).argmax(dim=1).cpu().numpy())
        labels, classes = self.judged.labels, len(self.judged.classes)
        trained = np.bincount(self.pool.labels, minlength=classes)
        unseen = {"unseen": float((trained[labels] == 0).mean())}
        return figures(labels, np.concatenate(predicted), classes) | unseen

    def exportable(self) -> Exportable:
        """See `Task`."""
        items = torch.linspace(0, len(self.judged) - 1, 16).long()
        ink = _PatchTensors.from_patches(self.judged, "cpu").ink(items, with_boxes=self.box_channel)
        image = (255 - ink * 255).round().to(torch.uint8).contiguous()
        count = torch.export.Dim("patches", min=1, max=65536)
        return Exportable(self.model, (image,), ("image",), ("scores",), ({0: count},))

    def _train_on(self, pool: PatchSet | None) -> None:
        assert pool is not None
        self.pool = pool
        self._tensors = _PatchTensors.from_patches(pool, self.options.device)

    def _batches(self) -> int:
        return max(len(self.pool) // self.batch_size, 1)

    def _plan(self) -> Plan:
        if self.preset.epochs is None:
            return self.preset.plan
        return replace(self.preset.plan, steps=self.preset.epochs * self._batches())


@dataclass(frozen=True, slots=True)
class _PatchTensors:
    """A set of patches as tensors; on a graphics card, if there is one and they fit."""

    images: torch.Tensor
    rows: torch.Tensor
    boxes: torch.Tensor
    labels: torch.Tensor

    @classmethod
    def from_patches(cls, patches: PatchSet, device: str) -> "_PatchTensors":
        images = torch.from_numpy(patches.images)
        parts = [
            torch.from_numpy(column) for column in (patches.rows, patches.boxes, patches.labels)
        ]
        if device == "cuda" and patches.images.nbytes < _MAX_CARD_BYTES:
            images = images.to(device)
        return cls(images, *(column.to(device) for column in parts))

    def ink(self, items: torch.Tensor, *, with_boxes: bool) -> torch.Tensor:
        """(n, channels, height, width) float, 1 = ink and within the box, as the network has it."""
        rows = self.rows[items]
        ink = 1 - self.images[rows.to(self.images.device)].to(rows.device)[:, None] / 255
        if with_boxes:
            ink = torch.cat([ink, _box_channel(self.boxes[items], ink)[:, None]], dim=1)
        return ink.contiguous(memory_format=torch.channels_last)


def figures(labels: NDArray[Any], predicted: NDArray[Any], classes: int) -> dict[str, float]:
    """Shares of patches that are right: of all; the mean over classes, and over the worst five.

    Classes with fewer than 20 patches count in the first alone; without any other, all do.
    """
    counts = np.bincount(labels, minlength=classes)
    right = np.bincount(labels[labels == predicted], minlength=classes)
    counted = counts >= min(_MIN_PATCHES, counts.max())
    recalls = np.sort(right[counted] / counts[counted])
    return {
        "top1": float(right.sum() / counts.sum()),
        "balanced": float(recalls.mean()),
        "worst5": float(recalls[:5].mean()),
        "classes": float(counted.sum()),
        "patches": float(counts.sum()),
    }


def _box_channel(boxes: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """`models.patches.box_channel` on the device, as ink: (n, height, width), 1 within the box."""
    height, width = like.shape[-2:]
    columns, down = _covered(boxes[:, 0::2], width), _covered(boxes[:, 1::2], height)
    return (255 * down[:, :, None] * columns[:, None, :]).round() / 255


def _covered(ends: torch.Tensor, length: int) -> torch.Tensor:
    pixels = torch.arange(length, dtype=torch.float32, device=ends.device)
    high = torch.minimum(ends[:, 1:], pixels + 1)
    return (high - torch.maximum(ends[:, :1], pixels)).clamp(0, 1)


def _shift(ink: torch.Tensor, max_pixels: int) -> torch.Tensor:
    """A batch moved by up to *max_pixels* pixels each way; what moves in is paper."""
    x, y = (int(offset) for offset in torch.randint(-max_pixels, max_pixels + 1, (2,)))
    return functional.pad(ink, (x, -x, y, -y))


def _about(dataset: Path, options: TrainOptions) -> tuple[str, float | None]:
    """The label set's name; the pages' staff space, if all have the same."""
    opened = open_dataset(dataset)
    labels = options.labels or opened.labels
    return labels.name, common_staff_space(page.row["staff_space"] for page in opened)
