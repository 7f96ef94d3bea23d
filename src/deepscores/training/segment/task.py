"""Segmentation: a class for each pixel of ink, learned from points drawn in tiles.

A softmax over all classes at every pixel is too slow on a CPU, and nine tenths of a page are paper,
which needs none. So the trunk looks at everything, and the head at ink alone: at a few
thousand points per tile in training, at all ink of a page afterwards.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from deepscores.dataset.index import open_index
from deepscores.dataset.reader import open_dataset
from deepscores.errors import RecipeError
from deepscores.inference.models.card import ModelCard
from deepscores.inference.models.segmentation import INK, LOGITS, PLACES, STRIDE
from deepscores.page.measuring.staff_space import common_staff_space
from deepscores.page.model.packing import pack
from deepscores.training.loop.ahead import make_ahead
from deepscores.training.loop.fresh_pages import FreshPages
from deepscores.training.loop.options import TrainOptions
from deepscores.training.loop.protocol import Exportable, Plan
from deepscores.training.segment.blocks import Trunk
from deepscores.training.segment.ink import whole_page
from deepscores.training.segment.points import PointSampler, Sampling, measure_shares
from deepscores.training.segment.pools import DatasetPool, FreshPool, fresh_page
from deepscores.version import __version__

_TILES = 4  # per page and epoch
_FRESH_PAGES = 64  # per epoch
_MAX_STRIDES = 1024  # of a page's side, in multiples of STRIDE
_WITHIN = 8  # features for the place of a point within the trunk's pixel
_SHARE_TILES = 8  # around each class, on which its share of the points is measured
_MIN_PIXELS = 1_000  # of a class, to count in a validation


@dataclass(frozen=True, slots=True)
class Preset:
    """A size of network, and what it is trained with."""

    widths: tuple[int, ...]  # channels at strides 2, 4, 8, 16, 32
    depths: tuple[int, ...]  # residual blocks at strides 4, 8, 16, 32
    joined: int  # channels of the features that points take
    hidden: int  # of the head
    sampling: Sampling
    batch_size: int  # tiles
    plan: Plan
    reach: int = 3  # pixels around a point that the head sees as they are
    tempered: float = 0.2  # 0: the most likely class; 1: as if all classes were equally frequent
    pages: int = 8  # of a validation


PRESETS = {
    "small": Preset(
        (16, 32, 64, 96, 128), (1, 1, 2, 2), 48, 96, Sampling(384, 2048), 4,
        Plan(3e-3, minutes=16, weight_decay=0.01, clip=1.0, validations=2),
    ),
    "base": Preset(
        (32, 64, 128, 256, 384), (2, 3, 3, 2), 128, 256, Sampling(512, 4096), 32,
        Plan(4e-3, minutes=15, weight_decay=0.02, clip=1.0), pages=24,
    ),
}  # fmt: skip


class PointNetwork(nn.Module):
    """Logits of the classes at given places of pictures."""

    def __init__(self, preset: Preset, classes: int) -> None:
        super().__init__()
        self.trunk = Trunk(preset.widths, preset.depths, preset.joined)
        hidden, self.reach = preset.hidden, preset.reach
        self.within = nn.Embedding(16, _WITHIN)  # of the trunk's 4 × 4 pixels, which it is
        inputs = preset.joined + preset.widths[0] + _WITHIN + (2 * preset.reach + 1) ** 2
        self.head = nn.Sequential(
            nn.Linear(inputs, hidden), nn.ReLU(),
            nn.Linear(hidden, hidden), nn.ReLU(),
            nn.Linear(hidden, classes),
        )  # fmt: skip

    def forward(self, image: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
        """(points, classes) of uint8 pictures (n, 1, height, width) at *place*.

        Places (points,) count the pixels of all pictures, row by row; heights and widths are
        multiples of 32.
        """
        ink = 1 - image.float() / 255
        coarse, fine = self.trunk(ink)
        # Heights divide by 4 and 2: rows of all pictures can be counted through.
        width = image.shape[3]
        row = place // width
        column = place - row * width  # a remainder by a size cannot be exported
        inputs = (
            _look_up(coarse, row // 4 * (width // 4) + column // 4),
            _look_up(fine, row // 2 * (width // 2) + column // 2),
            self.within(row % 4 * 4 + column % 4),
            self._neighbourhoods(ink, row, column),
        )
        dtype = inputs[0].dtype  # half of 32 bits, if a graphics card trains
        logits: torch.Tensor = self.head(torch.cat([part.to(dtype) for part in inputs], 1))
        return logits

    def _neighbourhoods(
        self, ink: torch.Tensor, row: torch.Tensor, column: torch.Tensor
    ) -> torch.Tensor:
        """(points, side²) the pixels of a square around each point, paper beyond the picture."""
        reach, side = self.reach, 2 * self.reach + 1
        padded = functional.pad(ink, (reach, reach, reach, reach))
        width = padded.shape[3]
        corner = (row + row // ink.shape[2] * 2 * reach) * width + column
        steps = torch.arange(side, device=ink.device)
        offsets = (steps[:, None] * width + steps).flatten()
        places = (corner[:, None] + offsets).flatten()
        return padded.flatten().index_select(0, places).reshape(-1, side**2)


class PageNetwork(nn.Module):
    """The exported network: all ink of one page, and its logits."""

    def __init__(self, network: PointNetwork, bias: torch.Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("bias", bias)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Places (n,) in the ravelled page and logits (n, classes), of a page (1, 1, h, w)."""
        place = torch.nonzero(image.flatten() < INK).squeeze(1)
        return place, self.network(image, place) + self.bias


def _look_up(features: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
    """(points, channels) of (n, channels, height, width), at places counted through all n."""
    # An embedding is a look-up whose gradient a processor sums quickly.
    return functional.embedding(place, features.permute(0, 2, 3, 1).flatten(0, 2))


class Segment:
    """The task for the training loop."""

    name = "segment"

    def __init__(self, dataset: Path, options: TrainOptions) -> None:
        self.preset = preset_of(options)
        self.dataset, self.options, self.plan = dataset, options, self.preset.plan
        self.label_set = (options.labels or open_dataset(dataset).labels).name
        self.index = open_index(dataset, options.labels)
        self._fresh = FreshPages(options, self.index.names, fresh_page) if options.recipe else None
        first = self._fresh_pool(0) if self._fresh else self._pages("train")
        self.sampler = PointSampler(first, self.preset.sampling, options.seed)
        occurs = first.objects > 0 if self._fresh is None else np.ones(len(self.index.names), bool)
        self.taught = (0, *(np.flatnonzero(occurs) + 1).tolist())  # class ids
        self.threads = options.workers or 0
        self.class_shares = measure_shares(self.sampler, _SHARE_TILES, max(self.threads, 1))
        self.adjustment = torch.from_numpy(self.class_shares.adjustment(self.taught))
        self.model = PointNetwork(self.preset, len(self.taught))
        with torch.no_grad():  # the initial output is each class's share of the pages' ink
            shares = np.log(self.class_shares.natural[list(self.taught)])
            self.model.get_parameter("head.4.bias").copy_(torch.from_numpy(shares))
        self._output = np.zeros(len(self.index.names) + 1, np.int64)  # by class id
        self._output[list(self.taught)] = np.arange(len(self.taught))

    def _pages(self, split: str) -> DatasetPool:
        return DatasetPool(self.dataset, self.index, split, self.options.staff_space)

    def _fresh_pool(self, epoch: int) -> FreshPool:
        assert self._fresh is not None
        return FreshPool(self._fresh.epoch(epoch, _FRESH_PAGES), len(self.index.names))

    @property
    def bias(self) -> torch.Tensor:
        """Added to the logits, so that rarity counts less against a class than it does on pages."""
        return torch.from_numpy(self.class_shares.tempering(self.taught, self.preset.tempered))

    def card(self) -> ModelCard:
        """Its logits are those of ``settings["class_ids"]``."""
        return ModelCard(
            self.name,
            self.index.names,
            self.label_set,
            self._staff_space(),
            self.options.preset,
            __version__,
            settings={"class_ids": list(self.taught), "ink": INK, "stride": STRIDE},
        )

    def _staff_space(self) -> float | None:
        """The staff space to which pages are rescaled, or which they all have."""
        if self.options.staff_space is not None:
            return self.options.staff_space
        return common_staff_space(np.unique(self.index.pages["staff_space"].to_numpy()))

    def batches(self, epoch: int, skip: int) -> Iterator[dict[str, torch.Tensor]]:
        """Four tiles for each page."""
        sampler = self.sampler
        if self._fresh is not None:
            pool = self._fresh_pool(epoch)
            sampler = PointSampler(pool, self.preset.sampling, self.options.seed)
        size = self.options.batch_size or self.preset.batch_size
        numbers = range(skip, max(_TILES * sampler.pool.pages // size, 1))
        make = partial(self._batch, sampler, epoch, size)
        return make_ahead(make, numbers, self.threads)

    def _batch(
        self, sampler: PointSampler, epoch: int, size: int, number: int
    ) -> dict[str, torch.Tensor]:
        tiles = [sampler.points(epoch, number * size + nth) for nth in range(size)]
        area = self.preset.sampling.size**2
        place = np.concatenate([tile.place + area * nth for nth, tile in enumerate(tiles)])
        class_id = np.concatenate([tile.class_id for tile in tiles])
        return {
            "image": torch.from_numpy(np.stack([tile.image for tile in tiles])[:, None]),
            "place": torch.from_numpy(place),
            "target": torch.from_numpy(self._output[class_id]),
        }

    def loss(self, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Cross entropy of the points, and the share of them that is right."""
        logits = self.model(batch["image"], batch["place"]).float()
        logits = logits + self.adjustment.to(logits.device)
        target = batch["target"]
        loss = functional.cross_entropy(logits, target)
        right = (logits.detach().argmax(1) == target).float().mean()
        return {"loss": loss, "right": right}

    def validate(self) -> dict[str, float]:
        """Intersection over union on whole pages of the split ``val``, at full resolution."""
        return figures(self.confusion("val", self.preset.pages))

    def confusion(self, split: str, pages: int | None = None) -> NDArray[np.int64]:
        """(classes + 1, classes + 1) pixels by class id: true, predicted.

        Of so many pages of the split, evenly spread, or of all; [0, 0] counts ink alone.
        """
        pool, classes = self._pages(split), len(self.index.names)
        count = pool.pages if pages is None else min(pages, pool.pages)
        total = np.zeros((classes + 1, classes + 1), np.int64)
        for nth in range(count):
            page = pool.read(nth * pool.pages // count)
            tile = whole_page(page, STRIDE)
            predicted = self._predict(tile.image, tile.place)
            pairs = pack([tile.class_id, predicted], [classes + 1, classes + 1])
            total += np.bincount(pairs, minlength=total.size).reshape(total.shape)
            # Thin symbols have pixels lighter than ink, which are never predicted.
            light = page.class_id[page.grey >= INK]
            total[1:, 0] += np.bincount(light, minlength=classes + 1)[1:]
        return total

    def _predict(self, image: NDArray[np.uint8], place: NDArray[np.int64]) -> NDArray[np.int64]:
        """Class ids at places of a page."""
        device = next(self.model.parameters()).device
        with torch.inference_mode():
            tensors = (torch.from_numpy(array).to(device) for array in (image[None, None], place))
            logits = self.model(*tensors) + self.bias.to(device)
        class_ids: NDArray[np.int64] = np.array(self.taught)[logits.argmax(1).cpu().numpy()]
        return class_ids

    def exportable(self) -> Exportable:
        """One page in, its ink and logits out."""
        sides = (torch.export.Dim(name, max=_MAX_STRIDES) for name in ("rows", "columns"))
        image = np.full((1, 1, 4 * STRIDE, 6 * STRIDE), 255, np.uint8)
        image[0, 0, 20:100:7, 10:150] = np.arange(140) % 120
        return Exportable(
            PageNetwork(self.model, self.bias).eval(),
            (torch.from_numpy(image),),
            ("image",),
            (PLACES, LOGITS),
            ({axis: STRIDE * side for axis, side in enumerate(sides, start=2)},),
        )


def figures(confusion: NDArray[np.int64]) -> dict[str, float]:
    """Means of intersection over union: macro over classes with 1,000 pixels, and by frequency.

    *confusion* as `Segment.confusion` gives it; 0, which is not a class, has no part in the means.
    """
    true = confusion.sum(axis=1)[1:]
    overlap = np.diagonal(confusion)[1:]
    iou = overlap / np.maximum(true + confusion.sum(axis=0)[1:] - overlap, 1)
    counted = true >= _MIN_PIXELS
    return {
        "iou": float(iou[counted].mean()) if counted.any() else 0.0,
        "weighted_iou": float((iou * true).sum() / max(true.sum(), 1)),
        "classes": float(counted.sum()),
    }


def preset_of(options: TrainOptions) -> Preset:
    """The preset of that name; raise RecipeError if it is not one of segmentation's."""
    if options.preset not in PRESETS:
        raise RecipeError(f"preset: segmentation has {', '.join(PRESETS)}, not {options.preset}")
    return PRESETS[options.preset]
