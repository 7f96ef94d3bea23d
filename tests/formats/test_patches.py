import csv
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from deepscores import export
from deepscores.dataset.reader import Dataset, DatasetPage, open_dataset
from deepscores.errors import RecipeError
from tests.formats.symbol_truth import objects_of

SPLITS = ("train", "val", "test")
MARGIN = 250
Key = tuple[str, str, str, int]  # split, class, page, number


def expected(dataset: Dataset) -> dict[Key, NDArray[np.float64]]:
    """The boxes of all objects."""
    return {
        (page.split, labelled.class_name, page.name, number): labelled.box
        for page in dataset
        for number, labelled in objects_of(page).items()
    }


def image_folder(folder: Path) -> dict[Key, Path]:
    patches = {}
    for path in folder.glob("*/*/*.png"):
        page, _, number = path.stem.rpartition("-")
        patches[path.parts[-3], path.parts[-2], page, int(number)] = path
    return patches


def pixels(path: Path) -> NDArray[Any]:
    with Image.open(path) as image:
        return np.array(image)


def wide(page: DatasetPage) -> NDArray[Any]:
    """A page's picture with a margin of paper."""
    return np.pad(page.image, MARGIN, constant_values=255)


def surroundings(wide: NDArray[Any], box: NDArray[Any], width: int, height: int) -> NDArray[Any]:
    """The patch around the middle of *box*."""
    left = int(np.floor((box[0] + box[2]) / 2 - width / 2 + 0.5)) + MARGIN
    top = int(np.floor((box[1] + box[3]) / 2 - height / 2 + 0.5)) + MARGIN
    return wide[top : top + height, left : left + width]


def test_all_objects_have_their_patch(real: Path, tmp_path: Path) -> None:
    dataset = open_dataset(real)
    export(real, tmp_path / "out", to="patches")
    patches, truth = image_folder(tmp_path / "out"), expected(dataset)
    assert patches.keys() == truth.keys()
    images = {page.name: wide(page) for page in dataset}
    for key, path in patches.items():
        patch = pixels(path)
        assert (patch == surroundings(images[key[2]], truth[key], 45, 170)).all()


def test_datasets_reads_classes_from_the_folders(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    import datasets

    datasets.disable_progress_bars()
    export(built, tmp_path / "out", to="patches", patches_per_class=5)
    loaded = datasets.load_dataset(
        "imagefolder", data_dir=str(tmp_path / "out"), cache_dir=str(tmp_path / "cache")
    )
    paths = image_folder(tmp_path / "out").values()
    expected_counts = Counter((path.parts[-3], path.parts[-2]) for path in paths)
    names = {"train": "train", "validation": "val", "test": "test"}
    counts: Counter[tuple[str, str]] = Counter()
    for split, rows in loaded.items():
        label = rows.features["label"]
        counts.update((names[split], label.int2str(row["label"])) for row in rows)
    assert counts == expected_counts


def test_folders_of_all_splits_are_the_same(real: Path, tmp_path: Path) -> None:
    export(real, tmp_path / "out", to="patches", classes="*Clef*,rest*", patches_per_class=3)
    folders = {
        split: sorted(path.name for path in (tmp_path / "out" / split).iterdir())
        for split in SPLITS
    }
    assert folders["train"] == folders["val"] == folders["test"]
    assert folders["train"]


def test_few_of_a_class_are_those_the_dataset_itself_has(real: Path, tmp_path: Path) -> None:
    limit = open_dataset(real).info["recipe"]["patches-per-class"]
    export(real, tmp_path / "out", to="patches", patches_per_class=limit)
    own = {
        (path.parent.name, path.name): path.read_bytes() for path in real.glob("patches/*/*.png")
    }
    found = {
        (path.parent.name, path.name): path.read_bytes()
        for path in (tmp_path / "out").glob("*/*/*.png")
    }
    assert len(own) > 100
    assert found == own


def test_fewer_are_a_part_of_more(built: Path, tmp_path: Path) -> None:
    for count in (3, 6):
        export(built, tmp_path / str(count), to="patches", patches_per_class=count)
    first_three, first_six = (set(image_folder(tmp_path / str(count))) for count in (3, 6))
    assert first_three < first_six
    assert max(Counter(key[1] for key in first_three).values()) == 3


def test_size_can_be_chosen(built: Path, tmp_path: Path) -> None:
    export(built, tmp_path / "out", to="patches", patches="64x48", patches_per_class=1)
    sizes = {pixels(path).shape[::-1] for path in image_folder(tmp_path / "out").values()}
    assert sizes == {(64, 48)}


def test_mosaics_hold_every_patch_once(real: Path, tmp_path: Path) -> None:
    dataset = open_dataset(real)
    export(real, tmp_path / "out", to="patch-mosaics")
    truth = expected(dataset)
    images = {page.name: wide(page) for page in dataset}
    classes = {label_class.id: label_class.name for label_class in dataset.labels.classes}
    patches = set()
    for split in SPLITS:
        table = tmp_path / "out" / split / "patches.csv"
        if not table.exists():
            assert not dataset.split(split)
            continue
        rows = list(csv.DictReader(table.read_text().splitlines()))
        mosaics = {name: pixels(table.parent / name) for name in
                   {row["mosaic"] for row in rows}}  # fmt: skip
        for row in rows:
            y, x = int(row["row"]) * 220, int(row["column"]) * 120
            key = (split, classes[int(row["class"])], row["page"], int(row["number"]))
            assert row["mosaic"].startswith(f"{key[1]}/")
            patch = mosaics[row["mosaic"]][y : y + 220, x : x + 120]
            assert (patch == surroundings(images[key[2]], truth[key], 120, 220)).all()
            patches.add(key)
        on_disk = {str(path.relative_to(table.parent)) for path in table.parent.glob("*/*.png")}
        assert on_disk == set(mosaics)
        assert sum(mosaic.size for mosaic in mosaics.values()) == len(rows) * 220 * 120
    assert patches == truth.keys()


def published_reader(folder: Path) -> Counter[int]:
    """Patches by class number, found as the paper's example code finds them.

    Tile height and width are the fifth and sixth word of ``config.txt``, cut at brackets and
    commas; folders are classes if ``class_names.csv`` names them; a mosaic has as many columns as
    its height has tiles, and as many rows as its width has.
    """
    lines = (folder / "class_names.csv").read_text().splitlines()
    names = {name: int(number) for number, name in csv.reader(lines)}
    words = re.split(r"\)|,|\(", (folder / "config.txt").read_text())[4:6]
    height, width = map(int, words)
    counts: Counter[int] = Counter()
    for path in folder.glob("*/*.png"):
        image = pixels(path)
        for x in range(image.shape[0] // height):
            for y in range(image.shape[1] // width):
                tile = image[y * height : (y + 1) * height, x * width : (x + 1) * width]
                assert tile.shape == (height, width)
                assert (tile < 255).any()
                counts[names[path.parent.name]] += 1
    return counts


def test_published_reader_finds_the_patches_of_each_class(real: Path, tmp_path: Path) -> None:
    export(real, tmp_path / "out", to="patch-mosaics", split="train", patches_per_class=130)
    page_objects = [objects_of(page) for page in open_dataset(real).split("train")]
    counts = Counter(
        labelled.row["class_id"] for objects in page_objects for labelled in objects.values()
    )
    expected_counts = {number: min(count, 130) for number, count in counts.items()}
    assert published_reader(tmp_path / "out" / "train") == expected_counts


@pytest.mark.parametrize("to", ["patches", "patch-mosaics"])
def test_tiles_and_links_are_refused(to: str, built: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=f"tiles: {to} has none: patches are cut from whole"):
        export(built, tmp_path / "out", to=to, tiles=256)
    with pytest.raises(RecipeError, match=f"images: {to} cannot link"):
        export(built, tmp_path / "out", to=to, images="link")
    assert not (tmp_path / "out").exists()


def test_other_formats_have_no_choice_of_patches(built: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="patches-per-class: coco has no patches"):
        export(built, tmp_path / "out", to="coco", patches_per_class=3)
    with pytest.raises(RecipeError, match="patches: 'large' is not a size"):
        export(built, tmp_path / "out", to="patches", patches="large")
    with pytest.raises(RecipeError, match="patches-per-class: 0 is less than 1"):
        export(built, tmp_path / "out", to="patches", patches_per_class=0)
