import csv
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from deepscores import check, export, open_dataset
from deepscores.dataset.labelled import cut, label_page, windows
from deepscores.page.labels.label_sets import load_label_set
from tests.formats.table_pages import TablePage


@pytest.fixture(scope="module")
def exported(real_as: Callable[..., Path]) -> Path:
    return real_as("deepscores-v1")


def read(path: Path) -> list[tuple[str, list[float]]]:
    """Names and boxes in pixels, read as the published layout is described."""
    root = ElementTree.parse(path).getroot()
    size = root.find("size")
    assert size is not None
    width, height = int(size[0].text or ""), int(size[1].text or "")
    objects = []
    for node in root.iter("object"):
        x0, x1, y0, y1 = (float(side.text or "") for side in node[1])  # in the published order
        objects.append((node[0].text or "", [x0 * width, y0 * height, x1 * width, y1 * height]))
    return objects


def test_objects_are_those_of_the_symbol_table(
    exported: Path, table_pages: list[TablePage]
) -> None:
    for page in table_pages:
        objects = read(exported / "xml_annotations" / f"{page.name}.xml")
        assert [name for name, _ in objects] == page.names
        assert np.abs(np.array([box for _, box in objects]) - page.boxes).max() < 1e-3


def test_maps_have_the_class_of_each_pixels_owner(
    exported: Path, table_pages: list[TablePage]
) -> None:
    rows = csv.reader((exported / "class_names.csv").read_text().splitlines())
    ids = {name: int(number) for number, name in rows}
    assert min(ids.values()) == 1
    for page in table_pages:
        of_symbol = np.zeros(page.owners.max() + 1, np.int64)
        for number, rows_ in page.objects.items():
            name = page.objects[number][0]["class"]
            of_symbol[[row["number"] for row in rows_]] = ids[name]
        with Image.open(exported / "pix_annotations_png" / f"{page.name}.png") as image:
            assert image.mode == "L"
            assert (np.asarray(image) == of_symbol[page.owners]).all()


def test_there_is_nothing_over_and_pictures_are_the_datasets(exported: Path, real: Path) -> None:
    for kind in ("images_png", "pix_annotations_png", "xml_annotations"):
        files = sorted(path.name for path in (real / kind).iterdir())
        assert sorted(path.name for path in (exported / kind).iterdir()) == files
    for path in (exported / "images_png").iterdir():
        assert path.read_bytes() == (real / "images_png" / path.name).read_bytes()


def test_facts_of_the_music_are_those_of_the_datasets_own_files(exported: Path, real: Path) -> None:
    for path in sorted((real / "xml_annotations").iterdir()):
        own_facts, exported_facts = (
            [
                [(child.tag, child.text) for child in node if child.tag != "bndbox"]
                for node in ElementTree.parse(file).getroot().iter("object")
            ]
            for file in (path, exported / "xml_annotations" / path.name)
        )
        assert own_facts == exported_facts
        assert any(tag == "onset" for facts in own_facts for tag, _ in facts)


def test_our_check_finds_nothing(exported: Path) -> None:
    report = check(exported)
    assert report.layout == "deepscores-v1"
    assert report.pages == len(list((exported / "xml_annotations").iterdir()))
    assert report.findings == ()


def test_lists_of_splits(exported: Path, table_pages: list[TablePage]) -> None:
    for split in ("train", "val", "test"):
        names = (exported / "splits" / f"{split}.txt").read_text().splitlines()
        assert names == [page.name for page in table_pages if page.split == split]


def test_tiles_leave_out_of_the_xml_what_shows_too_little(real: Path, tmp_path: Path) -> None:
    export(real, tmp_path / "out", to="deepscores-v1", split="val", tiles=700, overlap=0)
    names = [label_class.name for label_class in open_dataset(real).labels.classes]
    left_out = 0
    for source in open_dataset(real).split("val"):
        page = label_page(source)
        for window in windows(page.width, page.height, 700, 0):
            tile = cut(page, window)
            objects = read(tmp_path / "out/xml_annotations" / f"{tile.name}.xml")
            is_visible = tile.objects.share >= 0.5
            left_out += int((~is_visible).sum())
            assert [names.index(name) + 1 for name, _ in objects] == (
                tile.objects.class_id[is_visible].tolist()
            )
            if objects:
                boxes = np.array([box for _, box in objects])
                assert np.abs(boxes - tile.objects.box[is_visible]).max() < 1e-3
            with Image.open(tmp_path / "out/pix_annotations_png" / f"{tile.name}.png") as image:
                assert (np.asarray(image) == tile.class_map).all()
    assert left_out


def test_a_label_set_of_many_classes_has_maps_of_sixteen_bits(real: Path, tmp_path: Path) -> None:
    export(real, tmp_path / "out", to="deepscores-v1", split="val", labels="full")
    labels = load_label_set("full")
    assert len(labels.classes) > 255
    for source in open_dataset(real).split("val"):
        with Image.open(tmp_path / "out/pix_annotations_png" / f"{source.name}.png") as image:
            assert image.mode.startswith("I")
            assert (np.asarray(image) == label_page(source, labels).class_map).all()
