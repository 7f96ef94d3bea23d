"""What lies at a path: where the files of each layout of others' datasets are found."""

from itertools import islice
from pathlib import Path

from PIL import Image

from deepscores.dataset.splits import SPLITS
from deepscores.errors import DatasetError
from deepscores.formats.coco.reading import json_files
from deepscores.formats.mung.nodes import is_mung
from deepscores.formats.yolo.lines import read_names
from deepscores.runs.files import read_bytes

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
_HEAD = 4096  # bytes that tell what an XML file is
_LOOKED_AT = 3  # files of a folder
_NO_LABELS = ("classes", "obj")  # text files of YOLO's that are of no image


def annotation_files(path: Path) -> list[Path]:
    """The JSON files at *path*: of COCO's many in one folder, those with instances."""
    if path.is_file():
        return [path] if path.suffix.lower() == ".json" else []
    every = json_files(path)
    return [one for one in every if one.name.startswith("instances")] or every


def annotations_folder(folder: Path) -> Path:
    """Where PASCAL VOC's XML is."""
    return folder if folder.name == "Annotations" else folder / "Annotations"


def is_pascal(path: Path) -> bool:
    return next(annotations_folder(path).glob("*.xml"), None) is not None


def label_folders(folder: Path) -> list[Path]:
    """The folders ``labels`` of YOLO, one for all splits or one in each."""
    if not folder.is_dir():
        return []
    if folder.name == "labels":
        return [folder]
    found = [path for path in folder.glob("labels") if path.is_dir()]
    return sorted(found or (path for path in folder.glob("*/labels") if path.is_dir()))


def is_yolo(path: Path) -> bool:
    return any(next(folder.rglob("*.txt"), None) for folder in label_folders(path))


def yolo_files(labels: Path) -> dict[Path, tuple[Path | None, Path | None]]:
    """Labels and picture by their common name in one folder of labels, in order."""
    pictures = labels.with_name("images")
    files = {path.relative_to(labels).with_suffix(""): path for path in labels.rglob("*.txt")}
    images = {
        path.relative_to(pictures).with_suffix(""): path
        for path in pictures.rglob("*")
        if path.suffix.lower() in PICTURES
    }
    names = sorted(files.keys() | images.keys())  # an image without labels has no objects
    return {one: (files.get(one), images.get(one)) for one in names if str(one) not in _NO_LABELS}


def yolo_names(folder: Path) -> list[str]:
    """Class names by number; empty if no file has them."""
    for place in (folder, folder.parent):
        for path in sorted([*place.glob("*.yaml"), *place.glob("*.yml")]):
            return read_names(read_bytes(path).decode("utf-8", "replace"), str(path))
        for name in ("classes.txt", "labels/classes.txt", "obj.names"):
            if (place / name).is_file():
                text = read_bytes(place / name).decode("utf-8", "replace")
                return [line.strip() for line in text.splitlines() if line.strip()]
    return []


def graphs(path: Path) -> list[Path]:
    """The notation graphs at *path*: a file, or those of the one folder that has some.

    Folders called after splits, as an export of ours has them, are one.
    """
    if path.is_file():
        return [path] if path.suffix.lower() == ".xml" and _is_graph(path) else []
    folders = sorted({file.parent for file in path.rglob("*.xml")})
    found = [one for one in folders if any(map(_is_graph, islice(one.glob("*.xml"), _LOOKED_AT)))]
    if len(found) > 1 and not {one.name for one in found} <= set(SPLITS):
        some = ", ".join(str(one.relative_to(path)) for one in found)
        raise DatasetError(f"{path}: notation graphs in several folders, name one: {some}")
    return [file for folder in found for file in sorted(folder.glob("*.xml"))]


def _is_graph(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_mung(file.read(_HEAD))
    except OSError:
        return False


def picture_of(file: Path, *folders: str) -> Path | None:
    """The picture of an annotation file: beside it, or in one of *folders* beside its own.

    Where its own is that of a split, in the split's folder in one of *folders*, too.
    """
    own = file.parent
    places = [own, *(own.parent / name for name in folders)]
    if own.name in SPLITS:
        places += [own.parent.parent / name / own.name for name in folders]
    pictures = (place / f"{file.stem}{suffix}" for place in places for suffix in PICTURES)
    return next((one for one in pictures if one.is_file()), None)


def picture_size(path: Path | None) -> tuple[int, int]:
    """Width and height as the file's header has them; zeros without a file."""
    if path is None:
        return 0, 0
    try:
        with Image.open(path) as image:
            return image.size
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise DatasetError(f"{path}: not a readable image: {error}") from None
