import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from deepscores import check, export, open_dataset
from deepscores.dataset.labelled import LabelledPage, cut, label_page, windows
from deepscores.formats.deepscores_v2.categories import published_categories
from deepscores.page.labels.label_sets import load_label_set

SPLITS = ("train", "val", "test")


class Reader:
    """A split, read as the toolkit's README describes the schema."""

    def __init__(self, folder: Path, split: str) -> None:
        self.folder = folder
        self.table = json.loads((folder / f"deepscores_{split}.json").read_text())
        self.images = {image["filename"]: image for image in self.table["images"]}

    def annotations(self, file: str) -> list[tuple[str, dict[str, Any]]]:
        """The annotations of an image, by the ids that it lists."""
        return [(key, self.table["annotations"][key]) for key in self.images[file]["ann_ids"]]

    def comments(self, annotation: dict[str, Any]) -> dict[str, str]:
        return dict(part.split(":") for part in annotation["comments"].split(";") if part)

    def segmentation(self, file: str) -> NDArray[np.int64]:
        path = self.folder / "segmentation" / f"{Path(file).stem}_seg.png"
        with Image.open(path) as image:
            assert image.mode == "P"
            return np.asarray(image).astype(np.int64)

    def instances(self, file: str) -> NDArray[np.int64]:
        path = self.folder / "instance" / f"{Path(file).stem}_inst.png"
        with Image.open(path) as image:
            assert image.mode == "RGBA"
            red, green, blue, alpha = np.moveaxis(np.asarray(image).astype(np.int64), 2, 0)
        assert set(np.unique(alpha)) <= {0, 255}
        colours = red << 16 | green << 8 | blue
        assert (colours[alpha == 0] == 0).all()
        assert (colours[alpha == 255] > 0).all()
        return colours


@pytest.fixture(scope="module")
def exported(real_as: Callable[..., Path]) -> Path:
    """No label set is named: the format has its own."""
    return real_as("deepscores-v2")


@pytest.fixture(scope="module")
def splits(exported: Path) -> dict[str, Reader]:
    return {split: Reader(exported, split) for split in SPLITS}


@pytest.fixture(scope="module")
def pages(real: Path) -> list[tuple[str, LabelledPage]]:
    labels = load_label_set("deepscores-v2")
    return [(page.split, label_page(page, labels)) for page in open_dataset(real)]


def test_annotations_are_the_objects_of_the_pages(
    splits: dict[str, Reader], pages: list[tuple[str, LabelledPage]]
) -> None:
    for split, page in pages:
        annotations = splits[split].annotations(f"{page.name}.png")
        objects = page.objects
        assert [
            int(annotation["cat_id"][0]) for _, annotation in annotations
        ] == objects.class_id.tolist()
        boxes = np.array([annotation["a_bbox"] for _, annotation in annotations])
        oriented = np.array([annotation["o_bbox"] for _, annotation in annotations])
        assert np.abs(boxes - objects.box).max() < 1e-3
        assert np.abs(oriented - objects.oriented).max() < 1e-3
        assert (boxes[:, 2:] > boxes[:, :2]).all()


def test_maps_have_every_objects_pixels_in_its_own_colour(
    splits: dict[str, Reader], pages: list[tuple[str, LabelledPage]]
) -> None:
    for split, page in pages:
        reader, file = splits[split], f"{page.name}.png"
        instances, categories = reader.instances(file), reader.table["categories"]
        annotations = [annotation for _, annotation in reader.annotations(file)]
        colours = [
            int(reader.comments(annotation)["instance"].removeprefix("#"), 16)
            for annotation in annotations
        ]
        assert len(set(colours)) == len(colours)
        assert (instances == np.array([0, *colours])[page.object_map]).all()
        areas = np.bincount(instances.ravel(), minlength=max(colours) + 1)[colours]
        assert areas.tolist() == [annotation["area"] for annotation in annotations]
        assert areas.min() > 0
        values = np.zeros(max(colours) + 1, np.int64)
        values[colours] = [
            categories[annotation["cat_id"][0]]["color"] for annotation in annotations
        ]
        assert (reader.segmentation(file) == values[instances]).all()


def test_the_music_of_comments_is_that_of_the_symbol_table(
    splits: dict[str, Reader], pages: list[tuple[str, LabelledPage]]
) -> None:
    columns = (("onset", "onset"), ("duration", "duration"), ("rel_position", "staff_position"))
    for split, page in pages:
        rows = page.symbols.to_pylist()
        for _, annotation in splits[split].annotations(f"{page.name}.png"):
            facts = splits[split].comments(annotation)
            row = rows[int(facts["instance"].removeprefix("#"), 16) - 1]
            for key, column in columns:
                expected = None if row[column] is None else pytest.approx(row[column])
                assert (float(facts[key]) if key in facts else None) == expected


def test_images_and_annotations_refer_to_each_other(splits: dict[str, Reader], real: Path) -> None:
    ids: list[int] = []
    keys: list[str] = []
    for split, reader in splits.items():
        table = reader.table
        assert list(reader.images) == [
            f"{page.name}.png" for page in open_dataset(real).split(split)
        ]
        assert isinstance(table["annotations"], dict)
        listed_ids = [key for image in table["images"] for key in image["ann_ids"]]
        assert listed_ids == list(table["annotations"])
        for image in table["images"]:
            assert isinstance(image["id"], int)
            with Image.open(reader.folder / "images" / image["filename"]) as picture:
                assert picture.size == (image["width"], image["height"])
            for _, annotation in reader.annotations(image["filename"]):
                assert annotation["img_id"] == str(image["id"])
        ids += [image["id"] for image in table["images"]]
        keys += listed_ids
    assert ids == list(range(1, len(ids) + 1))  # over all splits, so that files can be put together
    assert keys == [str(number) for number in range(1, len(keys) + 1)]


def test_both_annotation_sets_are_there(splits: dict[str, Reader]) -> None:
    for reader in splits.values():
        assert reader.table["annotation_sets"] == ["deepscores", "muscima++"]
        categories = reader.table["categories"]
        assert list(categories) == [str(number) for number in range(1, 209)]
        for annotation in reader.table["annotations"].values():
            deepscores_id, muscima_id = annotation["cat_id"]
            assert categories[deepscores_id]["annotation_set"] == "deepscores"
            assert muscima_id is None or categories[muscima_id]["annotation_set"] == "muscima++"


PAIRS = (
    ("noteheadBlackInSpace", "noteheadFullSmall"), ("keySharp", "accidentalSharp"),
    ("clefCTenor", "clefC"), ("timeSig4", "numeral4"), ("dynamicF", "dynamicLetterF"),
    ("tremolo3", "tremoloMark"), ("stem", "stem"), ("tuplet5", "tuple"), ("staff", "staff"),
    ("clef8", "numeral8"), ("flag8thUpSmall", "flag8thUp"), ("restWhole", "restWhole"),
)  # fmt: skip


def test_classes_of_both_sets_are_matched_as_published() -> None:
    categories = published_categories()
    assert [category.id for category in categories.values()] == list(range(1, 209))
    deepscores_set = {row.name: row for row in categories.values() if row.set == "deepscores"}
    muscima_set = {row.id: row for row in categories.values() if row.set == "muscima++"}
    assert (len(deepscores_set), len(muscima_set)) == (136, 72)
    for name, matching in PAIRS:
        assert muscima_set[deepscores_set[name].muscima or 0].name == matching
    assert deepscores_set["clef15"].muscima is deepscores_set["ottavaBracket"].muscima is None
    assert {category.muscima for category in deepscores_set.values()} == {*muscima_set, None}
    assert all(category.muscima is None for category in muscima_set.values())
    values = [category.value for category in deepscores_set.values()]
    assert len(set(values)) == 136
    assert 0 < min(values) < max(values) < 256


def test_categories_are_our_label_set() -> None:
    categories = published_categories()
    for label_class in load_label_set("deepscores-v2").classes:
        assert categories[label_class.id].name == label_class.name


@pytest.mark.parametrize("split", SPLITS)
def test_our_check_finds_nothing(exported: Path, split: str) -> None:
    report = check(exported / f"deepscores_{split}.json")
    assert report.layout == "deepscores-v2"
    looked_at = {tally.check for tally in report.tallies if tally.objects}
    assert looked_at >= {"extent", "outside", "tight", "hidden", "classes", "mask", "duplicates"}
    assert report.findings == ()


def test_tiles_show_in_json_and_instances_what_is_not_to_be_passed_over(
    real: Path, tmp_path: Path, pages: list[tuple[str, LabelledPage]]
) -> None:
    export(real, tmp_path / "out", to="deepscores-v2", split="val", tiles=700, overlap=50)
    reader = Reader(tmp_path / "out", "val")
    passed_over = 0
    value = np.array([0, *(category.value for category in published_categories().values())])
    for split, page in pages:
        for window in windows(page.width, page.height, 700, 50) if split == "val" else ():
            tile = cut(page, window)
            is_visible = tile.objects.share >= 0.5
            annotations = reader.annotations(f"{tile.name}.png")
            assert [int(annotation["cat_id"][0]) for _, annotation in annotations] == (
                tile.objects.class_id[is_visible].tolist()
            )
            assert [annotation["area"] for _, annotation in annotations] == tile.areas[
                is_visible
            ].tolist()
            numbers = np.append(0, np.where(is_visible, tile.objects.number, 0))
            assert (reader.instances(f"{tile.name}.png") == numbers[tile.object_map]).all()
            assert (reader.segmentation(f"{tile.name}.png") == value[tile.class_map]).all()
            passed_over += int((~is_visible).sum())
    assert passed_over


def test_chosen_classes_keep_their_published_ids(real: Path, tmp_path: Path) -> None:
    export(real, tmp_path / "out", to="deepscores-v2", split="val", classes=["stem", "beam"])
    reader = Reader(tmp_path / "out", "val")
    class_ids = {tuple(row["cat_id"]) for row in reader.table["annotations"].values()}
    assert class_ids == {("42", "161"), ("122", "201")}
    values = {int(v) for file in reader.images for v in np.unique(reader.segmentation(file))}
    assert values == {0, 52, 146}


def test_another_label_set_is_an_annotation_set_of_its_own(real: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"split": "val", "labels": "deepscores-118", "staff_space": 12}
    export(real, tmp_path / "out", to="deepscores-v2", **options)
    reader = Reader(tmp_path / "out", "val")
    labels = load_label_set("deepscores-118")
    assert reader.table["annotation_sets"] == ["deepscores-118"]
    assert {
        int(key): (category["name"], category["color"])
        for key, category in reader.table["categories"].items()
    } == {label_class.id: (label_class.name, label_class.id) for label_class in labels.classes}
    assert check(tmp_path / "out/deepscores_val.json").findings == ()


def test_a_label_set_too_large_for_a_palette_has_maps_of_sixteen_bits(
    real: Path, tmp_path: Path
) -> None:
    export(real, tmp_path / "out", to="deepscores-v2", split="val", labels="full")
    table = json.loads((tmp_path / "out/deepscores_val.json").read_text())
    for page in open_dataset(real).split("val"):
        with Image.open(tmp_path / "out/segmentation" / f"{page.name}_seg.png") as image:
            assert image.mode.startswith("I")
            values = np.asarray(image)
        classes = label_page(page, load_label_set("full")).class_map
        assert (values == classes).all()
    assert len(table["categories"]) > 255
