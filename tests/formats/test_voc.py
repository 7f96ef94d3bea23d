from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import supervision

from deepscores import export, open_dataset
from deepscores.dataset.labelled import cut, label_page, windows
from deepscores.formats.voc.xml import VocObject, read_pascal, write_pascal
from deepscores.page.geometry import Box
from tests.formats.table_pages import TablePage


@pytest.fixture(scope="module")
def exported(real_as: Callable[..., Path]) -> Path:
    return real_as("voc")


def test_boxes_are_the_pixels_that_those_of_the_symbol_table_touch(
    exported: Path, table_pages: list[TablePage]
) -> None:
    dataset = supervision.DetectionDataset.from_pascal_voc(
        str(exported / "JPEGImages"), str(exported / "Annotations")
    )
    read = {Path(path).stem: dataset.annotations[path] for path in dataset.image_paths}
    assert len(read) == len(table_pages)
    for page in table_pages:
        detections = read[page.name]
        assert [dataset.classes[class_id] for class_id in detections.class_id] == page.names
        low, high = (
            detections.xyxy[:, :2] - page.boxes[:, :2],
            detections.xyxy[:, 2:] - page.boxes[:, 2:],
        )
        assert low.max() <= 1e-3
        assert low.min() > -1
        assert high.min() >= -1e-3
        assert high.max() < 1
        assert (detections.xyxy == detections.xyxy.round()).all()
        assert detections.xyxy.min() >= 0
        assert (detections.xyxy[:, 2:] <= (page.width, page.height)).all()


def test_numbers_are_whole_and_count_from_one(exported: Path, table_pages: list[TablePage]) -> None:
    for page in table_pages:
        root = ElementTree.parse(exported / "Annotations" / f"{page.name}.xml").getroot()
        size = [root.findtext(f"size/{side}") for side in ("width", "height", "depth")]
        assert size == [str(page.width), str(page.height), "1"]
        assert root.findtext("filename") == f"{page.name}.png"
        for box in root.iter("bndbox"):
            assert [side.tag for side in box] == ["xmin", "ymin", "xmax", "ymax"]
            x0, y0, x1, y1 = (int(side.text or "") for side in box)
            assert 1 <= x0 <= x1 <= page.width
            assert 1 <= y0 <= y1 <= page.height


def test_every_page_is_in_the_list_of_its_split(
    exported: Path, table_pages: list[TablePage]
) -> None:
    for split in ("train", "val", "test"):
        names = (exported / "ImageSets/Main" / f"{split}.txt").read_text().splitlines()
        assert names == [page.name for page in table_pages if page.split == split]
        for name in names:
            assert (exported / "JPEGImages" / f"{name}.png").exists()


def test_label_map_has_every_class_in_a_colour_of_its_own(exported: Path, real: Path) -> None:
    head, background, *rows = (exported / "labelmap.txt").read_text().splitlines()
    assert head == "# label:color_rgb:parts:actions"
    assert background == "background:0,0,0::"
    names, colours, *_ = zip(*(row.split(":") for row in rows), strict=True)
    assert list(names) == [label_class.name for label_class in open_dataset(real).labels.classes]
    assert len({*colours, "0,0,0"}) == len(names) + 1


def test_a_tile_says_what_is_cut_and_what_is_too_little_to_count(
    real: Path, tmp_path: Path
) -> None:
    export(real, tmp_path / "out", to="voc", split="val", tiles=700, overlap=50, visibility=0.4)
    flags = set()
    for source in open_dataset(real).split("val"):
        page = label_page(source)
        for window in windows(page.width, page.height, 700, 50):
            tile = cut(page, window)
            root = ElementTree.parse(tmp_path / "out/Annotations" / f"{tile.name}.xml").getroot()
            flag_pairs = [
                (node.findtext("truncated"), node.findtext("difficult"))
                for node in root.iter("object")
            ]
            shares = tile.objects.share.tolist()
            assert flag_pairs == [(str(int(s < 1)), str(int(s < 0.4))) for s in shares]
            flags |= set(flag_pairs)
    assert flags == {("0", "0"), ("1", "0"), ("1", "1")}


def test_classes_of_another_set(real: Path, tmp_path: Path) -> None:
    export(real, tmp_path / "out", to="voc", split="val", labels="deepscores-v2", classes="staff")
    counts = [
        ElementTree.parse(path).getroot().findall("object/name")
        for path in (tmp_path / "out/Annotations").iterdir()
    ]
    assert {node.text for nodes in counts for node in nodes} == {"staff"}
    assert "staff:128,0,0::" in (tmp_path / "out/labelmap.txt").read_text()


def test_written_annotations_are_read_back() -> None:
    objects = [
        VocObject("a & b", Box(0, 0, 4, 3)), VocObject("cut", Box(3, 1, 10, 8), truncated=True),
        VocObject("hard", Box(9, 7, 10, 8), truncated=True, difficult=True),
    ]  # fmt: skip
    assert read_pascal(write_pascal("x.png", 10, 8, objects)) == (10, 8, objects)


@pytest.mark.parametrize(
    ("box", "whole"),
    [
        ((0.2, 0.2, 0.4, 0.4), (0, 0, 1, 1)),
        ((1.9, 2, 2.1, 3), (1, 2, 3, 3)),
        ((1.9999, 2, 5.0001, 3), (2, 2, 5, 3)),  # as 32-bit numbers have it
        ((9.9999, 7.9999, 10, 8), (9, 7, 10, 8)),
        ((3, 3, 3, 3), (3, 3, 4, 4)),
    ],
)
def test_a_box_is_of_whole_pixels_and_of_one_at_least(
    box: tuple[float, ...], whole: tuple[float, ...]
) -> None:
    _, _, (voc_object,) = read_pascal(write_pascal("x.png", 10, 8, [VocObject("x", Box(*box))]))
    assert voc_object.box == whole
    assert np.array(voc_object.box[2:]).min() > 0
