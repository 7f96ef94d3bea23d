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
    labels = []
    for line in path.read_text().splitlines():
        class_id, *values = line.split(" ")
        labels.append((int(class_id), np.array([float(value) for value in values])))
    return labels


def read_by_supervision(folder: Path, split: str, **options: Any) -> supervision.DetectionDataset:
    return supervision.DetectionDataset.from_yolo(
        str(folder / "images" / split), str(folder / "labels" / split), str(folder / "data.yaml"),
        **options,
    )  # fmt: skip


def detections(folder: Path, **options: Any) -> dict[str, tuple[list[str], supervision.Detections]]:
    """What supervision reads of each page: names of classes, and boxes."""
    detections_of = {}
    for split in ("train", "val", "test"):
        dataset = read_by_supervision(folder, split, **options)
        for path in dataset.image_paths:
            page_detections = dataset.annotations[path]
            detections_of[Path(path).stem] = (
                [dataset.classes[class_id] for class_id in page_detections.class_id],
                page_detections,
            )
    return detections_of


def test_boxes_are_those_of_the_symbol_table(
    exported: dict[str, Path], table_pages: list[TablePage]
) -> None:
    read = detections(exported["yolo"])
    assert sorted(read) == sorted(page.name for page in table_pages)
    for page in table_pages:
        names, page_detections = read[page.name]
        assert names == page.names
        assert np.abs(page_detections.xyxy - page.boxes).max() < 0.01


def test_oriented_boxes_are_those_of_the_symbol_table(
    exported: dict[str, Path], table_pages: list[TablePage]
) -> None:
    read = detections(exported["yolo-obb"], is_obb=True)
    for page in table_pages:
        names, page_detections = read[page.name]
        assert names == page.names
        size = np.array([page.width, page.height])
        corners = page.oriented.clip(0, size)
        assert np.abs(page_detections.data["xyxyxyxy"] - corners).max() < 0.01


def test_beams_are_slanted_boxes(real: Path, tmp_path: Path, table_pages: list[TablePage]) -> None:
    export(real, tmp_path, to="yolo-obb", split="val", labels="deepscores-v2", classes="beam")
    slanted = 0
    for page in table_pages:
        if page.split == "val":
            rows = [row for row in page.symbols if row["kind"] == "beam"]
            expected = np.array([row["oriented"] for row in rows]).reshape(-1, 4, 2)
            labels = lines(tmp_path / "labels/val" / f"{page.name}.txt")
            corners = np.array([values for _, values in labels]).reshape(-1, 4, 2)
            assert np.abs(corners * (page.width, page.height) - expected).max(initial=0) < 0.01
            slanted += int((np.abs(expected[:, 0, 1] - expected[:, 1, 1]) > 1).sum())
    assert slanted > 20


def test_polygons_are_the_masks_pixel_by_pixel(
    exported: dict[str, Path], table_pages: list[TablePage]
) -> None:
    for page in table_pages[::3]:
        labels = lines(exported["yolo-seg"] / "labels" / page.split / f"{page.name}.txt")
        owners = np.zeros((page.height, page.width), np.int64)
        assert len(labels) == len(page.numbers)
        for number, (_, values) in zip(page.numbers, labels, strict=True):
            x, y = values[::2] * page.width, values[1::2] * page.height
            # A pixel is in it if its centre is; to scikit-image centres are at whole numbers.
            rows, columns = polygon(y - 0.5, x - 0.5, owners.shape)
            assert (owners[rows, columns] == 0).all()
            owners[rows, columns] = number
        of_symbol = np.zeros(page.owners.max() + 1, np.int64)
        for number, rows in page.objects.items():
            of_symbol[[row["number"] for row in rows]] = number
        assert (owners == of_symbol[page.owners]).all()


def test_polygons_have_the_classes_and_places_of_the_boxes(exported: dict[str, Path]) -> None:
    for path in (exported["yolo-seg"] / "labels").rglob("*.txt"):
        outlines = lines(path)
        boxes = lines(exported["yolo"] / "labels" / path.parent.name / path.name)
        assert [name for name, _ in outlines] == [name for name, _ in boxes]
        for (_, outline), (_, (x, y, _, _)) in zip(outlines, boxes, strict=True):
            assert abs(np.array([outline[::2].mean(), outline[1::2].mean()]) - (x, y)).max() < 0.2


def test_data_yaml_is_complete_and_names_no_folder(exported: dict[str, Path], real: Path) -> None:
    names = [label_class.name for label_class in open_dataset(real).labels.classes]
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
        pages = list(open_source(folder).pages)
        assert sum(len(page.boxes) for page in pages) == sum(
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
            is_visible = tile.objects.share >= 0.5
            assert [class_id + 1 for class_id, _ in labels] == tile.objects.class_id[
                is_visible
            ].tolist()
            written += len(labels)
            for (_, values), box in zip(labels, tile.objects.box[is_visible], strict=True):
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
        owners = np.zeros((512, 512), np.int64)
        labels = lines(tmp_path / "out/labels/val" / f"{tile.name}.txt")
        for place, (_, values) in enumerate(labels, start=1):
            owners[polygon(values[1::2] * 512 - 0.5, values[::2] * 512 - 0.5, owners.shape)] = place
        assert (owners == tile.object_map).all()


def test_another_label_set_staff_space_and_choice_of_classes(real: Path, tmp_path: Path) -> None:
    options = {"labels": "deepscores-v2", "classes": ["notehead*", "stem"], "staff_space": 10}
    export(real, tmp_path / "out", to="yolo", split="val", **options)
    table = yaml.safe_load((tmp_path / "out/data.yaml").read_text())
    assert list(table["names"].values()) == [
        label_class.name
        for label_class in load_label_set("deepscores-v2").classes
        if label_class.name.startswith("notehead") or label_class.name == "stem"
    ]
    assert "train" not in table
    for source in open_dataset(real).split("val"):
        (path,) = (tmp_path / "out/labels/val").glob(f"{source.name}--*.txt")
        with Image.open(tmp_path / "out/images/val" / f"{path.stem}.png") as image:
            size = np.array(image.size)
        assert size.tolist() == [round(1894 * 10 / 16), round(2668 * 10 / 16)]
        page = label_page(source, load_label_set("deepscores-v2"))
        classes = [label_class.name for label_class in load_label_set("deepscores-v2").classes]
        page_labels = [
            (classes[class_id - 1], box)
            for class_id, box in zip(page.objects.class_id, page.objects.box, strict=True)
            if classes[class_id - 1] in table["names"].values()
        ]
        labels = lines(path)
        assert [table["names"][class_id] for class_id, _ in labels] == [
            name for name, _ in page_labels
        ]
        factor = size / (page.width, page.height)
        for (_, values), (_, box) in zip(labels, page_labels, strict=True):
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
