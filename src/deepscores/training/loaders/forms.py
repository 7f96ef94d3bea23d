"""A picture and its objects as a trainer takes them: tensors in the conventions of its task."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch

from deepscores.dataset.labelled import LabelledPage
from deepscores.errors import RecipeError

PAPER = "paper"  # the name of class id 0


class Form(Protocol):
    """Makes a sample of a picture. Any such function can be one; it must be picklable."""

    def __call__(self, page: LabelledPage, image_id: int, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class DetectionForm:
    """``(image, target)`` as torchvision's detection models take it.

    *image* is uint8, (1, height, width), 255 = paper. *target* has, for n objects: ``boxes``
    (n, 4) float32, x0 y0 x1 y1 in pixels; ``labels`` (n,) int64, class ids from 1; ``image_id``
    int; ``area`` (n,) float32, pixels owned; ``iscrowd`` (n,) int64, 1 where less than *visibility*
    of an object is in the picture; with *masks*, ``masks`` (n, height, width) uint8. Besides:
    ``oriented`` (n, 8) float32, corners of the rotated box; ``visibility`` (n,) float32;
    ``number`` (n,) int64, of the first symbol on its page; ``name`` of the picture.
    """

    visibility: float = 0.5
    masks: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.visibility <= 1:
            raise RecipeError(f"visibility: {self.visibility:g} is not between 0 and 1")

    def __call__(self, page: LabelledPage, image_id: int, /) -> tuple[torch.Tensor, dict[str, Any]]:
        objects = page.objects
        target = {
            "boxes": torch.from_numpy(objects.box.astype(np.float32)),
            "labels": torch.from_numpy(objects.class_id.astype(np.int64)),
            "image_id": image_id,
            "area": torch.from_numpy(page.areas.astype(np.float32)),
            "iscrowd": torch.from_numpy((objects.share < self.visibility).astype(np.int64)),
            "oriented": torch.from_numpy(objects.oriented.astype(np.float32)),
            "visibility": torch.from_numpy(objects.share.astype(np.float32)),
            "number": torch.from_numpy(objects.number.astype(np.int64)),
            "name": page.name,
        }
        if self.masks:
            target["masks"] = _masks(page)
        return image_tensor(page.image), target


@dataclass(frozen=True, slots=True)
class SegmentationForm:
    """``(image, mask)``: uint8, (1, height, width); int64 class ids, (height, width), 0 = paper."""

    def __call__(self, page: LabelledPage, _image_id: int, /) -> tuple[torch.Tensor, torch.Tensor]:
        return image_tensor(page.image), torch.from_numpy(page.class_map.astype(np.int64))


FORMS: dict[str, type[DetectionForm] | type[SegmentationForm]] = {
    "detection": DetectionForm,
    "segmentation": SegmentationForm,
}


def image_tensor(image: Any) -> torch.Tensor:
    """A picture (height, width) as (1, height, width), in memory of its own."""
    return torch.from_numpy(np.array(image, np.uint8))[None]


def _masks(page: LabelledPage) -> torch.Tensor:
    """(n, height, width): the pixels that each object owns."""
    masks = np.zeros((len(page.objects), page.height * page.width), np.uint8)
    pixels, places = page.ink
    masks[places - 1, pixels] = 1
    return torch.from_numpy(masks.reshape(-1, page.height, page.width))


def with_paper(classes: Iterable[str]) -> tuple[str, ...]:
    """Names of classes by id, with paper as id 0."""
    return (PAPER, *classes)


def collate(batch: Sequence[tuple[Any, ...]]) -> tuple[list[Any], ...]:
    """A batch of samples whose sizes differ: one list for each of their parts."""
    return tuple(map(list, zip(*batch, strict=True)))
