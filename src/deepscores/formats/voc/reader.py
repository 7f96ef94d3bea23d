"""PASCAL VOC: boxes in whole pixels, in XML."""

from collections.abc import Iterator
from pathlib import Path

from deepscores.dataset.splits import SPLITS
from deepscores.errors import DatasetError
from deepscores.formats.protocol import Reader
from deepscores.formats.reading.annotated import AnnotatedPage, boxed_page
from deepscores.formats.reading.pictures import picture_of
from deepscores.formats.reading.sources import ListedPage, Source, SourceObject, SourcePage
from deepscores.formats.voc.xml import read_pascal
from deepscores.runs.files import read_bytes

_PICTURES = "JPEGImages"
_LISTS = "ImageSets/Main"


class VocReader(Reader):
    """Folders with ``Annotations/``."""

    def recognises(self, path: Path) -> bool:
        """Whether there is XML in the folder of annotations."""
        return next(_annotations_folder(path).glob("*.xml"), None) is not None

    def open(self, path: Path, annotation_set: str = "") -> Source:
        """The dataset in the folder *path*; its classes are those of its objects, by name."""
        files = _xml_files(path)
        splits = _listed_splits(_annotations_folder(path).parent)
        return Source(
            "voc",
            tuple(("", name) for name in sorted(set(_class_names(files)))),
            [ListedPage(f"Annotations/{file.name}", splits.get(file.stem, "")) for file in files],
            files,
            "the box's dark pixels",
            whole_masks=False,
            entries=lambda: iter(files),
        )

    def read(self, entry: Path) -> SourcePage:
        """The page of one XML file."""
        width, height, objects = read_pascal(read_bytes(entry), str(entry))
        return SourcePage(
            picture_of(entry, _PICTURES, "images"),
            [
                SourceObject(str(place), voc_object.name, tuple(voc_object.box))
                for place, voc_object in enumerate(objects, start=1)
            ],
            size=(width, height),
        )

    def pages(self, path: Path) -> Iterator[AnnotatedPage]:
        """Every page, in the order of names; its classes are known as it is read."""
        for file in _xml_files(path):
            width, height, objects = read_pascal(read_bytes(file), str(file))
            names = [voc_object.name for voc_object in objects]
            boxes = [voc_object.box for voc_object in objects]
            yield boxed_page(file.stem, (width, height), names, boxes)


def _annotations_folder(folder: Path) -> Path:
    return folder if folder.name == "Annotations" else folder / "Annotations"


def _xml_files(folder: Path) -> list[Path]:
    return sorted(_annotations_folder(folder).glob("*.xml"))


def _listed_splits(folder: Path) -> dict[str, str]:
    """Splits by stem."""
    splits: dict[str, str] = {}
    for split in SPLITS:
        path = folder / _LISTS / f"{split}.txt"
        if path.is_file():
            stems = read_bytes(path).decode("utf-8", "replace").split()
            splits |= dict.fromkeys(stems, split)
    return splits


def _class_names(files: list[Path]) -> Iterator[str]:
    for path in files:
        try:
            objects = read_pascal(read_bytes(path), str(path))[2]
        except DatasetError:
            continue  # reported when the page is read
        yield from (voc_object.name for voc_object in objects)
