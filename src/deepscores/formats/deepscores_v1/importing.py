"""Pages in the layout of DeepScores V1: normalised boxes in XML, pictures, class maps."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from deepscores.dataset.annotations import read_size, read_voc
from deepscores.dataset.layout import IMAGES, MASKS, XML
from deepscores.errors import DatasetError
from deepscores.formats.deepscores_v1.reading import LAYOUT, class_ids
from deepscores.formats.source_pages import Found, Left, Listed, Source, Thing
from deepscores.formats.source_splits import listed_splits
from deepscores.runs.files import read_bytes


class Entry(NamedTuple):
    """What it takes to read a page."""

    folder: Path
    stem: str
    ids: dict[str, int]  # of classes by name


def open_v1(folder: Path, _: str) -> Source:
    """The dataset in *folder*; its classes are those of its list, or else of its XML."""
    ids = class_ids(folder)
    files = sorted((folder / XML).glob("*.xml"))
    splits = listed_splits(folder)
    classes = tuple((str(number), name) for name, number in sorted(ids.items(), key=_by_id))
    if not ids:
        classes = tuple(("", name) for name in sorted(_names(files)))
    stems = {path.stem for path in files}
    return Source(
        LAYOUT,
        classes,
        [Listed(f"{XML}/{path.name}", splits.get(path.stem, "")) for path in files],
        files,
        "the class map's pixels within the box, of the box's class; where there are none, the "
        "box's dark pixels",
        whole_masks=False,
        entries=lambda: (Entry(folder, path.stem, ids) for path in files),
        left_out=[
            Left(f"{IMAGES}/{path.name}", "no annotation", "the picture has no XML")
            for path in sorted((folder / IMAGES).glob("*.png"))
            if path.stem not in stems
        ],
    )


def _by_id(item: tuple[str, int]) -> int:
    return item[1]


def _names(files: list[Path]) -> Iterator[str]:
    for path in files:
        try:
            yield from (one.name for one in read_voc(read_bytes(path), str(path)))
        except DatasetError:
            continue  # told when the page is read


def read(entry: Entry) -> Found:
    """One page; raise DatasetError if its XML cannot be read."""
    path = entry.folder / XML / f"{entry.stem}.xml"
    data = read_bytes(path)
    picture, classes = (entry.folder / kind / f"{entry.stem}.png" for kind in (IMAGES, MASKS))
    return Found(
        picture if picture.is_file() else None,
        [
            Thing(
                str(place), one.name, tuple(one.box), value=entry.ids.get(one.name, 0),
                onset=one.onset, duration=one.duration, position=one.position,
            )
            for place, one in enumerate(read_voc(data, str(path)), start=1)
        ],
        size=read_size(data, str(path)),
        in_shares=True,
        classes=classes if classes.is_file() else None,
    )  # fmt: skip
