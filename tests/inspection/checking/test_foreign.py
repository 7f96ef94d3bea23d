"""Datasets of others: what is wrong in them is found, what is right is left alone."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deepscores import check
from deepscores.errors import DatasetError
from deepscores.formats.reading.findings import Finding

HEAD, BAR = (40, 30, 52, 40), (80, 20, 83, 60)  # half open


def found(path: Path, name: str) -> list[Finding]:
    return [one for one in check(path).findings if one.check == name]


def write_v2(folder: Path, *, inclusive: bool = False, head_colour: int = 35) -> Path:
    """A page with a notehead and a barline, which has a value in the class map."""
    for name in ("images", "segmentation", "instance"):
        (folder / name).mkdir(parents=True)
    image = np.full((100, 120), 255, np.uint8)
    classes = np.zeros((100, 120), np.uint8)
    instances = np.zeros((100, 120, 4), np.uint8)
    for (x0, y0, x1, y1), value, colour in ((HEAD, head_colour, 0xB9), (BAR, 99, 0xC0)):
        image[y0:y1, x0:x1] = 0
        classes[y0:y1, x0:x1] = value
        instances[y0:y1, x0:x1] = (0, 0, colour, 255)
    Image.fromarray(image).save(folder / "images/a.png")
    palette = Image.fromarray(classes).convert("P")
    palette.putdata(classes.ravel().tolist())
    palette.save(folder / "segmentation/a_seg.png")
    Image.fromarray(instances).save(folder / "instance/a_inst.png")
    less = 1 if inclusive else 0

    def note(box: tuple[int, ...], cat: str, colour: str) -> dict[str, Any]:
        x0, y0, x1, y1 = box
        return {
            "a_bbox": [x0, y0, x1 - less, y1 - less], "cat_id": [cat, "138"], "area": 9,
            "img_id": "1", "comments": f"instance:#{colour};onset:1;",
        }  # fmt: skip

    table = {
        "info": {}, "annotation_sets": ["deepscores"],
        "categories": {
            "25": {"name": "noteheadBlack", "annotation_set": "deepscores", "color": head_colour},
            "30": {"name": "barline", "annotation_set": "deepscores", "color": 99},
        },
        "images": [
            {"id": 1, "filename": "a.png", "width": 120, "height": 100, "ann_ids": ["7", "8"]}
        ],
        "annotations": {"7": note(HEAD, "25", "0000b9"), "8": note(BAR, "30", "0000c0")},
    }  # fmt: skip
    path = folder / "deepscores_train.json"
    path.write_text(json.dumps(table))
    return path


def edit(path: Path, **changes: Any) -> None:
    """Change the notehead's annotation."""
    table = json.loads(path.read_text())
    table["annotations"]["7"].update(changes)
    path.write_text(json.dumps(table))


def test_right_boxes_of_v2_are_left_alone(tmp_path: Path) -> None:
    report = check(write_v2(tmp_path / "v2"))
    assert (report.layout, report.pages, report.findings) == ("deepscores-v2", 1, ())


def test_inclusive_maxima_are_found(tmp_path: Path) -> None:
    some = found(write_v2(tmp_path / "v2", inclusive=True), "tight")
    assert [one.object for one in some] == ["7", "8"]
    assert "one pixel short right and below: its maxima are inclusive" in some[0].detail


def cover(path: Path, x0: int, x1: int) -> None:
    """Let another thing, which is no object, cover columns of the notehead."""
    for name, value in (("segmentation/a_seg", 98), ("instance/a_inst", 0), ("images/a", 0)):
        with Image.open(path.parent / f"{name}.png") as picture:
            pixels, palette = np.array(picture), picture.getpalette()
        pixels[28:42, x0:x1] = value
        again = Image.fromarray(pixels)
        if palette is not None:
            again = again.convert("P")
            again.putdata(pixels.ravel().tolist())
        again.save(path.parent / f"{name}.png")


def test_a_box_may_go_on_under_what_covers_the_object(tmp_path: Path) -> None:
    path = write_v2(tmp_path / "v2")
    cover(path, 47, 52)
    assert found(path, "tight") == []


def test_a_box_that_goes_on_over_paper_is_found(tmp_path: Path) -> None:
    path = write_v2(tmp_path / "v2")
    cover(path, 47, 52)
    edit(path, a_bbox=[40, 30, 56, 40])
    assert "box up to 9.0 px beyond its pixels" in found(path, "tight")[0].detail


def test_thin_lines_that_end_within_a_pixel_are_not_inclusive(tmp_path: Path) -> None:
    path = write_v2(tmp_path / "v2")
    edit(path, a_bbox=[40.1, 30.2, 51.4, 39.3])
    assert found(path, "tight") == []


def test_boxes_without_extent_are_found(tmp_path: Path) -> None:
    path = write_v2(tmp_path / "v2")
    edit(path, a_bbox=[40, 39, 51, 39])
    assert [one.object for one in found(path, "extent")] == ["7"]


def test_the_background_as_class_id_is_found(tmp_path: Path) -> None:
    path = write_v2(tmp_path / "v2", head_colour=0)
    assert found(path, "classes")[0].detail == (
        "noteheadBlack: its value in class maps is the background's, 0"
    )
    assert [one.object for one in found(path, "mask")] == ["7"]


def test_values_without_a_category_are_found(tmp_path: Path) -> None:
    path = write_v2(tmp_path / "v2")
    table = json.loads(path.read_text())
    del table["categories"]["30"], table["annotations"]["8"]
    path.write_text(json.dumps(table))
    assert found(path, "mask")[0].detail == (
        "120 px of value 99 in the class map, which is no class's"
    )


@pytest.mark.parametrize(
    ("check_", "changes"),
    [
        ("hidden", {"comments": "instance:#abcdef;"}),
        ("classes", {"cat_id": ["77"]}),
        ("classes", {"cat_id": None}),
        ("classes", {"cat_id": []}),
        ("files", {"a_bbox": [1, 2]}),
        ("files", {"comments": "instance:#nonsense"}),
        ("files", {"img_id": "9"}),
        ("outside", {"a_bbox": [40, 30, 152, 40]}),
        ("extent", {"a_bbox": [40, 30, float("nan"), 40]}),
    ],
)
def test_what_makes_no_sense_is_found(check_: str, changes: dict[str, Any], tmp_path: Path) -> None:
    path = write_v2(tmp_path / "v2")
    edit(path, **changes)
    assert found(path, check_)


def write_coco(folder: Path) -> Path:
    write_v2(folder)
    x0, y0, x1, y1 = HEAD
    corners = [x0, y0, x1, y0, x1, y1, x0, y1]
    table: dict[str, Any] = {
        "images": [{"id": 1, "file_name": "a.png", "width": 120, "height": 100}],
        "annotations": [
            {
                "id": 7, "image_id": 1, "category_id": 1, "bbox": [x0, y0, x1 - x0, y1 - y0],
                "segmentation": [corners],
            }
        ],
        "categories": [{"id": 1, "name": "noteheadBlack"}],
    }  # fmt: skip
    path = folder / "coco.json"
    path.write_text(json.dumps(table))
    (folder / "deepscores_train.json").unlink()
    return path


def change_coco(path: Path, **changes: Any) -> None:
    table = json.loads(path.read_text())
    table["annotations"][0].update(changes)
    path.write_text(json.dumps(table))


def test_a_right_coco_folder_is_left_alone(tmp_path: Path) -> None:
    report = check(write_coco(tmp_path / "coco").parent)
    assert (report.layout, report.findings) == ("coco", ())


@pytest.mark.parametrize(
    ("check_", "changes"),
    [
        ("tight", {"bbox": [40, 30, 11, 9]}),
        ("extent", {"bbox": [40, 30, 0, 9]}),
        ("outside", {"bbox": [110, 30, 12, 9]}),
        ("hidden", {"bbox": [1, 1, 3, 3]}),
        ("classes", {"category_id": 0}),
        ("files", {"image_id": 2}),
        ("files", {"bbox": None}),
        ("files", {"segmentation": [[1, 2, 3]]}),
    ],
)
def test_wrong_coco_is_found(check_: str, changes: dict[str, Any], tmp_path: Path) -> None:
    path = write_coco(tmp_path / "coco")
    change_coco(path, **changes)
    assert found(path, check_)


def test_the_same_object_twice_in_coco(tmp_path: Path) -> None:
    path = write_coco(tmp_path / "coco")
    table = json.loads(path.read_text())
    table["annotations"] *= 2
    path.write_text(json.dumps(table))
    assert found(path, "duplicates")
    assert found(path, "files")[0].detail == "two annotations have this id"


def test_category_zero_is_the_backgrounds(tmp_path: Path) -> None:
    path = write_coco(tmp_path / "coco")
    path.write_text(path.read_text().replace('"id": 1, "name"', '"id": 0, "name"'))
    details = [one.detail for one in found(path, "classes")]
    assert "noteheadBlack: its id is the background's" in details


@pytest.fixture
def v1(built: Path, tmp_path: Path) -> Path:
    """Our own files, as a folder of V1 has them."""
    folder = tmp_path / "v1"
    for name in ("images_png", "xml_annotations", "pix_annotations_png"):
        shutil.copytree(built / name, folder / name)
    shutil.copy(built / "classes.csv", folder)
    return folder


def test_a_right_folder_of_v1_is_left_alone(v1: Path) -> None:
    report = check(v1)
    assert (report.layout, report.findings) == ("deepscores-v1", ())
    assert {one.check for one in report.tallies} >= {"extent", "mask", "hidden", "duplicates"}


def test_ids_from_zero_are_found(v1: Path) -> None:
    (v1 / "classes.csv").unlink()
    (v1 / "class_names.csv").write_text("0,noteheadBlack\n1,gClef\n")
    assert found(v1, "classes")[0].detail == "noteheadBlack: id 0 is the background's"
    assert any("the background's, 0" in one.detail for one in found(v1, "mask"))


def test_files_of_v1_that_miss_or_cannot_be_read(v1: Path) -> None:
    xmls = sorted((v1 / "xml_annotations").iterdir())
    xmls[0].write_text("<annotation>")
    xmls[1].unlink()
    min((v1 / "images_png").glob(f"{xmls[2].stem}*")).write_bytes(b"junk")
    details = {one.where: one.detail for one in found(v1, "files")}
    assert "not a DeepScores annotation" in details[xmls[0].stem]
    assert details[f"images_png/{xmls[1].stem}.png"] == "has no XML"
    assert "not a readable image" in details[xmls[2].stem]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "{}", "neither COCO nor DeepScoresV2"),
        ("a.json", "[]", "not a JSON object"),
        ("a.json", '{"a": ', "not readable JSON"),
        ("a.txt", "", "no dataset here"),
    ],
)
def test_what_is_no_dataset_is_one_clear_line(
    name: str, text: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DatasetError, match=said) as raised:
        check(tmp_path)
    assert "\n" not in str(raised.value)
