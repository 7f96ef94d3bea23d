"""Patches: from files and from pages, the same pixels; and classes balanced."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from deepscores.dataset.png.codec import decode_png
from deepscores.dataset.reader import open_dataset
from deepscores.errors import DatasetError, RecipeError
from deepscores.training.loaders import BalancedSampler, Patches


@pytest.mark.parametrize("split", ["train", "val", "test", "all"])
def test_files_are_all_those_of_the_split(built: Path, split: str) -> None:
    patches = Patches(built, split)
    splits = {page.name: page.split for page in open_dataset(built)}
    files = [
        path
        for path in sorted((built / "patches").glob("*/*.png"))
        if split in ("all", splits[path.stem.rpartition("-")[0]])
    ]
    assert len(patches) == len(files)
    found = {}
    for item in range(len(patches)):
        patch, label = patches[item]
        page, number = patches.symbol(item)
        found[f"{patches.classes[label]}/{page}-{number:05d}.png"] = patch[0].numpy()
    assert len(found) == len(files)
    for path in files:
        kept = found[f"{path.parent.name}/{path.name}"]
        assert (kept == decode_png(path.read_bytes())).all()


def test_cut_from_pages_are_all_objects_and_the_same_pixels(built: Path) -> None:
    files, cut = Patches(built, "all"), Patches(built, "all", source="pages")
    assert len(cut) == sum(len(page.objects) for page in open_dataset(built)) > len(files)
    place = {cut.symbol(item): item for item in range(len(cut))}
    for item in range(len(files)):
        one, other = files[item], cut[place[files.symbol(item)]]
        assert torch.equal(one[0], other[0])
        assert one[1] == other[1]


def test_cut_patches_take_any_size_and_label_set(built: Path) -> None:
    patches = Patches(built, "all", source="pages", labels="full", size=(31, 17), classes="gClef")
    assert patches.classes == ("gClef",)
    patch, label = patches[0]
    assert patch.shape == (1, 17, 31)
    assert patch.dtype == torch.uint8
    assert label.dtype == torch.int64
    assert patch.min() < 64  # there is ink


def test_labels_are_places_in_the_names(built: Path) -> None:
    patches = Patches(built, "all", source="pages")
    kinds = Counter(patches.classes[patches[item][1]] for item in range(len(patches)))
    named = Counter(one.name for page in open_dataset(built) for one in page.objects)
    assert kinds == named


def test_a_classifier_learns_from_patches(built: Path) -> None:
    patches = Patches(built, "all", source="pages", size=(16, 16))
    loader = DataLoader(patches, 32, sampler=BalancedSampler(patches, samples=320, seed=3))
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(256, len(patches.classes)))
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    losses = []
    for batch, labels in loader:
        loss = torch.nn.functional.cross_entropy(model(batch.float() / 255), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]


def counts(patches: Patches) -> Any:
    return np.diff(patches.items_by_class()[0])


@pytest.mark.parametrize("temperature", [0.0, 0.5, 1.0])
def test_classes_come_as_often_as_the_temperature_says(built: Path, temperature: float) -> None:
    patches = Patches(built, "all", source="pages")
    sampler = BalancedSampler(patches, temperature=temperature, samples=1000, seed=4)
    have = counts(patches)
    wanted = np.where(have > 0, have.astype(float) ** temperature, 0)
    wanted *= 1000 / wanted.sum()
    starts = patches.items_by_class()[0]
    drawn = np.bincount(np.searchsorted(starts, [*sampler], side="right") - 1, minlength=len(have))
    assert drawn.sum() == 1000
    assert np.abs(drawn - wanted).max() < 1


def test_no_item_of_a_class_comes_again_before_all_have(built: Path) -> None:
    patches = Patches(built, "all", source="pages")
    have = counts(patches)
    drawn = np.bincount([*BalancedSampler(patches, samples=700)], minlength=len(patches))
    starts = patches.items_by_class()[0]
    for place in np.flatnonzero(have):
        own = drawn[starts[place] : starts[place + 1]]
        assert own.max() - own.min() <= 1


def test_ranks_share_one_balanced_order_that_changes_with_the_epoch(built: Path) -> None:
    patches = Patches(built, "all", source="pages")

    def order(epoch: int, **ranks: int) -> list[int]:
        sampler = BalancedSampler(patches, samples=301, seed=9, **ranks)
        sampler.set_epoch(epoch)
        found = [*sampler]
        assert len(found) == len(sampler)
        return found

    assert order(0) == order(0) != order(1)
    parts = [order(0, rank=rank, world_size=3) for rank in range(3)]
    assert {len(part) for part in parts} == {101}
    together = np.bincount([item for part in parts for item in part], minlength=len(patches))
    whole = BalancedSampler(patches, samples=303, seed=9)
    assert (together == np.bincount([*whole], minlength=len(patches))).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source": "air"}, "source: 'air'"),
        ({"labels": "full"}, "give 'pages'"),
        ({"size": (9, 9)}, "give 'pages'"),
        ({"source": "pages", "size": (0, 9)}, "size: (0, 9)"),
        ({"split": "dev"}, "split: 'dev'"),
    ],
)
def test_what_makes_no_sense_is_refused(built: Path, options: Any, message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        Patches(built, **options)
    assert message in str(caught.value)


def test_a_sampler_refuses_what_it_cannot_do(built: Path) -> None:
    patches = Patches(built, "all")
    for options in (
        {"temperature": 2.0},
        {"samples": 0},
        {"rank": 1},
        {"rank": 2, "world_size": 2},
    ):
        with pytest.raises(RecipeError):
            BalancedSampler(patches, **options)  # type: ignore[arg-type]


def test_a_patch_that_is_gone_is_named(built: Path, tmp_path: Path) -> None:
    patches = Patches(built, "all")
    patches.dataset = tmp_path
    with pytest.raises(DatasetError, match="No such file"):
        patches[0]
