"""COCO, read back by pycocotools and faster-coco-eval."""

import contextlib
import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import faster_coco_eval
import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as masks
from pycocotools.coco import COCO

from deepscores.dataset.labelled import label_page
from deepscores.dataset.reader import open_dataset
from deepscores.page.labels.label_sets import load_label_set

# Of pycocotools 2.0 with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def read(folder: Path, split: str) -> COCO:
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(folder / "annotations" / f"instances_{split}.json"))


def test_every_object_is_read_back_as_the_symbol_table_has_it(
    real_as: Callable[..., Path], real: Path
) -> None:
    folder, dataset = real_as("coco"), open_dataset(real)
    looked_into = set()
    for split in ("train", "val", "test"):
        coco = read(folder, split)
        assert {image["page"] for image in coco.imgs.values()} == {
            page.name for page in dataset.split(split)
        }
        for image in coco.imgs.values():
            page = label_page(dataset[image["page"]])
            annotations = coco.loadAnns(coco.getAnnIds(imgIds=image["id"]))
            assert [
                annotation["number"] for annotation in annotations
            ] == page.objects.number.tolist()
            names = [coco.cats[annotation["category_id"]]["name"] for annotation in annotations]
            by_number = page.symbols["class"].to_pylist()
            assert names == [by_number[annotation["number"] - 1] for annotation in annotations]
            boxes = np.array([annotation["bbox"] for annotation in annotations])
            boxes[:, 2:] += boxes[:, :2]
            assert np.abs(boxes - page.objects.box).max() < 2e-3
            assert not any(annotation["iscrowd"] for annotation in annotations)
            if split in looked_into:
                continue
            looked_into.add(split)
            classes = np.zeros(page.image.shape, np.int64)
            for annotation in annotations:
                mask = coco.annToMask(annotation).astype(bool)
                assert mask.sum() == annotation["area"] > 0
                assert not classes[mask].any()
                classes[mask] = annotation["category_id"]
                whole_mask = masks.decode(annotation["whole_segmentation"]).astype(bool)
                assert (whole_mask & mask).sum() >= 0.5 * mask.sum()
            assert (classes == dataset[image["page"]].mask).all()
    assert len(looked_into) == 3


def test_pictures_are_the_datasets_own_bytes(real_as: Callable[..., Path], real: Path) -> None:
    folder = real_as("coco")
    pictures = sorted((folder / "images" / "val").iterdir())
    assert pictures
    for path in pictures:
        assert not path.is_symlink()
        assert path.read_bytes() == (real / "images_png" / path.name).read_bytes()


def test_pictures_can_be_links(real_as: Callable[..., Path], real: Path) -> None:
    folder = real_as("coco", split="val", images="link")
    for path in (folder / "images" / "val").iterdir():
        assert path.resolve() == (real / "images_png" / path.name).resolve()


def test_truth_as_detections_scores_exactly_one(real_as: Callable[..., Path]) -> None:
    folder = real_as("coco")
    path = folder / "annotations" / "instances_test.json"
    truth = faster_coco_eval.COCO(str(path))
    annotations = [
        {
            **{key: annotation[key] for key in ("image_id", "category_id", "bbox", "segmentation")},
            "score": 1.0,
        }
        for annotation in json.loads(path.read_text())["annotations"]
    ]
    assert len(annotations) > 500
    for kind in ("bbox", "segm"):
        run = faster_coco_eval.COCOeval_faster(
            truth, truth.loadRes(annotations), kind, print_function=lambda _: None
        )
        run.params.maxDets = [10_000, 10_000, 10_000]
        run.evaluate()
        run.accumulate()
        run.summarize()
        assert run.stats[0] == pytest.approx(1.0)


def test_categories_have_families_and_cover_the_label_set(real_as: Callable[..., Path]) -> None:
    coco = read(real_as("coco", split="val", labels="deepscores-v2"), "val")
    labels = load_label_set("deepscores-v2")
    assert [row["name"] for row in coco.cats.values()] == [label.name for label in labels.classes]
    families = Counter(category["supercategory"] for category in coco.cats.values())
    assert families["notehead"] > 10
    assert families["other"] < 5


def test_tiles_have_cut_boxes_and_mark_what_shows_too_little(
    real_as: Callable[..., Path], real: Path
) -> None:
    folder = real_as("coco", split="test", tiles=640, overlap=100, staff_space=20)
    coco = read(folder, "test")
    assert len(coco.imgs) > 4 * 4
    crowds = 0
    for image in coco.imgs.values():
        assert image["width"] == image["height"] == 640
        with Image.open(folder / "images" / "test" / image["file_name"]) as picture:
            assert picture.size == (640, 640)
        for annotation in coco.loadAnns(coco.getAnnIds(imgIds=image["id"])):
            x, y, width, height = annotation["bbox"]
            assert x >= 0 <= y
            assert x + width <= 640 >= y + height
            assert width > 0 < height
            assert masks.area(annotation["segmentation"]) == annotation["area"] > 0
            assert annotation["iscrowd"] == (annotation["visibility"] < 0.5)
            crowds += annotation["iscrowd"]
    assert crowds
    exported_objects = {
        (coco.imgs[annotation["image_id"]]["page"], annotation["number"])
        for annotation in coco.anns.values()
    }
    all_of_them = {
        (page.name, number)
        for page in open_dataset(real).split("test")
        for number in label_page(page).objects.number.tolist()
    }
    assert len(all_of_them - exported_objects) <= 0.001 * len(all_of_them)


def test_chosen_classes_alone_are_there(real_as: Callable[..., Path]) -> None:
    coco = read(real_as("coco", split="train", classes="rest*,*Clef*"), "train")
    names = {category["name"] for category in coco.cats.values()}
    assert names
    assert all(name.startswith("rest") or "Clef" in name for name in names)
    assert min(coco.cats) == 1
    assert max(coco.cats) == len(names)
    assert {annotation["category_id"] for annotation in coco.anns.values()} <= set(coco.cats)
    assert len(coco.anns) > 20
