"""The files of a run: those of each page, a record that vouches for them, and lists of all."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from deepscores.errors import DatasetError
from deepscores.formats.writing.compact import compact_json
from deepscores.formats.writing.palette import class_colours
from deepscores.inference.models.card import ModelCard
from deepscores.inference.models.detections import Detections
from deepscores.inference.predicting.encoding import grey_png, palette_png
from deepscores.inference.predicting.inputs import PageInput
from deepscores.inference.predicting.reading import PagePicture
from deepscores.runs.files import replacing, write_file

DETECTIONS, COCO, CSV = "detections.json", "coco.json", "predictions.csv"
MASKS, OVERLAY, PAGES = "masks", "overlay", "pages"  # folders of NAME.png
WORK = ".predict"
_RECORDS = f"{WORK}/pages"
OWNED = (DETECTIONS, COCO, CSV, MASKS, OVERLAY, PAGES, _RECORDS)


def record_path(folder: Path, name: str) -> Path:
    """The path of the record of a page."""
    return folder / _RECORDS / f"{name}.json"


def read_record(folder: Path, page: PageInput) -> dict[str, Any] | None:
    """The record of *page* by an earlier run; None if there is none that is still valid."""
    try:
        record: dict[str, Any] = json.loads(record_path(folder, page.name).read_bytes())
    except (OSError, ValueError):
        return None
    return record if record.get("source") == _source(page) else None


def write_record(folder: Path, page: PageInput, record: Mapping[str, Any]) -> None:
    """Write the record that vouches for the files of *page*."""
    table = {"source": _source(page), **record}
    write_file(record_path(folder, page.name), compact_json(table))


def _source(page: PageInput) -> list[Any]:
    """Identifies the content of a page's file: by its size and modification time, in ns."""
    try:
        status = page.path.stat()
    except OSError as error:
        raise DatasetError(f"{page.path}: {error.strerror}") from None
    return [str(page.path.resolve()), page.place, status.st_size, status.st_mtime_ns]


def drop_others(folder: Path, names: set[str]) -> None:
    """Remove the files of pages that are not among *names*."""
    for path in (folder / _RECORDS).glob("*.json"):
        if path.stem not in names:
            for kind in (MASKS, OVERLAY, PAGES):
                (folder / kind / f"{path.stem}.png").unlink(missing_ok=True)
            path.unlink()


def describe(page: PageInput, read: PagePicture, folder: Path) -> dict[str, Any]:
    """A page as COCO lists it, but for its id; ``file_name`` from *folder* on."""
    height, width = read.image.shape
    picture = page.path if read.in_file else folder / PAGES / f"{page.name}.png"
    table: dict[str, Any] = {
        "file_name": Path(os.path.relpath(picture.resolve(), folder.resolve())).as_posix(),
        "width": width,
        "height": height,
        "page": page.name,
        "staff_space": round(read.staff_space or 0.0, 3),
        "staff_space_is": read.staff_space_origin,
    }
    if not read.in_file:
        source = os.path.relpath(page.path.resolve(), folder.resolve())
        table |= {"source": Path(source).as_posix(), "source_page": page.place + 1}
    if read.dpi:
        table["dpi"] = round(read.dpi, 3)
    if read.inverted:
        table["inverted"] = True
    return table


def as_objects(detections: Detections) -> list[list[float]]:
    """Class id, x, y, width, height and score of each, rounded as they are written."""
    box = np.concatenate(
        [detections.box[:, :2], detections.box[:, 2:] - detections.box[:, :2]], axis=1
    )
    return [
        [class_id, *(round(side, 2) for side in sides), round(score, 5)]
        for class_id, sides, score in zip(
            detections.class_id.tolist(), box.tolist(), detections.score.tolist(), strict=True
        )
    ]


def write_mask(
    folder: Path, name: str, mask: NDArray[np.uint8] | NDArray[np.uint16], classes: int
) -> None:
    """Class ids as a PNG, in colours that tell them apart while there are no more than 256."""
    if mask.dtype == np.uint8:
        png = palette_png(mask.astype(np.uint8, copy=False), class_colours(classes + 1))
    else:
        png = grey_png(mask)
    write_file(folder / MASKS / f"{name}.png", png)


def write_lists(folder: Path, card: ModelCard, pages: Sequence[tuple[int, str]]) -> int:
    """Write the lists of all pages, given by id and name; return the number of predictions.

    ``coco.json`` lists pages, classes and boxes as COCO does; besides, of boxes,
    ``detections.json`` as COCO lists results; of patches, ``predictions.csv`` instead.
    """
    if card.task == "classify":
        with replacing(folder / CSV) as file:
            return _write_csv(file, folder, pages)
    with replacing(folder / COCO) as file:
        info = {"description": f"predicted by deepscores {card.version}, {card.task}"}
        file.write(b'{"info":' + compact_json(info | {"label_set": card.label_set}))
        file.write(b',\n"licenses":[],\n"categories":' + compact_json(_categories(card)))
        file.write(b',\n"images":')
        _write_list(file, (_image(folder, *page) for page in pages))
        file.write(b',\n"annotations":')
        _write_list(file, _annotations(folder, pages))
        file.write(b"}\n")
    if card.task == "segment":
        return sum(int(_load(folder, name)["pixels"]) for _, name in pages)
    with replacing(folder / DETECTIONS) as file:
        return _write_list(file, _results(folder, pages))


def _write_list(file: IO[bytes], values: Iterator[dict[str, Any]]) -> int:
    place = 0
    file.write(b"[")
    for place, value in enumerate(values, start=1):
        file.write((b",\n" if place > 1 else b"\n") + compact_json(value))
    file.write(b"]")
    return place


def _write_csv(file: IO[bytes], folder: Path, pages: Sequence[tuple[int, str]]) -> int:
    rows = 0
    file.write(b"patch,label,score\n")
    for _, name in pages:
        for number, label, score in _load(folder, name)["patches"]:
            file.write(f"{name}-{number:05d},{label},{score}\n".encode())
            rows += 1
    return rows


def _categories(card: ModelCard) -> list[dict[str, Any]]:
    return [
        {"id": number, "name": name, "supercategory": card.label_set}
        for number, name in enumerate(card.classes, start=1)
    ]


def _image(folder: Path, number: int, name: str) -> dict[str, Any]:
    return {"id": number, **_load(folder, name)["image"]}


def _results(folder: Path, pages: Sequence[tuple[int, str]]) -> Iterator[dict[str, Any]]:
    for number, name in pages:
        for class_id, *box, score in _load(folder, name).get("objects", ()):
            yield {
                "image_id": number,
                "category_id": class_id,
                "bbox": box,
                "score": score,
                "file_name": f"{name}.png",
            }


def _annotations(folder: Path, pages: Sequence[tuple[int, str]]) -> Iterator[dict[str, Any]]:
    for number, result in enumerate(_results(folder, pages), start=1):
        del result["file_name"]
        area = round(result["bbox"][2] * result["bbox"][3], 2)
        yield {"id": number, **result, "area": area, "iscrowd": 0, "segmentation": []}


def _load(folder: Path, name: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(record_path(folder, name).read_bytes())
    return record
