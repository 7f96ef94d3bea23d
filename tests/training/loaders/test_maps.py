"""Segmentation straight from the class maps: what the objects give, to the bit."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from deepscores.dataset.png.codec import encode_png
from deepscores.dataset.reader import open_dataset
from deepscores.errors import DatasetError
from deepscores.training.loaders import Segmentation, SegmentationForm
from deepscores.training.loaders.tiles import Tiles
from deepscores.training.loaders.views import View


def by_objects(dataset: Path, view: View, **options: Any) -> Tiles:
    """The long way: as any other label set is read."""
    return Tiles(dataset, "all", SegmentationForm(), view, **options)


SOME = ["rest*", "*Clef*", "noteheadBlack"]


@pytest.mark.parametrize(
    ("view", "classes"),
    [
        (View(), ()),
        (View(tiles=900), ()),
        (View(tiles=640, overlap=10), SOME),
        (View(tiles=300, crops=3, seed=5), SOME),
        (View(tiles=2200), ()),  # beyond the page
    ],
    ids=["pages", "tiles", "tiles that overlap little", "crops", "tiles larger than pages"],
)
def test_maps_hold_what_objects_give(real: Path, view: View, classes: Sequence[str]) -> None:
    place = {"tiles": view.tiles, "overlap": view.overlap, "crops": view.crops, "seed": view.seed}
    quick = Segmentation(real, "all", classes=classes, **place)
    long = by_objects(real, view, classes=classes)
    assert quick.maps is not None
    assert len(quick) == len(long) >= len(open_dataset(real))
    seen = set()
    for epoch in (0, 1) if view.crops else (0,):
        quick.set_epoch(epoch)
        long.set_epoch(epoch)
        for item in range(len(long)):
            for one, other in zip(quick[item], long[item], strict=True):
                assert one.dtype == other.dtype
                assert torch.equal(one, other), item
            seen |= set(other.unique().tolist())
    assert len(seen) > (3 if classes else 10)
    assert max(seen) < len(quick.classes)


def test_maps_serve_the_dataset_s_own_labels_and_size_alone(built: Path) -> None:
    own = open_dataset(built).info["label_set"]["name"]
    assert Segmentation(built, "all", labels=own).maps is not None
    assert Segmentation(built, "all", labels="full").maps is None
    assert Segmentation(built, "all", staff_space=12).maps is None


def test_a_sample_can_be_changed_without_harm(built: Path) -> None:
    pages = Segmentation(built, "all")
    image, mask = pages[0]
    image.zero_()
    mask.zero_()
    assert pages[0][0].any()
    assert pages[0][1].any()


def test_a_map_that_does_not_fit_is_named(built: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(built, copy)
    pages = Segmentation(copy, "all")
    page = open_dataset(copy)[0]
    path = copy / "pix_annotations_png" / f"{page.name}.png"
    mask = page.mask
    for content, says in (
        (encode_png(mask[1:]), "the image is 800 x 600 px, the class map 800 x 599 px"),
        (encode_png(np.full_like(mask, 255)), r"class 255 in the class map, of 118"),
        (b"no picture", f"{page.name}.png: not a readable PNG"),
    ):
        path.write_bytes(content)
        with pytest.raises(DatasetError, match=says):
            pages[0]
    path.unlink()
    with pytest.raises(DatasetError, match=f"{page.name}.png: No such file"):
        pages[0]
