"""Small datasets of every kind that a report can be set against, in their true formats.

Each has the same three objects on two pages of 200 × 100 pixels: a head and a stem, and a head.
"""

import json
from collections.abc import Callable
from pathlib import Path

from PIL import Image

HEAD, STEM, OTHER = (20.0, 40.0, 32.0, 50.0), (31.0, 10.0, 33.0, 45.0), (100.0, 60.0, 112.0, 70.0)
SIZE = (200, 100)
PAGES: dict[str, list[tuple[str, tuple[float, ...]]]] = {
    "one": [("head", HEAD), ("stem", STEM)],
    "two": [("head", OTHER)],
}


def write_pictures(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in PAGES:
        Image.new("L", SIZE, 255).save(folder / f"{name}.png")


def write_coco(folder: Path) -> Path:
    """As COCO's own files: one list of images, one of annotations, one of categories."""
    names = ["head", "stem", "clef"]
    annotations = [
        {
            "id": 10 * page + place, "image_id": page, "category_id": names.index(name) + 1,
            "bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0), "iscrowd": 0,
        }
        for page, objects in enumerate(PAGES.values(), start=1)
        for place, (name, (x0, y0, x1, y1)) in enumerate(objects, start=1)
    ]  # fmt: skip
    images = [
        {"id": page, "file_name": f"{name}.png", "width": SIZE[0], "height": SIZE[1]}
        for page, name in enumerate(PAGES, start=1)
    ]
    categories = [{"id": place, "name": name} for place, name in enumerate(names, start=1)]
    table = {"images": images, "annotations": annotations, "categories": categories}
    folder.mkdir(parents=True)
    (folder / "instances_train.json").write_text(json.dumps(table))
    return folder / "instances_train.json"


def write_v2(folder: Path) -> Path:
    """As DeepScoresV2: dictionaries, ids that are texts, two annotation sets."""
    names, numbers, images, annotations = ["head", "stem", "clef"], iter(range(1, 9)), [], {}
    for page, (stem, objects) in enumerate(PAGES.items(), start=1):
        ids = []
        for name, box in objects:
            ids.append(str(next(numbers)))
            annotations[ids[-1]] = {
                "a_bbox": [*box], "o_bbox": [0.0] * 8, "area": 9, "img_id": str(page),
                "cat_id": [str(names.index(name) + 1), None], "comments": "instance:#0000b9;",
            }  # fmt: skip
        size = {"width": SIZE[0], "height": SIZE[1]}
        images.append({"id": page, "filename": f"{stem}.png", **size, "ann_ids": ids})
    categories = {
        str(place): {"name": name, "annotation_set": "deepscores", "color": place}
        for place, name in enumerate(names, start=1)
    }
    table = {
        "info": {"version": "2.0"}, "annotation_sets": ["deepscores", "muscima++"],
        "categories": categories, "images": images, "annotations": annotations,
    }  # fmt: skip
    folder.mkdir(parents=True)
    (folder / "deepscores_train.json").write_text(json.dumps(table))
    return folder / "deepscores_train.json"


_V1 = """\
<annotation>
    <folder>Annotations</folder>
    <filename>{}.svg</filename>
    <size>
        <width>{}</width>
        <height>{}</height>
        <depth>1</depth>
    </size>
    <segmented>0</segmented>
{}</annotation>
"""
_V1_OBJECT = """\
    <object>
        <name>{}</name>
        <bndbox>
            <xmin>{:.8f}</xmin>
            <xmax>{:.8f}</xmax>
            <ymin>{:.8f}</ymin>
            <ymax>{:.8f}</ymax>
        </bndbox>
    </object>
"""


def write_v1(folder: Path) -> Path:
    """As the first DeepScores: coordinates in shares of the page, ``.svg`` as the file's name."""
    (folder / "xml_annotations").mkdir(parents=True)
    width, height = SIZE
    for stem, objects in PAGES.items():
        text = "".join(
            _V1_OBJECT.format(name, x0 / width, x1 / width, y0 / height, y1 / height)
            for name, (x0, y0, x1, y1) in objects
        )
        path = folder / "xml_annotations" / f"{stem}.xml"
        path.write_text(_V1.format(stem, width, height, text))
    (folder / "class_names.csv").write_text("1,head\n2,stem\n3,clef\n")
    return folder


def write_pascal(folder: Path) -> Path:
    """As PASCAL VOC: whole pixels from 1, both ends included; an object may have parts."""
    (folder / "Annotations").mkdir(parents=True)
    for stem, objects in PAGES.items():
        text = "".join(
            f"<object><name>{name}</name><pose>Unspecified</pose><truncated>0</truncated>"
            f"<difficult>0</difficult><bndbox><xmin>{x0 + 1:.0f}</xmin><ymin>{y0 + 1:.0f}</ymin>"
            f"<xmax>{x1:.0f}</xmax><ymax>{y1:.0f}</ymax></bndbox><part><name>dot</name><bndbox>"
            "<xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part></object>"
            for name, (x0, y0, x1, y1) in objects
        )
        (folder / "Annotations" / f"{stem}.xml").write_text(
            f"<annotation><folder>VOC2012</folder><filename>{stem}.jpg</filename>"
            "<source><database>x</database></source>"
            f"<size><width>{SIZE[0]}</width><height>{SIZE[1]}</height><depth>3</depth></size>"
            f"<segmented>0</segmented>{text}</annotation>"
        )
    return folder


def write_yolo(folder: Path) -> Path:
    """As YOLO: a text file an image, classes from 0, shares of it; names in ``data.yaml``."""
    write_pictures(folder / "images/train")
    (folder / "labels/train").mkdir(parents=True)
    names = ["head", "stem", "clef"]
    for stem, objects in PAGES.items():
        lines = [
            f"{names.index(name)} {(x0 + x1) / 2 / SIZE[0]} {(y0 + y1) / 2 / SIZE[1]} "
            f"{(x1 - x0) / SIZE[0]} {(y1 - y0) / SIZE[1]}\n"
            for name, (x0, y0, x1, y1) in objects
        ]
        (folder / f"labels/train/{stem}.txt").write_text("".join(lines))
    (folder / "data.yaml").write_text(
        "path: .\ntrain: images/train\nval: images/train\n\n"
        "# classes\nnames:\n  0: head\n  1: stem\n  2: clef\n"
    )
    return folder


def write_graphs(folder: Path) -> Path:
    """As MUSCIMA++ 2: ``Nodes``, with masks and links; pictures in a folder beside."""
    return _write_graphs(folder, '<Nodes dataset="MUSCIMA-pp_2.0" document="{}">{}</Nodes>', "Node")


def write_old_graphs(folder: Path) -> Path:
    """As MUSCIMA++ 1: ``CropObjectList``."""
    shell = (
        '<CropObjectList xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        "<CropObjects><!-- {} -->{}</CropObjects></CropObjectList>"
    )
    return _write_graphs(folder, shell, "CropObject")


def _write_graphs(folder: Path, shell: str, tag: str) -> Path:
    write_pictures(folder / "images")
    (folder / "annotations").mkdir()
    for stem, objects in PAGES.items():
        text = "".join(
            f"<{tag}><Id>{number}</Id><ClassName>{name}</ClassName><Top>{y0:.0f}</Top>"
            f"<Left>{x0:.0f}</Left><Width>{x1 - x0:.0f}</Width><Height>{y1 - y0:.0f}</Height>"
            f"<Mask>0:3 1:9</Mask><Outlinks>1</Outlinks></{tag}>"
            for number, (name, (x0, y0, x1, y1)) in enumerate(objects)
        )
        head = '<?xml version="1.0" encoding="utf-8"?>\n'
        (folder / "annotations" / f"{stem}.xml").write_text(head + shell.format(stem, text))
    return folder


WRITERS: dict[str, Callable[[Path], Path]] = {
    "coco": write_coco,
    "deepscores-v2": write_v2,
    "deepscores-v1": write_v1,
    "pascal": write_pascal,
    "yolo": write_yolo,
    "muscima++ 2": write_graphs,
    "muscima++ 1": write_old_graphs,
}
LISTING = ("coco", "deepscores-v2", "deepscores-v1", "yolo")  # tell of classes without an object
