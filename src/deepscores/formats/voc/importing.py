"""Pages in the layout of PASCAL VOC: boxes in whole pixels."""

from collections.abc import Iterator
from pathlib import Path

from deepscores.errors import DatasetError
from deepscores.formats.layouts import annotations_folder, picture_of
from deepscores.formats.source_pages import Found, Listed, Source, Thing
from deepscores.formats.voc.xml import read_pascal
from deepscores.runs.files import read_bytes

_PICTURES = "JPEGImages"
_LISTS = "ImageSets/Main"


def open_pascal(folder: Path, _: str) -> Source:
    """The dataset in *folder*; its classes are those of its objects, by name."""
    files = sorted(annotations_folder(folder).glob("*.xml"))
    splits = _splits(annotations_folder(folder).parent)
    return Source(
        "voc",
        tuple(("", name) for name in sorted(set(_names(files)))),
        [Listed(f"Annotations/{path.name}", splits.get(path.stem, "")) for path in files],
        files,
        "the box's dark pixels",
        whole_masks=False,
        entries=lambda: iter(files),
    )


def _splits(folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for split in ("train", "val", "test"):
        path = folder / _LISTS / f"{split}.txt"
        if path.is_file():
            names = read_bytes(path).decode("utf-8", "replace").split()
            found |= dict.fromkeys(names, split)
    return found


def _names(files: list[Path]) -> Iterator[str]:
    for path in files:
        try:
            yield from (one.name for one in read_pascal(read_bytes(path), str(path))[2])
        except DatasetError:
            continue  # told when the page is read


def read(path: Path) -> Found:
    """One page; raise DatasetError if its XML cannot be read."""
    width, height, things = read_pascal(read_bytes(path), str(path))
    return Found(
        picture_of(path, _PICTURES, "images"),
        [Thing(str(place), one.name, tuple(one.box)) for place, one in enumerate(things, start=1)],
        size=(width, height),
    )
