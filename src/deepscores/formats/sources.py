"""Find out in which layout a dataset of others is, and open it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from deepscores.dataset.layout import DATASET
from deepscores.errors import DatasetError, RecipeError
from deepscores.formats.coco import importing as annotations
from deepscores.formats.coco.reading import COCO, V2, read_annotations
from deepscores.formats.deepscores_v1 import importing as v1
from deepscores.formats.deepscores_v1.reading import is_v1
from deepscores.formats.layouts import annotation_files, graphs, is_pascal, is_yolo
from deepscores.formats.mung import importing as mung
from deepscores.formats.source_pages import Found, Source
from deepscores.formats.voc import importing as pascal
from deepscores.formats.yolo import importing as yolo

V1, YOLO, MUNG, VOC = "deepscores-v1", "yolo", "mung", "voc"


class Layout(NamedTuple):
    """How datasets of one layout are opened, and their pages read."""

    title: str
    fits: Callable[[Path], bool]
    open: Callable[[Path, str], Source]  # with the annotation set
    read: Callable[[Any], Found]  # in workers


LAYOUTS: dict[str, Layout] = {
    V1: Layout("a folder of DeepScores V1", is_v1, v1.open_v1, v1.read),
    V2: Layout(
        "DeepScoresV2 JSON",
        lambda path: annotations.layout_of(path) == V2,
        annotations.open_annotations,
        annotations.read,
    ),
    COCO: Layout(
        "COCO JSON",
        lambda path: annotations.layout_of(path) == COCO,
        annotations.open_annotations,
        annotations.read,
    ),
    YOLO: Layout("YOLO (labels/)", is_yolo, yolo.open_yolo, yolo.read),
    MUNG: Layout(
        "notation graphs (MuNG)", lambda path: bool(graphs(path)), mung.open_graphs, mung.read
    ),
    VOC: Layout("PASCAL VOC (Annotations/)", is_pascal, pascal.open_pascal, pascal.read),
}


def open_source(path: Path, layout: str | None = None, annotation_set: str = "") -> Source:
    """The dataset at *path*, in *layout* if that is told.

    Raise DatasetError where there is none, or several, RecipeError for a layout not known here.
    """
    if layout is not None and layout not in LAYOUTS:
        raise RecipeError(f"no layout {layout!r}; there are {', '.join(LAYOUTS)}")
    if not path.exists():
        raise DatasetError(f"{path}: no such file or folder")
    if (path / DATASET).exists():
        raise DatasetError(f"{path}: is a dataset of ours already")
    found = [name for name, one in LAYOUTS.items() if layout in (None, name) and one.fits(path)]
    if not found and layout is not None:
        raise DatasetError(f"{path}: holds no {LAYOUTS[layout].title}")
    if not found:
        for file in annotation_files(path):
            read_annotations(file)  # says what is wrong with it
        known = ", ".join(one.title for one in LAYOUTS.values())
        raise DatasetError(f"{path}: no dataset of a known layout: {known}")
    if len(found) > 1:
        raise DatasetError(
            f"{path}: holds {' and '.join(LAYOUTS[one].title for one in found)}; name one with "
            f"--from: {', '.join(found)}"
        )
    source = LAYOUTS[found[0]].open(path, annotation_set)
    if annotation_set and source.layout != V2:
        raise RecipeError(f"annotation-set: {LAYOUTS[source.layout].title} has none")
    if not source.pages:
        raise DatasetError(f"{path}: has no page ({LAYOUTS[source.layout].title})")
    if not source.classes:
        raise DatasetError(f"{path}: has no class, and so no object")
    return source
