"""Datasets of others: each format gives the same pages, and what cannot be read says where."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepscores.errors import DatasetError
from deepscores.inspection.report.sources import open_source
from deepscores.inspection.report.tally import Tally
from tests.inspection.report.samples import LISTING, PAGES, SIZE, WRITERS, write_coco


def counted(path: Path) -> tuple[Tally, dict[str, int]]:
    source, tally = open_source(path), Tally()
    for page in source.pages:
        tally.add(page)
    return tally, source.names


@pytest.mark.parametrize("kind", WRITERS)
def test_each_format_gives_the_same_pages(kind: str, tmp_path: Path) -> None:
    source = open_source(WRITERS[kind](tmp_path / "set"))
    pages = {Path(page.name).stem: page for page in source.pages}
    by_number = {number: name for name, number in source.names.items()}
    assert list(pages) == ["one", "two"]
    for stem, objects in PAGES.items():
        page = pages[stem]
        assert (page.width, page.height) == SIZE
        assert [by_number[number] for number in page.classes.tolist()] == [
            name for name, _ in objects
        ]
        assert page.boxes == pytest.approx(np.array([box for _, box in objects]), abs=1e-4)


@pytest.mark.parametrize("kind", WRITERS)
def test_each_format_is_counted_alike(kind: str, tmp_path: Path) -> None:
    tally, names = counted(WRITERS[kind](tmp_path / "set"))
    assert (tally.images, tally.objects, tally.pixels) == (2, 3, 2 * SIZE[0] * SIZE[1])
    assert dict(zip(names, tally.counts.tolist(), strict=False)) == {"head": 2, "stem": 1}
    assert tally.classes_seen == 2
    assert ("clef" in names) == (kind in LISTING)


def test_a_dataset_of_ours_may_be_the_other(built: Path) -> None:
    tally, names = counted(built)
    info = json.loads((built / "dataset.json").read_text())
    assert (tally.images, len(names)) == (len(list((built / "images_png").iterdir())), 118)
    assert tally.objects == info["counts"]["objects"]


def test_an_image_without_labels_counts_as_one_without_objects(tmp_path: Path) -> None:
    folder = WRITERS["yolo"](tmp_path / "set")
    Image.new("L", (10, 10)).save(folder / "images/train/empty.png")
    tally, _ = counted(folder)
    assert tally.images == 3
    assert min(tally.per_page) == 0


def test_yolo_without_names_has_numbers_for_classes(tmp_path: Path) -> None:
    folder = WRITERS["yolo"](tmp_path / "set")
    (folder / "data.yaml").unlink()
    assert set(counted(folder)[1]) == {"0", "1"}


def test_pixels_are_not_told_without_pictures(tmp_path: Path) -> None:
    folder = WRITERS["muscima++ 2"](tmp_path / "set")
    for path in (folder / "images").iterdir():
        path.unlink()
    tally, _ = counted(folder)
    assert (tally.unsized, tally.objects) == (2, 3)


def test_of_cocos_many_files_those_with_instances_are_read(tmp_path: Path) -> None:
    folder = write_coco(tmp_path / "set").parent
    (folder / "captions_train.json").write_text('{"images": [], "annotations": []}')
    assert counted(folder)[0].objects == 3


def spoil(folder: Path, pattern: str, text: str) -> None:
    path = min(folder.rglob(pattern))
    path.write_text(text)


SPOILED: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "no such path": (
        "pascal",
        lambda folder: folder.rename(folder.parent / "away"),
        "no such file",
    ),
    "not XML": (
        "pascal",
        lambda folder: spoil(folder, "*.xml", "<annotation>"),
        r"one\.xml: not a",
    ),
    "no box": (
        "pascal",
        lambda folder: spoil(
            folder,
            "*.xml",
            "<annotation><size><width>9</width><height>9</height></size>"
            "<object><name>head</name></object></annotation>",
        ),
        r"one\.xml: not a PASCAL VOC annotation",
    ),
    "not a label": (
        "yolo",
        lambda folder: spoil(folder, "*.txt", "0 .5 .5 .1 .1\n0 .5 x\n"),
        r"one\.txt, line 2: not a YOLO label",
    ),
    "class not named": (
        "yolo",
        lambda folder: spoil(folder, "*.txt", "7 .5 .5 .1 .1\n"),
        r"one\.txt: class 7, of 3 that are named",
    ),
    "no names": ("yolo", lambda folder: spoil(folder, "*.yaml", "nc: 3\n"), "no class names"),
    "no picture": (
        "yolo",
        lambda folder: spoil(folder, "*.png", "junk"),
        r"one\.png: not a readable image",
    ),
    "no class name": (
        "muscima++ 2",
        lambda folder: spoil(folder, "one.xml", "<Nodes><Node><Id>4</Id></Node></Nodes>"),
        r"one\.xml: not a notation graph: symbol 4 has no class name",
    ),
    "no side": (
        "muscima++ 1",
        lambda folder: spoil(
            folder,
            "one.xml",
            "<CropObjectList><CropObject><ClassName>x</ClassName></CropObject></CropObjectList>",
        ),
        r"one\.xml: a symbol has no Left",
    ),
    "graphs twice": (
        "muscima++ 2",
        lambda folder: (
            (folder / "more").mkdir(),
            (folder / "more/one.xml").write_text("<Nodes></Nodes>"),
        )[0],
        "several folders, name one: annotations, more",
    ),
    "not V1": (
        "deepscores-v1",
        lambda folder: spoil(folder, "one.xml", "<x/>"),
        r"one\.xml: not a DeepScores annotation",
    ),
}


@pytest.mark.parametrize("name", SPOILED)
def test_what_cannot_be_read_says_which_file(name: str, tmp_path: Path) -> None:
    kind, change, said = SPOILED[name]
    path = WRITERS[kind](tmp_path / "set")
    change(path)
    with pytest.raises(DatasetError, match=said):
        counted(path)


def test_an_annotation_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = write_coco(tmp_path / "set")
    table = json.loads(path.read_text())
    table["annotations"][0]["bbox"] = None
    path.write_text(json.dumps(table))
    with pytest.raises(DatasetError, match=r"instances_train\.json, annotation 11: "):
        counted(path)


def test_what_is_no_dataset_is_told_what_could_be_one(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("none")
    with pytest.raises(DatasetError, match=r"no dataset of a known format: .* PASCAL VOC"):
        open_source(tmp_path)
