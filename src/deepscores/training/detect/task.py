"""The detector: an anchor-free heat map that takes a whole page at its own resolution.

After Zhou, Wang & Krähenbühl (2019), "Objects as points". Every object is a peak at its middle; the
cell of the peak gives its box, relative to its class's usual size. Lines that are longer than
the network can see are detected by their two ends.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.backends import cudnn

from deepscores.inference.models.card import ModelCard
from deepscores.inference.models.detections import Detections, decode_maps
from deepscores.training.detect.heat_network import Detector, shape_of
from deepscores.training.detect.pages import PageSource
from deepscores.training.detect.precision import Truth, average_precisions, macro
from deepscores.training.detect.shapes import layout_for
from deepscores.training.detect.targets import (
    LayoutTensors,
    TileObjects,
    box_loss,
    draw_targets,
    first_logit,
    heat_loss,
)
from deepscores.training.detect.tiles import PAPER, TileBatch, TileRules, TileSampler, TrainPage
from deepscores.training.loop.options import TrainOptions
from deepscores.training.loop.protocol import Exportable, Plan
from deepscores.version import __version__

MULTIPLE = 32  # a page's height and width are padded to multiples
_THREADS = 3  # that draw tiles; more would only wait for each other
_MINUTES_EACH, _STEPS_EACH = 4, 500  # of training, for each validation


@dataclass(frozen=True, slots=True)
class Preset:
    """A size of network, and how it is trained."""

    tiles: TileRules
    steep: float  # errors of boxes below are squared
    box_weight: float  # of the boxes' loss, beside the heat map's
    most_pixels: int  # of pages in memory
    validated: int  # pages
    plan: Plan


PRESETS = {
    "small": Preset(
        TileRules(side=384, batch=4, temperature=0.1),
        0.05,
        1.5,
        2_000_000_000,
        8,
        Plan(learning_rate=3e-3, minutes=20, weight_decay=1e-4, clip=10.0, average=0.998),
    ),
    "base": Preset(
        TileRules(side=512, batch=32),
        0.03,
        2.0,
        12_000_000_000,
        12,
        Plan(learning_rate=2e-3, minutes=20, weight_decay=1e-4, clip=10.0, average=0.999),
    ),
}


class Detect:
    """The task ``detect``; see `deepscores.training.loop.protocol.Task`."""

    name = "detect"

    def __init__(self, dataset: Path, options: TrainOptions) -> None:
        shape = shape_of(options.preset)
        self.preset = preset = PRESETS[options.preset]
        self.options, self.plan = options, _limit_validations(preset.plan, options)
        self._rules = replace(preset.tiles, batch=options.batch_size or preset.tiles.batch)
        self.source = PageSource(dataset, options, preset.most_pixels)
        self.layout = layout_for(
            *self.source.objects("train"), self.source.staff_space, shape.stride
        )
        torch.manual_seed(options.seed)
        self.model = Detector(shape, len(self.layout.channels), self.layout.groups, first_logit())
        self._epoch: tuple[int, TileSampler] | None = None
        if not options.recipe:
            self._sampler(0)  # reads pages now, so that it does not take training time

    @cached_property
    def _judged(self) -> list[TrainPage]:
        return self.source.spread("val", self.preset.validated)

    def card(self) -> ModelCard:
        """The card of the model file."""
        return ModelCard(
            task=self.name,
            classes=self.source.index.names,
            label_set=self.source.label_set,
            staff_space=self.source.staff_space,
            preset=self.options.preset,
            version=__version__,
            settings=self.layout.as_settings(),
        )

    def batches(self, epoch: int, skip: int) -> Iterator[TileBatch]:
        """Batches of tiles, see `TileSampler`."""
        threads = min(self.options.workers or 0, _THREADS)
        pinned = self.options.device == "cuda"
        yield from self._sampler(epoch).batches(epoch, skip, threads=threads, pinned=pinned)

    def _sampler(self, epoch: int) -> TileSampler:
        if self._epoch is None or self._epoch[0] != epoch:
            self._epoch = None  # its pages are freed before others are read
            pages = self.source.epoch(epoch)
            sampler = TileSampler(pages, self.layout, self._rules, self.options.seed)
            self._epoch = epoch, sampler
        return self._epoch[1]

    def loss(self, batch: TileBatch) -> dict[str, Tensor]:
        """``loss``, and its parts ``heat`` and ``box``."""
        image, objects = batch[0], TileObjects(*batch[1])
        heat, boxes = self.model(image)
        columns = LayoutTensors.from_layout(self.layout, image.device)
        targets = draw_targets(objects, columns, (len(image), heat.shape[2], heat.shape[3]))
        losses = {
            "heat": heat_loss(heat, targets),
            "box": box_loss(boxes, targets, self.layout.stride, self.preset.steep),
        }
        return {"loss": losses["heat"] + self.preset.box_weight * losses["box"], **losses}

    def validate(self) -> dict[str, float]:
        """Average precision on some whole pages of the split ``val``; the mean over classes."""
        device = next(self.model.parameters()).device
        detections = [
            detect_page(self.model, page.image, self.layout, device) for page in self._judged
        ]
        truth = [Truth(page.box, page.class_id) for page in self._judged]
        mean = macro(average_precisions(detections, truth), truth)
        return {"AP50": float(mean[0]), "AP": float(mean.mean())}

    def exportable(self) -> Exportable:
        """The network, for pages of any size in multiples of 32 pixels."""
        multiple = torch.export.Dim("rows", min=1) * MULTIPLE, torch.export.Dim("columns", min=1)
        return Exportable(
            self.model,
            (torch.full((1, 1, 4 * MULTIPLE, 6 * MULTIPLE), PAPER, dtype=torch.uint8),),
            ("image",),
            ("heat", "boxes"),
            ({2: multiple[0], 3: multiple[1] * MULTIPLE},),
        )


def _limit_validations(plan: Plan, options: TrainOptions) -> Plan:
    """*plan* with fewer validations in a short run."""
    if options.steps is not None:
        limit = options.steps // _STEPS_EACH
    else:
        limit = int((options.minutes or plan.minutes or 0) / _MINUTES_EACH)
    return replace(plan, validations=max(min(plan.validations, limit), 1))


def detect_page(
    model: Detector, image: NDArray[np.uint8], layout: Any, device: torch.device
) -> Detections:
    """The detections of *model* on a page (height, width), 255 = paper."""
    picture = torch.from_numpy(pad(image))[None, None].to(device)
    # Benchmarking convolutions pays off for tiles, which are all of one size; pages differ.
    quick = torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")
    tried, cudnn.benchmark = cudnn.benchmark, False
    try:
        with torch.inference_mode(), quick:
            heat, boxes = model(picture)
    finally:
        cudnn.benchmark = tried
    return decode_maps(heat[0].float().cpu().numpy(), boxes[0].float().cpu().numpy(), layout)


def pad(image: NDArray[np.uint8], multiple: int = MULTIPLE) -> NDArray[np.uint8]:
    """*image* with paper to the right and below, to multiples of so many pixels."""
    height, width = (-(-length // multiple) * multiple for length in image.shape)
    page = np.full((height, width), PAPER, np.uint8)
    page[: image.shape[0], : image.shape[1]] = image
    return page
