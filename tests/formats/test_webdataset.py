import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import webdataset
import wids
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask as coco_masks

from deepscores import export
from deepscores.dataset.reader import open_dataset
from deepscores.errors import RecipeError
from deepscores.formats.webdataset.exporter import sample_key
from tests.formats.symbol_truth import objects_of

SPLITS = ("train", "val", "test")

pytestmark = [
    # The reader leaves its shards to the garbage collector to close.
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
    # pycocotools is older than NumPy 2.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def shards(real_as: Callable[..., Path]) -> Path:
    return real_as("webdataset")


def samples(folder: Path) -> list[dict[str, Any]]:
    paths = [str(path) for path in sorted((folder / "shards").glob("*.tar"))]
    return list(webdataset.WebDataset(paths, shardshuffle=False))


def pixels(data: bytes) -> NDArray[Any]:
    return np.array(Image.open(io.BytesIO(data)))


def test_pages_read_back_by_webdataset_are_the_symbol_tables(real: Path, shards: Path) -> None:
    dataset = open_dataset(real)
    ids = {label_class.name: label_class.id for label_class in dataset.labels.classes}
    loaded = samples(shards)
    assert sorted(sample["__key__"] for sample in loaded) == sorted(page.name for page in dataset)
    for sample in loaded:
        facts = json.loads(sample["json"])
        page = dataset[facts["page"]]
        truth = objects_of(page)
        owners = page.instances
        assert [entry["number"] for entry in facts["objects"]] == list(truth)
        instances, classes = pixels(sample["inst.png"]), pixels(sample["seg.png"])
        for entry in facts["objects"]:
            assert coco_masks.area(entry["mask"]) == entry["area"]
        for place, entry in enumerate(facts["objects"]):
            expected = truth[entry["number"]]
            assert entry["class"] == expected.class_name
            assert entry["class_id"] == ids[expected.class_name]
            assert np.abs(entry["box"] - expected.box).max() < 0.00051
            x0, y0, x1, y1 = (np.floor(expected.box) + np.array([-2, -2, 3, 3])).astype(int)
            window = (slice(max(y0, 0), y1), slice(max(x0, 0), x1))
            own_pixels = np.isin(owners[window], expected.members)
            assert own_pixels.sum() == entry["area"]
            assert ((instances[window] == entry["number"]) == own_pixels).all()
            if place % 20 == 0:  # a mask is of five million pixels
                assert (coco_masks.decode(entry["mask"])[window] == own_pixels).all()
        assert (classes == page.mask).all()
        assert set(np.unique(instances).tolist()) <= {0, *truth}
        assert (pixels(sample["png"]) == page.image).all()


def test_whole_masks_are_there_where_the_dataset_has_them(real: Path, shards: Path) -> None:
    dataset = open_dataset(real)
    facts = json.loads(samples(shards)[0]["json"])
    page = dataset[facts["page"]]
    for entry in facts["objects"][::25]:
        expected = np.any(
            [page.whole_mask(n) for n in objects_of(page)[entry["number"]].members], 0
        )
        assert (coco_masks.decode(entry["whole_mask"]) == expected).all()


def test_wids_finds_each_sample_by_its_index(real: Path, shards: Path) -> None:
    dataset = open_dataset(real)
    for split in SPLITS:
        names = [page.name for page in dataset.split(split)]
        if not names:
            assert not (shards / f"{split}.json").exists()
            continue
        index = wids.ShardListDataset(
            str(shards / f"{split}.json"), localname=str, transformations=[]
        )
        assert len(index) == len(names)
        keys = [index[place]["__key__"] for place in range(len(index))]
        assert [Path(key).name for key in keys] == names
        index.close()


def test_sizes_are_those_of_the_shards(shards: Path) -> None:
    sizes = json.loads((shards / "shards" / "sizes.json").read_bytes())
    assert sorted(sizes) == sorted(path.name for path in (shards / "shards").glob("*.tar"))
    assert sum(sizes.values()) == len(samples(shards))


def test_members_have_no_clock_and_no_user(shards: Path) -> None:
    with tarfile.open(next((shards / "shards").glob("*.tar"))) as tar:
        members = tar.getmembers()
    assert {
        (member.mtime, member.uid, member.gid, member.uname, member.mode) for member in members
    } == {(0, 0, 0, "", 0o644)}
    assert [member.name.partition(".")[2] for member in members[:4]] == [
        "inst.png", "json", "png", "seg.png",
    ]  # fmt: skip


def test_tiles_of_another_size_are_samples_of_their_own(built: Path, tmp_path: Path) -> None:
    export(built, tmp_path / "out", to="webdataset", tiles=256, overlap=32, staff_space=12.5)
    loaded = samples(tmp_path / "out")
    assert len({sample["__key__"] for sample in loaded}) == len(loaded) > 10
    for sample in loaded:
        assert "." not in sample["__key__"]
        facts = json.loads(sample["json"])
        assert pixels(sample["png"]).shape == pixels(sample["inst.png"]).shape == (256, 256)
        assert facts["staff_space"] == 12.5
        for entry in facts["objects"]:
            assert pixels(sample["inst.png"])[pixels(sample["inst.png"]) == entry["number"]].any()
            assert entry["ignore"] == (entry["visibility"] < 0.5)


def test_long_names_become_short_keys_that_differ() -> None:
    keys = {sample_key(f"{'sinfonia' * 20}--page-{number}") for number in range(20)}
    assert len(keys) == 20
    assert all(len(f"{key}.inst.png") <= 100 for key in keys)


def test_links_are_refused(built: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="images: webdataset cannot link: its shards hold"):
        export(built, tmp_path / "out", to="webdataset", images="link")
    assert not (tmp_path / "out").exists()
