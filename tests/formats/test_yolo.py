from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import supervision
import yaml
from numpy.typing import NDArray
from PIL import Image
from skimage.draw import polygon

from deepscores import export, open_dataset
from deepscores.dataset.labelled import LabelledPage, cut, label_page, windows
from deepscores.inspection.report.sources import open_source
from deepscores.page.labels.label_sets import load_label_set
from tests.formats.table_pages import TablePage


@pytest.fixture(scope="module")
def exported(real_as: Callable[..., Path]) -> dict[str, Path]:
    """`real` in the three kinds, by their names."""
    return {kind: real_as(kind, images="link") for kind in ("yolo", "yolo-seg", "yolo-obb")}


def lines(path: Path) -> list[tuple[int, NDArray[np.float64]]]:
    """The labels of one image, read as the layout is described: class, then shares."""
    found = []
    for line in path.read_text().splitlines():
        class_id, *values = line.split(" ")
        found.append((int(class_id), np.array([float(value) for value in values])))
    return found


def read_by_supervision(folder: Path, split: str, **how: Any) -> supervision.DetectionDataset:
    return supervision.DetectionDataset.from_yolo(
        str(folder / "images" / split), str(folder / "labels" / split), str(folder / "data.yaml"),
        **how,
    )  # fmt: skip


def detections(folder: Path, **how: Any) -> dict[str, tuple[list[str], supervision.Detections]]:
    """What supervision reads of each page: names of classes, and boxes."""
    found = {}
    for split in ("train", "val", "test"):
        dataset = read_by_supervision(folder, split, **how)
        for path in dataset.image_paths:
            some = dataset.annotations[path]
            found[Path(path).stem] = [dataset.classes[one] for one in some.class_id], some
    return found


def test_boxes_are_those_of_the_symbol_table(
    exported: dict[str, Path], table_pages: list[TablePage]
) -> None:
    read = detections(exported["yolo"])
    assert sorted(read) == sorted(page.name for page in table_pages)
    for page in table_pages:
        names, some = read[page.name]
        assert names == page.names
        assert np.abs(some.xyxy - page.boxes).max() < 0.01


def test_oriented_boxes_are_those_of_the_symbol_table(
    exported: dict[str, Path], table_pages: list[TablePage]
) -> None:
    read = detections(exported["yolo-obb"], is_obb=True)
    for page in table_pages:
        names, some = read[page.name]
        assert names == page.names
        size = np.array([page.width, page.height])
        corners = page.oriented.clip(0, size)
        assert np.abs(some.data["xyxyxyxy"] - corners).max() < 0.01


def test_beams_are_slanted_boxes(real: Path, tmp_path: Path, table_pages: list[TablePage]) -> None:
    export(real, tmp_path, to="yolo-obb", split="val", labels="deepscores-v2", classes="beam")
    slanted = 0
    for page in table_pages:
        if page.split == "val":
            rows = [row for row in page.symbols if row["kind"] == "beam"]
            expected = np.array([row["oriented"] for row in rows]).reshape(-1, 4, 2)
            labels = lines(tmp_path / "labels/val" / f"{page.name}.txt")
            found = np.array([values for _, values in labels]).reshape(-1, 4, 2)
            assert np.abs(found * (page.width, page.height) - expected).max(initial=0) < 0.01
            slanted += int((np.abs(expected[:, 0, 1] - expected[:, 1, 1]) > 1).sum())
    assert slanted > 20


def test_polygons_are_the_masks_pixel_by_pixel(
    exported: dict[str, Path], table_pages: list[TablePage]
) -> None:
    for page in table_pages[::3]:
        labels = lines(exported["yolo-seg"] / "labels" / page.split / f"{page.name}.txt")
        found = np.zeros((page.height, page.width), np.int64)
        assert len(labels) == len(page.numbers)
        for number, (_, values) in zip(page.numbers, labels, strict=True):
            x, y = values[::2] * page.width, values[1::2] * page.height
            # A pixel is in it if its centre is; to scikit-image centres are at whole numbers.
            rows, columns = polygon(y - 0.5, x - 0.5, found.shape)
            assert (found[rows, columns] == 0).all()
            found[rows, columns] = number
        of_symbol = np.zeros(page.owners.max() + 1, np.int64)
        for number, rows in page.objects.items():
            of_symbol[[row["number"] for row in rows]] = number
        assert (found == of_symbol[page.owners]).all()


def test_polygons_have_the_classes_and_places_of_the_boxes(exported: dict[str, Path]) -> None:
    for path in (exported["yolo-seg"] / "labels").rglob("*.txt"):
        outlines = lines(path)
        boxes = lines(exported["yolo"] / "labels" / path.parent.name / path.name)
        assert [one for one, _ in outlines] == [one for one, _ in boxes]
        for (_, outline), (_, (x, y, _, _)) in zip(outlines, boxes, strict=True):
            assert abs(np.array([outline[::2].mean(), outline[1::2].mean()]) - (x, y)).max() < 0.2


def test_data_yaml_is_complete_and_names_no_folder(exported: dict[str, Path], real: Path) -> None:
    names = [one.name for one in open_dataset(real).labels.classes]
    for folder in exported.values():
        table = yaml.safe_load((folder / "data.yaml").read_text())
        assert table["names"] == dict(enumerate(names))
        assert table["nc"] == len(names)
        assert {split: table[split] for split in ("train", "val", "test")} == {
            split: f"images/{split}" for split in ("train", "val", "test")
        }
        assert "path" not in table  # so a trainer takes the folder of the file


def test_every_picture_is_the_datasets_and_has_labels(
    exported: dict[str, Path], real: Path, table_pages: list[TablePage]
) -> None:
    for page in table_pages:
        path = exported["yolo"] / "images" / page.split / f"{page.name}.png"
        assert path.read_bytes() == (real / "images_png" / path.name).read_bytes()


def test_what_we_write_we_read(exported: dict[str, Path], table_pages: list[TablePage]) -> None:
    for folder in exported.values():
        seen = list(open_source(folder).pages)
        assert sum(len(page.boxes) for page in seen) == sum(
            len(page.numbers) for page in table_pages
        )


@pytest.mark.parametrize("kind", ["yolo", "yolo-seg", "yolo-obb"])
def test_tiles_have_what_shows_enough_and_nothing_beyond_them(
    kind: str, real: Path, tmp_path: Path
) -> None:
    summary = export(real, tmp_path / kind, to=kind, split="val", tiles=700, overlap=50)
    assert summary.ignorable
    written = 0
    for source in open_dataset(real).split("val"):
        for tile in tiles_of(label_page(source)):
            labels = lines(tmp_path / kind / "labels/val" / f"{tile.name}.txt")
            shown = tile.objects.share >= 0.5
            assert [one + 1 for one, _ in labels] == tile.objects.class_id[shown].tolist()
            written += len(labels)
            for (_, values), box in zip(labels, tile.objects.box[shown], strict=True):
                # What trainers of this layout insist on; a picture that breaks it is left out.
                assert values.min() >= 0
                assert values.max() <= 1
                low, high = bounds(values)
                assert ((high - low) * 700 > 0.01).all()
                if kind == "yolo":
                    assert np.abs(np.append(low, high) * 700 - box).max() < 0.01
    assert written == summary.objects - summary.ignorable


def tiles_of(page: LabelledPage) -> list[LabelledPage]:
    return [cut(page, window) for window in windows(page.width, page.height, 700, 50)]


def bounds(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if len(values) == 4:
        return values[:2] - values[2:] / 2, values[:2] + values[2:] / 2
    corners = values.reshape(-1, 2)
    return corners.min(axis=0), corners.max(axis=0)


def test_a_tiles_polygons_are_its_masks(real: Path, tmp_path: Path) -> None:
    export(real, tmp_path / "out", to="yolo-seg", split="val", tiles=512, visibility=0)
    source = open_dataset(real).split("val")[0]
    page = label_page(source)
    for window in list(windows(page.width, page.height, 512, 128))[5:11]:
        tile = cut(page, window)
        found = np.zeros((512, 512), np.int64)
        labels = lines(tmp_path / "out/labels/val" / f"{tile.name}.txt")
        for place, (_, values) in enumerate(labels, start=1):
            found[polygon(values[1::2] * 512 - 0.5, values[::2] * 512 - 0.5, found.shape)] = place
        assert (found == tile.object_map).all()


def test_another_label_set_staff_space_and_choice_of_classes(real: Path, tmp_path: Path) -> None:
    options = {"labels": "deepscores-v2", "classes": ["notehead*", "stem"], "staff_space": 10}
    export(real, tmp_path / "out", to="yolo", split="val", **options)
    table = yaml.safe_load((tmp_path / "out/data.yaml").read_text())
    assert list(table["names"].values()) == [
        one.name
        for one in load_label_set("deepscores-v2").classes
        if one.name.startswith("notehead") or one.name == "stem"
    ]
    assert "train" not in table
    for source in open_dataset(real).split("val"):
        (path,) = (tmp_path / "out/labels/val").glob(f"{source.name}--*.txt")
        with Image.open(tmp_path / "out/images/val" / f"{path.stem}.png") as image:
            size = np.array(image.size)
        assert size.tolist() == [round(1894 * 10 / 16), round(2668 * 10 / 16)]
        page = label_page(source, load_label_set("deepscores-v2"))
        classes = [one.name for one in load_label_set("deepscores-v2").classes]
        before = [
            (classes[class_id - 1], box)
            for class_id, box in zip(page.objects.class_id, page.objects.box, strict=True)
            if classes[class_id - 1] in table["names"].values()
        ]
        labels = lines(path)
        assert [table["names"][class_id] for class_id, _ in labels] == [one for one, _ in before]
        factor = size / (page.width, page.height)
        for (_, values), (_, box) in zip(labels, before, strict=True):
            low, high = bounds(values)
            assert (
                np.abs(np.append(low, high) * np.tile(size, 2) - box * np.tile(factor, 2)).max()
                < 0.01
            )


def test_a_page_without_objects_has_an_empty_file(built: Path, tmp_path: Path) -> None:
    export(built, tmp_path / "out", to="yolo", classes=["brace"])
    files = list((tmp_path / "out/labels").rglob("*.txt"))
    assert len(files) == len(open_dataset(built))
    assert {file.read_bytes() for file in files} == {b""}
