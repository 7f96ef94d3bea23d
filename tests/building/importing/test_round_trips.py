"""Ours, exported and imported again, is ours: boxes, classes, pixels, splits."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from deepscores import import_dataset, open_dataset
from deepscores.dataset.labelled import LabelledPage, label_page
from deepscores.dataset.reader import Dataset
from deepscores.runs.files import write_file


class Trip(NamedTuple):
    """What comes back of a format."""

    precision: float  # pixels, of boxes
    pixels: float  # the least share of the labelled pixels that have the same owner again
    whole_masks: bool = False
    relations: bool = False
    oriented: float | None = None  # pixels, of oriented boxes; None: not held
    of_pixels: bool = False  # boxes are around pixels, not vectors
    options: Mapping[str, Any] = MappingProxyType({})  # of the export


LINKED = {"images": "link"}

# One line for each format that `deepscores import` reads.
TRIPS: dict[str, Trip] = {
    "coco": Trip(0.001, 1.0, whole_masks=True, oriented=0.001),
    "yolo": Trip(0.01, 0.85, options=LINKED),
    "yolo-seg": Trip(0.01, 1.0, of_pixels=True, options=LINKED),
    "yolo-obb": Trip(0.01, 0.85, oriented=0.01, options=LINKED),
    "voc": Trip(1.001, 0.85),
    "deepscores-v1": Trip(0.001, 0.995),
    "deepscores-v2": Trip(0.001, 1.0, oriented=0.001, options={"labels": "deepscores-118"}),
    "mung": Trip(1.0, 0.995, whole_masks=True, relations=True),
}


@pytest.fixture(scope="module", params=TRIPS)
def trip(
    request: pytest.FixtureRequest,
    real_as: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, Dataset]:
    folder = tmp_path_factory.mktemp("trip") / "back"
    exported = real_as(request.param, **TRIPS[request.param].options)
    import_dataset(exported, folder, patches_per_class=3)
    return request.param, open_dataset(folder)


def names_of(dataset: Dataset, page: LabelledPage) -> list[str]:
    return [
        dataset.labels.classes[class_id - 1].name for class_id in page.objects.class_id.tolist()
    ]


def match_objects(original: LabelledPage, imported: LabelledPage) -> np.ndarray:
    """Of each object before, its place after: the nearest, of as many."""
    assert len(original.objects) == len(imported.objects)
    distances = np.abs(original.objects.box[:, None] - imported.objects.box[None]).max(axis=2)
    rows, places = linear_sum_assignment(distances)
    assert rows.tolist() == list(range(len(rows)))
    return np.asarray(places)


def test_every_box_and_class_comes_back(real: Path, trip: tuple[str, Dataset]) -> None:
    kind, back = trip
    original = open_dataset(real)
    assert {page.name for page in back} == {page.name for page in original}
    for page in original:
        original_page, imported_page = label_page(page), label_page(back[page.name])
        assert back[page.name].split == page.split
        assert (original_page.image == imported_page.image).all()
        places = match_objects(original_page, imported_page)
        assert (
            names_of(original, original_page)
            == np.array(names_of(back, imported_page))[places].tolist()
        )
        boxes = original_page.visible_boxes if TRIPS[kind].of_pixels else original_page.objects.box
        assert np.abs(boxes - imported_page.objects.box[places]).max() <= TRIPS[kind].precision


def test_pixels_come_back(real: Path, trip: tuple[str, Dataset]) -> None:
    kind, back = trip
    for page in open_dataset(real):
        original_page, imported_page = label_page(page), label_page(back[page.name])
        place = np.zeros(len(original_page.objects) + 1, np.int64)
        place[1:] = match_objects(original_page, imported_page) + 1
        is_same = place[original_page.object_map] == imported_page.object_map
        is_labelled = original_page.object_map > 0
        assert is_same[is_labelled].mean() >= TRIPS[kind].pixels
        assert not (imported_page.object_map > 0)[~is_labelled].mean() > 1 - TRIPS[kind].pixels


def test_whole_masks_and_oriented_boxes_come_back(real: Path, trip: tuple[str, Dataset]) -> None:
    kind, back = trip
    page = open_dataset(real)[0]
    original, imported = label_page(page), label_page(back[page.name])
    places = match_objects(original, imported)
    if TRIPS[kind].whole_masks:
        assert original.whole_masks
        assert imported.whole_masks
        assert original.whole_masks == [imported.whole_masks[place] for place in places.tolist()]
    if TRIPS[kind].oriented is not None:
        off = np.abs(original.objects.oriented - imported.objects.oriented[places])
        assert off.max() <= TRIPS[kind].oriented


def parents_of(page: LabelledPage) -> np.ndarray:
    """The place from 1 of the object that each object belongs to; 0 without any."""
    parent_symbols = page.symbols["parent"].to_numpy()[page.objects.number - 1]
    return np.asarray(page.objects.of_symbol[parent_symbols])


def test_what_belongs_to_what_comes_back(real: Path, trip: tuple[str, Dataset]) -> None:
    kind, back = trip
    related = 0
    for page in open_dataset(real):
        original_page, imported_page = label_page(page), label_page(back[page.name])
        if TRIPS[kind].relations:
            place = np.append(0, match_objects(original_page, imported_page) + 1)
            original_parents = parents_of(original_page)
            off = np.flatnonzero(
                place[original_parents] != parents_of(imported_page)[place[1:] - 1]
            )
            # A graph leads from all notes of a chord to its flag, and tells no parent among them.
            names = names_of(open_dataset(real), original_page)
            assert all(names[row].startswith("flag") for row in off.tolist())
            assert len(off) < 0.1 * sum(name.startswith("flag") for name in names) + 2
            related += int((original_parents > 0).sum())
        else:
            assert not parents_of(imported_page).any()
    assert related > 100 or not TRIPS[kind].relations


@pytest.fixture(scope="module")
def from_v1(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The three folders that ours has as V1 has them, and the lists."""
    folder = tmp_path_factory.mktemp("v1")
    (folder / "v1").mkdir()
    for name in ("images_png", "xml_annotations", "pix_annotations_png", "splits", "classes.csv"):
        (folder / "v1" / name).symlink_to(real / name)
    import_dataset(folder / "v1", folder / "back", patches_per_class=3)
    return open_dataset(folder / "back")


def test_the_folders_of_v1_come_back(real: Path, from_v1: Dataset) -> None:
    original = open_dataset(real)
    assert [label_class.name for label_class in from_v1.labels.classes] == [
        label_class.name for label_class in original.labels.classes
    ]
    pixels = owned = 0
    for page in original:
        original_page, imported_page = label_page(page), label_page(from_v1[page.name])
        assert names_of(original, original_page) == names_of(from_v1, imported_page)
        assert np.abs(original_page.objects.box - imported_page.objects.box).max() < 1e-3
        assert (page.mask == from_v1[page.name].mask).all()
        assert from_v1[page.name].split == page.split
        is_labelled = original_page.object_map > 0
        pixels += int(is_labelled.sum())
        owned += int((original_page.object_map == imported_page.object_map)[is_labelled].sum())
    assert owned / pixels > 0.995  # objects of one class whose boxes overlap share theirs


def test_music_that_v1_tells_comes_back(real: Path, from_v1: Dataset) -> None:
    page = open_dataset(real)[0]
    original_rows = {
        row["object"]: row for row in page.symbols.to_pylist() if row["number"] == row["object"]
    }
    imported_rows = from_v1[page.name].symbols.to_pylist()
    for number, row in zip(sorted(set(original_rows) - {0}), imported_rows, strict=True):
        assert row["staff_position"] == original_rows[number]["staff_position"]
        for fact in ("onset", "duration"):
            expected = original_rows[number][fact]
            assert row[fact] == (
                expected if expected is None else pytest.approx(expected, rel=1e-6)
            )


def test_boxes_alone_come_back(real: Path, tmp_path: Path) -> None:
    """YOLO's detection format by hand: of pixels, those of ink in boxes."""
    original = open_dataset(real)
    page = original[0]
    names = [label_class.name for label_class in original.labels.classes]
    labelled = label_page(page)
    lines = []
    size = np.array([page.row["width"], page.row["height"]])
    for class_id, box in zip(labelled.objects.class_id.tolist(), labelled.objects.box, strict=True):
        centre, sides = (box[:2] + box[2:]) / 2 / size, (box[2:] - box[:2]) / size
        numbers = " ".join(f"{number:.8f}" for number in (*centre, *sides))
        lines.append(f"{class_id - 1} {numbers}\n")
    write_file(tmp_path / "yolo/labels/val" / f"{page.name}.txt", "".join(lines).encode())
    data = (real / "images_png" / f"{page.name}.png").read_bytes()
    write_file(tmp_path / "yolo/images/val" / f"{page.name}.png", data)
    name_lines = "".join(f"  {number}: {name}\n" for number, name in enumerate(names))
    write_file(tmp_path / "yolo/data.yaml", f"names:\n{name_lines}".encode())
    import_dataset(tmp_path / "yolo", tmp_path / "back", patches_per_class=0)
    back = open_dataset(tmp_path / "back")[page.name]
    imported_page = label_page(back)
    assert back.split == "val"
    assert imported_page.objects.class_id.tolist() == labelled.objects.class_id.tolist()
    assert np.abs(labelled.objects.box - imported_page.objects.box).max() < 1e-3
