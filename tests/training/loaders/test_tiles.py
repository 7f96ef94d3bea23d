"""Pages and tiles: equal to the dataset, in torchvision's convention, whatever loads them."""

import copy
import pickle
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from deepscores.dataset.labelled import cut, label_page, rescale, windows
from deepscores.dataset.reader import open_dataset
from deepscores.errors import DatasetError, RecipeError
from deepscores.page.labels.label_sets import load_label_set
from deepscores.training.loaders import (
    BalancedSampler,
    Detection,
    PageSampler,
    Segmentation,
    collate,
)

FORKED = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")


def equal(one: Any, other: Any) -> bool:
    """Whether two samples are the same, to the bit."""
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


def test_whole_pages_are_those_of_the_tables_and_maps(real: Path) -> None:
    pages, maps = Detection(real, "all"), Segmentation(real, "all")
    dataset = open_dataset(real)
    assert len(pages) == len(maps) == len(dataset)
    for item, source in enumerate(dataset):
        image, target = pages[item]
        assert (image[0].numpy() == source.image).all()
        objects: dict[int, list[dict[str, Any]]] = {}
        for row in source.symbols.to_pylist():
            if row["object"]:
                objects.setdefault(row["object"], []).append(row)
        assert target["number"].tolist() == sorted(objects)
        for place, number in enumerate(sorted(objects)):
            rows = objects[number]
            box = [min(one[side] for one in rows) for side in ("x0", "y0")]
            box += [max(one[side] for one in rows) for side in ("x1", "y1")]
            assert target["labels"][place] == rows[0]["class_id"]
            assert target["boxes"][place].tolist() == box
            assert target["area"][place] == sum(one["visible_area"] for one in rows)
        names = [pages.classes[label] for label in target["labels"]]
        assert names == [one.name for one in source.objects]
        assert (maps[item][1].numpy() == source.mask).all()


def test_another_label_set_is_as_labelled_from_the_table(real: Path) -> None:
    page = label_page(open_dataset(real)[0], load_label_set("full"))
    _, target = Detection(real, "all", labels="full")[0]
    assert target["labels"].tolist() == page.objects.class_id.tolist()
    assert (target["boxes"].numpy() == page.objects.box).all()
    turned = page.objects.oriented
    assert (target["oriented"].numpy() == turned.astype(np.float32)).all()
    assert (turned != page.objects.box[:, [0, 1, 2, 1, 2, 3, 0, 3]]).any()


@pytest.mark.parametrize("staff_space", [None, 12.0])
def test_tiles_are_cut_as_exports_cut_them(real: Path, staff_space: float | None) -> None:
    tiles = Detection(real, "all", tiles=512, overlap=64, staff_space=staff_space, masks=True)
    page = label_page(open_dataset(real)[0])
    page = page if staff_space is None else rescale(page, staff_space)
    places = list(windows(page.width, page.height, 512, 64))
    assert tiles.pages()[1] == len(places)
    for item in range(0, len(places), 5):
        part = cut(page, places[item])
        image, target = tiles[item]
        assert target["name"] == part.name
        assert (image[0].numpy() == part.image).all()
        assert (target["boxes"].numpy() == part.objects.box.astype(np.float32)).all()
        assert target["iscrowd"].tolist() == (part.objects.share < 0.5).tolist()
        assert target["masks"].sum(dim=(1, 2)).tolist() == part.areas.tolist()
        for row, mask in enumerate(target["masks"][:20]):
            assert (mask.numpy() == (part.object_map == row + 1)).all()


def test_chosen_classes_are_numbered_from_one(real: Path) -> None:
    every, some = Detection(real, "all"), Detection(real, "all", classes=["rest*", "fClef"])
    assert some.classes[0] == "paper"
    assert len(some.classes) > 2
    wanted = [
        every.classes[label]
        for label in every[0][1]["labels"]
        if every.classes[label] in some.classes
    ]
    assert [some.classes[label] for label in some[0][1]["labels"]] == wanted != []


def test_splits_part_the_pages(real: Path) -> None:
    parts = [Detection(real, split) for split in ("train", "val", "test")]
    names = [one[1]["name"] for part in parts for one in (part[i] for i in range(len(part)))]
    assert sorted(names) == sorted(page.name for page in open_dataset(real))
    assert [page.name for page in open_dataset(real).split("val")] == [
        parts[1][item][1]["name"] for item in range(len(parts[1]))
    ]


def test_targets_are_in_torchvisions_convention(real: Path) -> None:
    tiles = Detection(real, tiles=512, masks=True)
    shown = [item for item in range(12, 36) if len(tiles[item][1]["labels"])]
    assert len(shown) > 4
    for item in shown[::4]:
        image, target = tiles[item]
        count = len(target["labels"])
        assert (image.dtype, image.shape) == (torch.uint8, (1, 512, 512))
        assert (target["boxes"].dtype, target["boxes"].shape) == (torch.float32, (count, 4))
        assert (target["labels"].dtype, target["labels"].shape) == (torch.int64, (count,))
        assert (target["area"].dtype, target["area"].shape) == (torch.float32, (count,))
        assert (target["iscrowd"].dtype, target["iscrowd"].shape) == (torch.int64, (count,))
        assert (target["masks"].dtype, target["masks"].shape) == (torch.uint8, (count, 512, 512))
        assert isinstance(target["image_id"], int)
        assert target["image_id"] == item
        boxes = target["boxes"]
        assert (boxes[:, 2:] > boxes[:, :2]).all()  # torchvision refuses others
        assert boxes.min() >= 0
        assert boxes.max() <= 512
        assert target["labels"].min() >= 1


def test_a_detector_learns_from_the_targets(built: Path) -> None:
    """A few steps of an anchor-free toy bring its loss down."""
    loader = DataLoader(Detection(built, "all", tiles=128), batch_size=4, collate_fn=collate)
    torch.manual_seed(0)
    model = torch.nn.Conv2d(1, 1, 16, stride=16)
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    losses = []
    for images, targets in [*loader][:3] * 12:
        ink = 1 - torch.stack(images).float() / 255
        wanted = torch.zeros(len(images), 1, 8, 8)
        for place, target in enumerate(targets):
            middle = (target["boxes"][:, :2] + target["boxes"][:, 2:]) / 2
            x, y = (middle / 16).long().clamp(0, 7).T
            wanted[place, 0, y, x] = 1
        loss = torch.nn.functional.binary_cross_entropy_with_logits(model(ink), wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert sum(losses[-3:]) < 0.8 * sum(losses[:3])


@FORKED
@pytest.mark.parametrize(("workers", "method"), [(1, "fork"), (2, "fork"), (2, "spawn")])
def test_samples_do_not_depend_on_the_workers(built: Path, workers: int, method: str) -> None:
    tiles = Detection(built, "all", tiles=200, crops=2, seed=5)
    tiles.set_epoch(3)
    alone = [*DataLoader(tiles, batch_size=3, collate_fn=collate)]
    others = DataLoader(
        tiles, batch_size=3, collate_fn=collate, num_workers=workers, multiprocessing_context=method
    )
    assert equal(alone, [*others])


@FORKED
def test_epochs_reach_workers_that_go_on_running(built: Path) -> None:
    tiles = Segmentation(built, "all", tiles=100, crops=1)
    loader = DataLoader(tiles, num_workers=1, persistent_workers=True)
    first, again = [*loader], [*loader]
    tiles.set_epoch(1)
    other = [*loader]
    assert equal(first, again)
    assert not equal(first, other)


def test_random_places_depend_on_seed_epoch_and_page_alone(built: Path) -> None:
    one, same, other = (Detection(built, "all", tiles=64, crops=3, seed=s) for s in (1, 1, 2))
    names = [[each[i][1]["name"] for i in range(len(each))] for each in (one, same, other)]
    assert names[0] == names[1] != names[2]
    assert len(set(names[0])) > len(names[0]) // 2


def test_what_a_user_does_to_a_sample_harms_no_other(built: Path) -> None:
    pages = Detection(built, "all")
    before = copy.deepcopy(pages[0])
    image, target = pages[0]
    image.zero_()
    target["boxes"].zero_()
    assert equal(pages[0], before)


def test_a_dataset_travels_light(built: Path) -> None:
    tiles = Detection(built, "all", tiles=128)
    tiles[0]
    sent = pickle.dumps(tiles)
    assert len(sent) < 20_000 + 32 * len(open_dataset(built))
    assert equal(pickle.loads(sent)[1], tiles[1])


def test_transform_takes_and_gives_both_parts(built: Path) -> None:
    maps = Segmentation(built, "all", transform=lambda image, mask: (image.float() / 255, mask + 1))
    image, mask = maps[0]
    assert image.max() == 1
    assert mask.min() == 1


def test_a_class_comes_with_the_tiles_that_show_it(real: Path) -> None:
    tiles = Detection(real, "all", tiles=512)
    starts, items = tiles.items_by_class()
    counts = np.diff(starts)
    assert len(counts) == len(tiles.classes) - 1
    misses = 0
    for label in np.flatnonzero(counts)[:20].tolist():
        shown = items[starts[label] : starts[label + 1]]
        assert len(set(shown.tolist())) == len(shown)
        misses += label + 1 not in tiles[int(shown[0])][1]["labels"]
    assert misses <= 2  # the middle of a slur or a brace may be paper


def test_rare_classes_come_as_often_as_others_with_a_balanced_sampler(real: Path) -> None:
    tiles = Detection(real, "all", tiles=512)
    starts, items = tiles.items_by_class()
    sampler = BalancedSampler(tiles, samples=2000, seed=1)
    drawn = np.bincount([*sampler], minlength=len(tiles))
    rare = [place for place, count in enumerate(np.diff(starts)) if 0 < count <= 3]
    assert rare
    for place in rare:
        own = items[starts[place] : starts[place + 1]]
        assert drawn[own].sum() >= 2000 // (np.diff(starts) > 0).sum() - 1


def test_page_sampler_stays_on_a_page_until_it_is_through(built: Path) -> None:
    tiles = Detection(built, "all", tiles=200)
    sampler = PageSampler(tiles, seed=2)
    order = [*sampler]
    assert sorted(order) == list(range(len(tiles)))
    pages = [tiles.place(item)[0] for item in order]
    changes = sum(one != other for one, other in pairwise(pages))
    assert changes == len(set(pages)) - 1
    sampler.set_epoch(1)
    assert [*sampler] != order


def test_ranks_share_the_items_of_a_page_sampler(built: Path) -> None:
    tiles = Detection(built, "all", tiles=200)
    parts = [[*PageSampler(tiles, rank=rank, world_size=4)] for rank in range(4)]
    assert len({len(part) for part in parts}) == 1
    assert set().union(*parts) == set(range(len(tiles)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "dev"}, "split: 'dev' is none of"),
        ({"tiles": 4}, "tiles: 4 px is less than 16"),
        ({"tiles": 64, "overlap": 64}, "overlap: 64 px"),
        ({"crops": 2}, "crops: say how large"),
        ({"tiles": 64, "crops": 0}, "crops: 0 is not"),
        ({"classes": ["nothing*"]}, "no class 'nothing*'"),
        ({"labels": "no-such-set"}, "no label set"),
        ({"staff_space": 0.1}, "staff-space: 0.1"),
        ({"visibility": 2}, "visibility: 2"),
    ],
)
def test_what_makes_no_sense_is_refused(built: Path, options: Any, message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        Detection(built, **options)
    assert message in str(caught.value)


def test_what_is_no_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no dataset here"):
        Detection(tmp_path)


def test_no_item_lies_beyond_the_end(built: Path) -> None:
    pages = Detection(built, "all")
    assert equal(pages[-1], pages[len(pages) - 1])
    for item in (len(pages), -len(pages) - 1):
        with pytest.raises(IndexError):
            pages[item]
