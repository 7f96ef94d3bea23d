"""What cannot be taken over is left out, and told with its object and place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deepscores import check, import_dataset, open_dataset
from tests.building.importing.samples import SAMPLES, edit_json

Change = Callable[[Path], None]


def annotation(number: str, **changes: Any) -> Change:
    """Change one of V2's."""

    def change(folder: Path) -> None:
        edit_json(
            folder / "deepscores_train.json",
            lambda table: table["annotations"][number].update(changes),
        )

    return change


def note(place: int, **changes: Any) -> Change:
    """Change one of COCO's."""

    def change(folder: Path) -> None:
        edit_json(
            folder / "annotations/instances_train2017.json",
            lambda table: table["annotations"][place].update(changes),
        )

    return change


def spoil(name: str, text: bytes) -> Change:
    return lambda folder: [(folder / name).write_bytes(text), None][1]


def remove(name: str) -> Change:
    return lambda folder: (folder / name).unlink()


def resize(name: str) -> Change:
    def change(folder: Path) -> None:
        Image.new("L", (70, 50), 255).save(folder / name)

    return change


OBJECTS: dict[str, tuple[str, Change, str, str]] = {
    "no width": (
        "deepscores-v2", annotation("2", a_bbox=[31, 10, 31, 45]), "no extent",
        "stem 2 at (31 10 31 45): its box has no width or height",
    ),
    "no number": (
        "deepscores-v2", annotation("2", a_bbox=[31, float("nan"), 33, 45]), "no extent", "stem 2",
    ),
    "beyond": (
        "deepscores-v2", annotation("2", a_bbox=[231, 10, 233, 45]), "outside",
        "stem 2 at (231 10 233 45): beyond a page of 200 x 100 px",
    ),
    "no class": (
        "deepscores-v2", annotation("2", cat_id=None), "unknown class", "object 2 at",
    ),
    "class not listed": (
        "coco", note(1, category_id=99), "unknown class", "object 12 at (31 10 33 45): has no class"
    ),
    "crowd": ("coco", note(1, iscrowd=1), "crowd", "annotation 12: stands for many objects"),
    "no box": ("coco", note(1, bbox=None), "damaged", "annotation 12: annotation cannot be read"),
    "odd mask": (
        "coco", note(1, segmentation={"size": [3]}), "damaged", "annotation 12: IndexError"
    ),
    "mask of another size": (
        "coco", note(1, segmentation={"size": [9, 9], "counts": [81]}), "damaged mask",
        "stem 12, kept without it: a mask of 9 x 9 px on 200 x 100",
    ),
    "mask of other counts": (
        "coco", note(1, segmentation={"size": [100, 200], "counts": "12"}), "damaged mask",
        "stem 12, kept without it: a mask of 3 pixels is none of 200 x 100",
    ),
    "class not in V1's list": (
        "deepscores-v1", spoil("class_names.csv", b"1,head\n"), "unknown class",
        "stem 2 at (31 10 33 45): its class is not in the list",
    ),
    "class not named in YOLO": (
        "yolo", spoil("data.yaml", b"names: [head]\n"), "unknown class",
        "#1 2 at (31 10 33 45): its class is not in the list",
    ),
    "hidden": (
        "yolo", spoil("labels/train/one.txt", b"0 .13 .45 .06 .1\n1 .13 .45 .06 .1\n"), "hidden",
        "head 1 at (20 40 32 50): others own all its pixels",
    ),
    "no ink": (
        "yolo", spoil("labels/train/one.txt", b"0 .5 .45 .05 .05\n1 .13 .45 .06 .1\n"), "no ink",
        "head 1 at (95 42.5 105 47.5): nothing is drawn there",
    ),
}  # fmt: skip

PAGES: dict[str, tuple[str, Change, str, str]] = {
    "no picture": ("deepscores-v1", remove("images_png/one.png"), "no picture", "not there"),
    "damaged picture": (
        "deepscores-v1", spoil("images_png/one.png", b"junk"), "unreadable",
        "one.png: not a readable image",
    ),
    "damaged class map": (
        "deepscores-v1", spoil("pix_annotations_png/one.png", b"junk"), "unreadable", "one.png",
    ),
    "damaged XML": (
        "deepscores-v1", spoil("xml_annotations/one.xml", b"<annotation>"), "unreadable",
        "one.xml: not a DeepScores annotation",
    ),
    "damaged labels": (
        "yolo", spoil("labels/train/one.txt", b"0 .5\n"), "unreadable",
        "one.txt, line 1: not a YOLO label",
    ),
    "damaged graph": (
        "mung", spoil("annotations/one.xml", b"<Nodes><Node></Node></Nodes>"), "unreadable",
        "one.xml: not a notation graph",
    ),
    "another size": (
        "deepscores-v2", resize("images/one.png"), "size",
        "the picture is 70 x 50 px, the annotations say 200 x 100",
    ),
    "class map of another size": (
        "deepscores-v1", resize("pix_annotations_png/one.png"), "size",
        "the picture is 200 x 100 px, the class map 70 x 50",
    ),
}  # fmt: skip


def skipped(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "skipped.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("case", OBJECTS)
def test_an_object_that_is_left_out_is_told(case: str, tmp_path: Path) -> None:
    kind, change, reason, detail = OBJECTS[case]
    source = SAMPLES[kind](tmp_path / "source")
    change(source)
    summary = import_dataset(source, tmp_path / "ours", patches="20x30")
    (line,) = skipped(tmp_path / "ours")
    assert line["reason"] == reason
    assert line["detail"].startswith(detail)
    assert line["page"] == ("one" if reason != "damaged" or "Index" in detail else None)
    assert summary.left_out == {reason: 1}
    assert sum(summary.pages.values()) == 2
    is_kept = reason == "damaged mask"
    assert summary.objects == (3 if is_kept else 2)
    assert check(tmp_path / "ours").findings == ()


@pytest.mark.parametrize("case", PAGES)
def test_a_page_that_is_left_out_is_told(case: str, tmp_path: Path) -> None:
    kind, change, reason, detail = PAGES[case]
    source = SAMPLES[kind](tmp_path / "source")
    change(source)
    summary = import_dataset(source, tmp_path / "ours", patches="20x30")
    (line,) = skipped(tmp_path / "ours")
    assert (line["page"], line["reason"]) == ("one", reason)
    assert detail in line["detail"]
    assert [page.name for page in open_dataset(tmp_path / "ours")] == ["two"]
    assert (sum(summary.pages.values()), summary.objects) == (1, 1)
    assert check(tmp_path / "ours").findings == ()


def test_more_objects_than_a_map_can_number_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deepscores.building.importing.pages.MAX_OBJECTS_PER_PAGE", 1)
    summary = import_dataset(SAMPLES["coco"](tmp_path / "source"), tmp_path / "ours")
    (line,) = skipped(tmp_path / "ours")
    assert line["detail"] == "2 objects, of at most 1"
    assert summary.left_out == {"too many objects": 1}


def test_a_box_over_the_edge_is_cut(tmp_path: Path) -> None:
    source = SAMPLES["deepscores-v2"](tmp_path / "source")
    annotation("2", a_bbox=[31, -10, 33, 45])(source)
    import_dataset(source, tmp_path / "ours")
    page = open_dataset(tmp_path / "ours")["one"]
    assert page.objects[1].box == pytest.approx((31, 0, 33, 45))
    imported = open_dataset(tmp_path / "ours").info["imported"]
    assert imported["changed"]["cut_at_the_page"] == 1


def test_white_on_black_is_turned(tmp_path: Path) -> None:
    source = SAMPLES["mung"](tmp_path / "source")
    for path in (source / "images").iterdir():
        Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    import_dataset(source, tmp_path / "ours")
    assert open_dataset(tmp_path / "ours")["one"].image[0, 0] == 255
    assert open_dataset(tmp_path / "ours").info["imported"]["changed"]["inverted"] == 2


@pytest.mark.parametrize("mode", ["RGBA", "RGB", "1", "I;16", "P"])
def test_pictures_of_any_kind_become_grey(mode: str, tmp_path: Path) -> None:
    source = SAMPLES["yolo"](tmp_path / "source")
    path = source / "images/train/one.png"
    grey = Image.open(path)
    if mode == "I;16":
        Image.fromarray(np.asarray(grey).astype(np.uint16) * 257).save(path)
    else:
        grey.convert(mode).save(path)
    import_dataset(source, tmp_path / "ours")
    assert (open_dataset(tmp_path / "ours")["one"].image == np.asarray(grey)).all()


def test_two_pages_of_one_name_get_names_of_their_own(tmp_path: Path) -> None:
    source = SAMPLES["yolo"](tmp_path / "source")
    for kind in ("images", "labels"):
        (source / kind / "val").mkdir()
        for path in (source / kind / "train").glob("one.*"):
            (source / kind / "val" / path.name).write_bytes(path.read_bytes())
    summary = import_dataset(source, tmp_path / "ours")
    assert summary.pages == {"train": 2, "val": 1, "test": 0}
    names = [page.name for page in open_dataset(tmp_path / "ours")]
    assert len(set(names)) == 3
    assert check(tmp_path / "ours").findings == ()


def test_one_object_twice_is_one(tmp_path: Path) -> None:
    source = SAMPLES["yolo"](tmp_path / "source")
    path = source / "labels/train/two.txt"
    path.write_text(path.read_text() * 2)
    import_dataset(source, tmp_path / "ours")
    page = open_dataset(tmp_path / "ours")["two"]
    assert page.symbols["object"].to_pylist() == [1, 1]
    assert len(page.objects) == 1
    assert check(tmp_path / "ours").findings == ()
