"""Small datasets of every layout that can be imported, in their true formats, with ink.

Two pages of 200 × 100 pixels: a head with a stem, which overlap, and a head; on each of them five
staff lines that no one labels.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.inspection.report.samples import (
    HEAD,
    PAGES,
    SIZE,
    STEM,
    write_coco,
    write_graphs,
    write_old_graphs,
    write_pascal,
    write_v1,
    write_v2,
    write_yolo,
)

WIDTH, HEIGHT = SIZE
COLOURS = {"1": 0x0000B9, "2": 0x0100B9, "3": 0x0000C0}  # of V2's instances, by annotation
HALF_HIDDEN = [(31, y) for y in range(40, 45)]  # where head and stem both are


def picture(stem: str) -> NDArray[np.uint8]:
    image = np.full((HEIGHT, WIDTH), 255, np.uint8)
    image[30:71:10] = 0  # staff lines
    for _, box in PAGES[stem]:
        x0, y0, x1, y1 = (int(side) for side in box)
        image[y0:y1, x0:x1] = 0
    return image


def mask(box: tuple[float, ...]) -> NDArray[np.bool_]:
    x0, y0, x1, y1 = (int(side) for side in box)
    pixels = np.zeros((HEIGHT, WIDTH), np.bool_)
    pixels[y0:y1, x0:x1] = True
    return pixels


def write_pictures(folder: Path, suffix: str = ".png") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for stem in PAGES:
        Image.fromarray(picture(stem)).save(folder / f"{stem}{suffix}")


def v1(folder: Path) -> Path:
    """With class maps; XML names ``.svg``, as the published one."""
    write_v1(folder)
    write_pictures(folder / "images_png")
    (folder / "pix_annotations_png").mkdir()
    for stem, objects in PAGES.items():
        classes = np.zeros((HEIGHT, WIDTH), np.uint8)
        for name, box in objects:
            classes[mask(box)] = ("head", "stem").index(name) + 1
        Image.fromarray(classes).save(folder / f"pix_annotations_png/{stem}.png")
    return folder


def v1_of_old(folder: Path) -> Path:
    """Ids from 0, as published: the first class cannot be told from paper."""
    v1(folder)
    (folder / "class_names.csv").write_text("0,head\n1,stem\n2,clef\n")
    for path in (folder / "pix_annotations_png").iterdir():
        classes = np.asarray(Image.open(path))
        Image.fromarray(np.where(classes > 0, classes - 1, 0).astype(np.uint8)).save(path)
    return folder


def v2(folder: Path) -> Path:
    """With class and instance maps; classes of two annotation sets, one of them null."""
    path = write_v2(folder)
    write_pictures(folder / "images")
    for name in ("segmentation", "instance"):
        (folder / name).mkdir()
    table = json.loads(path.read_text())
    table["categories"]["4"] = {"name": "head", "annotation_set": "muscima++", "color": 9}
    numbers = iter(table["annotations"])
    for stem, objects in PAGES.items():
        classes = np.zeros((HEIGHT, WIDTH), np.uint8)
        instances = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
        for name, box in objects:
            number = next(numbers)
            note = table["annotations"][number]
            colour = COLOURS[number]
            classes[mask(box)] = ("head", "stem").index(name) + 1
            instances[mask(box)] = (colour >> 16, colour >> 8 & 255, colour & 255, 255)
            note["cat_id"] = ["1", "4"] if name == "head" else ["2", None]
            x0, y0, x1, y1 = box
            note["o_bbox"] = [x1, y1, x1, y0, x0, y0, x0, y1]
            note["comments"] = f"instance:#{colour:06x};onset:12.5;duration:8;rel_position:3;"
        palette = Image.fromarray(classes, "P")
        palette.putpalette([0] * 768)
        palette.save(folder / f"segmentation/{stem}_seg.png")
        Image.fromarray(instances).save(folder / f"instance/{stem}_inst.png")
    path.write_text(json.dumps(table))
    return folder


def coco(folder: Path) -> Path:
    """Boxes, polygons and plain run lengths, in ``annotations/`` beside ``train2017/``."""
    path = write_coco(folder / "annotations")
    write_pictures(folder / "train2017", ".jpg")
    table = json.loads(path.read_text())
    for image in table["images"]:
        image["file_name"] = image["file_name"].replace(".png", ".jpg")
    head, stem, _ = table["annotations"]
    x0, y0, x1, y1 = HEAD
    head["segmentation"] = [[x0, y0, x1, y0, x1, y1, x0, y1]]
    flat = mask(STEM).T.ravel()
    ends = np.flatnonzero(np.diff(np.concatenate([[False], flat, [False]]).astype(int)))
    counts = np.diff(np.concatenate([[0], ends, [flat.size]])).tolist()
    stem["segmentation"] = {"size": [HEIGHT, WIDTH], "counts": counts}
    path.write_text(json.dumps(table))
    path.rename(path.with_name("instances_train2017.json"))
    return folder


def yolo(folder: Path) -> Path:
    write_yolo(folder)
    write_pictures(folder / "images/train")
    return folder


def _yolo_of(folder: Path, corners: Callable[[tuple[float, ...]], list[float]]) -> Path:
    yolo(folder)
    for stem, objects in PAGES.items():
        lines = []
        for name, box in objects:
            shares = np.array(corners(box)).reshape(-1, 2) / SIZE
            numbers = " ".join(f"{number:.8f}" for number in shares.ravel())
            lines.append(f"{('head', 'stem').index(name)} {numbers}\n")
        (folder / f"labels/train/{stem}.txt").write_text("".join(lines))
    return folder


def yolo_polygons(folder: Path) -> Path:
    """Segmentation: polygons of any number of corners."""

    def corners(box: tuple[float, ...]) -> list[float]:
        x0, y0, x1, y1 = box
        return [x0, y0, (x0 + x1) / 2, y0, x1, y0, x1, y1, x0, y1]

    return _yolo_of(folder, corners)


def yolo_oriented(folder: Path) -> Path:
    """Four corners each."""

    def corners(box: tuple[float, ...]) -> list[float]:
        x0, y0, x1, y1 = box
        return [x1, y0, x1, y1, x0, y1, x0, y0]

    return _yolo_of(folder, corners)


def _with_ink(folder: Path, masks: dict[str, str]) -> Path:
    shutil.rmtree(folder / "images")
    write_pictures(folder / "images")
    for path in (folder / "annotations").iterdir():
        text = path.read_text()
        for name, box in PAGES[path.stem]:
            x0, y0, x1, y1 = (int(side) for side in box)
            text = text.replace(
                "<Mask>0:3 1:9</Mask>",
                f"<Mask>{masks[name].format((x1 - x0) * (y1 - y0))}</Mask>",
                1,
            )
        path.write_text(text)
    return folder


def mung(folder: Path) -> Path:
    return _with_ink(write_graphs(folder), {"head": "1:{}", "stem": "1:{}"})


def mung_of_old(folder: Path) -> Path:
    """As MUSCIMA++ 1."""
    return _with_ink(write_old_graphs(folder), {"head": "1:{}", "stem": "1:{}"})


def voc(folder: Path) -> Path:
    write_pascal(folder)
    write_pictures(folder / "JPEGImages", ".jpg")
    (folder / "ImageSets/Main").mkdir(parents=True)
    (folder / "ImageSets/Main/train.txt").write_text("one\n")
    (folder / "ImageSets/Main/test.txt").write_text("two\n")
    return folder


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "deepscores-v1": v1,
    "deepscores-v1, ids from 0": v1_of_old,
    "deepscores-v2": v2,
    "coco": coco,
    "yolo": yolo,
    "yolo, polygons": yolo_polygons,
    "yolo, oriented": yolo_oriented,
    "mung": mung,
    "mung, version 1": mung_of_old,
    "voc": voc,
}


def edit_json(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    table = json.loads(path.read_text())
    change(table)
    path.write_text(json.dumps(table))
