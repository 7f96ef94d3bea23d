"""Datasets in JSON files with images, annotations and categories: COCO's layout, DeepScoresV2's."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepscores.dataset.contents import ObjectBoxes
from deepscores.errors import DatasetError
from deepscores.formats.protocol import Reader
from deepscores.formats.reading.annotated import UNKNOWN, AnnotatedDataset, AnnotatedPage
from deepscores.formats.reading.findings import CLASSES, FILES, Finding, repeated
from deepscores.formats.reading.sources import (
    ListedPage,
    Omission,
    Source,
    SourceObject,
    SourcePage,
)
from deepscores.formats.reading.splits import split_in_path
from deepscores.runs.caches import file_stamp
from deepscores.runs.files import read_json

_OWN_FILES = ("export.json", "dataset.json", "label_set.json")
_FACTS = ("score", "work", "engraver", "font")  # of images in our own exports
_DAMAGE = (KeyError, TypeError, ValueError, IndexError, AttributeError)
_NO_BOX = (float("nan"),) * 4

Table = dict[str, Any]  # what a file holds


class JsonAnnotation(NamedTuple):
    """One annotation."""

    id: str
    class_id: int
    box: tuple[float, ...]
    colour: int = UNKNOWN
    outline: tuple[float, ...] = _NO_BOX  # the box of its polygons
    entry: dict[str, Any] | None = None  # as the file has it


class JsonPage(NamedTuple):
    """What is needed to read a page."""

    page: AnnotatedPage
    class_names: Mapping[str, str]  # of the annotation set, by id


class JsonReader(Reader):
    """What the two layouts have in common; each says how its entries are read."""

    format: str
    image_of: str  # the key of an annotation's image
    file_of: str  # the key of an image's file
    whole_masks: bool  # segmentations include pixels under other objects

    def describes(self, table: Table) -> bool:
        """Whether *table* is in this layout."""
        raise NotImplementedError

    def annotations(self, table: Table) -> Iterable[tuple[Any, Any]]:
        """The annotations with their ids."""
        raise NotImplementedError

    def categories(self, table: Table) -> list[tuple[Any, dict[str, Any]]]:
        """The categories with their ids."""
        raise NotImplementedError

    def parse(self, number: str, entry: dict[str, Any]) -> JsonAnnotation:
        """One annotation; raise one of the usual errors for a damaged one."""
        raise NotImplementedError

    def class_ids(self, entry: Mapping[str, Any]) -> list[str]:
        """The ids of an annotation's classes."""
        raise NotImplementedError

    def object_fields(self, entry: Mapping[str, Any], value: int, colour: int) -> dict[str, Any]:
        """What a `SourceObject` has besides its id, class and box."""
        raise NotImplementedError

    def class_names(self, table: Table, annotation_set: str, file: Path) -> dict[str, str]:
        """Names by id, of the annotation set that counts."""
        return {
            str(number): str(entry.get("name"))
            for number, entry in self.categories(table)
            if number is not None
        }

    def masks(self, *, has_segmentations: bool) -> str:
        """Where the pixels of objects are from."""
        raise NotImplementedError

    def maps(self, folder: Path, stem: str) -> tuple[Path | None, Path | None]:
        """The class map and the instance map of an image."""
        return None, None

    def category_findings(
        self, file: str, names: Mapping[int, str], values: Mapping[int, int]
    ) -> Iterator[Finding]:
        """What is wrong with categories besides their ids."""
        return iter(())

    def recognises(self, path: Path) -> bool:
        """Whether the JSON at *path*, the first file of several, is in this layout."""
        files = annotation_files(path)
        try:
            return bool(files) and self.describes(_read_table(files[0]))
        except DatasetError:
            return False

    def explain(self, path: Path) -> None:
        """Raise DatasetError for JSON that is in neither layout."""
        for file in annotation_files(path):
            read_json(file)
            raise _unknown_layout(file)

    def open(self, path: Path, annotation_set: str = "") -> Source:
        """The dataset at *path*, which may be in several files."""
        files = annotation_files(path)
        root = path if path.is_dir() else path.parent
        classes: dict[str, str] = {}
        pages: list[ListedPage] = []
        omissions: list[Omission] = []
        has_segmentations = False
        for file in files:
            names = self.class_names(self.table_of(file), annotation_set, file)
            _merge_classes(classes, names, file)
            dataset = self._dataset(file, keep_entries=True)
            pages += [_list_page(page, file.relative_to(root)) for page in dataset.pages]
            omissions += [
                Omission(file.name, "damaged", f"annotation {finding.object}: {finding.detail}")
                for finding in dataset.findings
                if finding.check == FILES
            ]
            has_segmentations = has_segmentations or any(map(_has_segmentation, dataset.pages))

        def entries() -> Iterator[JsonPage]:
            for file in files:
                dataset = self._dataset(file, keep_entries=True)
                yield from (JsonPage(page, classes) for page in dataset.pages)

        ordered = tuple(sorted(classes.items(), key=lambda item: _by_number(item[0])))
        return Source(
            self.format,
            ordered,
            pages,
            files,
            self.masks(has_segmentations=has_segmentations),
            self.whole_masks and has_segmentations,
            entries,
            omissions,
        )

    def read(self, entry: JsonPage) -> SourcePage:
        """One page."""
        page = entry.page
        assert page.values is not None
        assert page.colours is not None
        space = (page.image_entry or {}).get("staff_space")
        omissions: list[tuple[str, str]] = []
        objects = []
        for identity, box, raw, value, colour in zip(
            page.objects.ids, page.objects.boxes.tolist(), page.object_entries,
            page.values.tolist(), page.colours.tolist(), strict=True,
        ):  # fmt: skip
            if raw.get("iscrowd") and not raw.get("ignore"):
                omissions.append(("crowd", f"annotation {identity}: stands for many objects"))
                continue
            try:
                fields = self.object_fields(raw, value, colour)
            except _DAMAGE as error:
                detail = f"annotation {identity}: {type(error).__name__} {error}"
                omissions.append(("damaged", detail))
                continue
            names = (entry.class_names.get(class_id) for class_id in self.class_ids(raw))
            name = next((name for name in names if name is not None), "")
            objects.append(SourceObject(identity, name, tuple(box), **fields))
        return SourcePage(
            page.image,
            objects,
            size=(page.width, page.height) if page.width and page.height else None,
            class_map=page.class_map,
            instance_map=page.instance_map,
            staff_space=float(space) if isinstance(space, int | float) and space > 0 else 0.0,
            omissions=omissions,
        )

    def pages(self, path: Path) -> Iterator[AnnotatedPage]:
        """Every page; raise DatasetError for the first annotation that cannot be read."""
        for file in annotation_files(path):
            dataset = self._dataset(file)
            for finding in dataset.findings:
                if finding.check == FILES:
                    place = f"{file}, annotation {finding.object}" if finding.object else str(file)
                    raise DatasetError(f"{place}: {finding.detail}")
            yield from dataset.pages

    def audit(self, path: Path) -> AnnotatedDataset:
        """Every page of one file; annotations that cannot be read are findings."""
        files = annotation_files(path)
        if len(files) > 1:
            names = ", ".join(file.name for file in files)
            raise DatasetError(f"{path}: several annotation files, name one: {names}")
        return self._dataset(files[0])

    def table_of(self, path: Path) -> Table:
        """What the file *path* holds; raise DatasetError if it is in another layout."""
        table = _read_table(path)
        if not self.describes(table):
            raise DatasetError(f"{path}: not {self.format}, as the first file of the dataset is")
        return table

    def _dataset(self, path: Path, *, keep_entries: bool = False) -> AnnotatedDataset:
        """The dataset in the file *path*; pages may keep their entries."""
        if keep_entries:
            return _cached_dataset(self, path, file_stamp(path))
        return self.parse_table(self.table_of(path), path, keep_entries=False)

    def parse_table(self, table: Table, path: Path, *, keep_entries: bool) -> AnnotatedDataset:
        """The dataset in the *table* that the file *path* holds; pages may keep their entries."""
        categories = self.categories(table)
        names = {parse_id(number): str(entry.get("name")) for number, entry in categories}
        values = {
            parse_id(number): parse_id(entry.get("color", UNKNOWN)) for number, entry in categories
        }
        ids = [parse_id(number) for number, _ in categories]
        findings = [
            *_category_findings(path.name, names, ids),
            *self.category_findings(path.name, names, values),
        ]
        of_image: dict[str, list[JsonAnnotation]] = defaultdict(list)
        pairs = list(self.annotations(table))
        for number, entry in pairs:
            try:
                annotation = self.parse(str(number), entry)
                of_image[str(entry[self.image_of])].append(
                    annotation._replace(entry=entry) if keep_entries else annotation
                )
            except _DAMAGE as error:
                detail = f"annotation cannot be read: {type(error).__name__} {error}"
                findings.append(Finding(FILES, path.name, str(number), detail))
        findings += [
            Finding(FILES, path.name, number, "two annotations have this id")
            for number in repeated(str(number) for number, _ in pairs)
        ]
        pages = []
        listed_classes = tuple(names.values())
        for image in table["images"]:
            try:
                annotations = of_image.pop(str(image["id"]), [])
                findings += _unknown_classes(image, annotations, names)
                page = self._page(path, image, annotations, names, values)
                entries = tuple(annotation.entry or {} for annotation in annotations)
                entries_of_page = (
                    {"image_entry": image, "object_entries": entries} if keep_entries else {}
                )
                pages.append(replace(page, listed_classes=listed_classes, **entries_of_page))
            except _DAMAGE as error:
                detail = f"image cannot be read: {type(error).__name__} {error}"
                findings.append(Finding(FILES, path.name, "", detail))
        for number, annotations in of_image.items():
            detail = f"{len(annotations)} annotations of image {number}, which is not in the list"
            findings.append(Finding(FILES, path.name, annotations[0].id, detail))
        return AnnotatedDataset(self.format, pages, findings)

    def _page(
        self,
        path: Path,
        image: dict[str, Any],
        annotations: list[JsonAnnotation],
        names: dict[int, str],
        values: dict[int, int],
    ) -> AnnotatedPage:
        file = str(image[self.file_of])
        class_ids = [annotation.class_id for annotation in annotations]
        outlines = np.array([annotation.outline for annotation in annotations], np.float64).reshape(
            -1, 4
        )
        class_map, instance_map = self.maps(path.parent, Path(file).stem)
        return AnnotatedPage(
            file,
            int(image.get("width") or 0),
            int(image.get("height") or 0),
            ObjectBoxes(
                [annotation.id for annotation in annotations],
                np.array(class_ids, np.int64),
                [names.get(class_id, "?") for class_id in class_ids],
                np.array([annotation.box for annotation in annotations], np.float64).reshape(-1, 4),
            ),
            _image_file(path, file),
            class_map,
            instance_map,
            np.array([values.get(class_id, UNKNOWN) for class_id in class_ids], np.int64),
            np.array([annotation.colour for annotation in annotations], np.int64),
            frozenset(values.values()),
            outlines if np.isfinite(outlines).any() else None,
        )


def annotation_files(path: Path) -> list[Path]:
    """The JSON files at *path*: of COCO's many in one folder, those with instances."""
    if path.is_file():
        return [path] if path.suffix.lower() == ".json" else []
    files = sorted([*path.glob("*.json"), *path.glob("annotations/*.json")])
    files = [file for file in files if file.name not in _OWN_FILES]
    return [file for file in files if file.name.startswith("instances")] or files


def parse_box(values: Any) -> tuple[float, ...]:
    """Four numbers."""
    a, b, c, d = (float(value) for value in values)
    return a, b, c, d


def parse_corners(values: Any) -> tuple[float, ...]:
    """Eight numbers that make an area, else none."""
    if not isinstance(values, list) or len(values) != 8:
        return ()
    corners = tuple(float(value) for value in values)
    width = max(corners[::2]) - min(corners[::2])
    height = max(corners[1::2]) - min(corners[1::2])
    return corners if width > 0 and height > 0 else ()


def parse_id(value: Any) -> int:
    """*value* as a whole number, or UNKNOWN."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return UNKNOWN


def _read_table(path: Path) -> Table:
    return _cached_table(path, file_stamp(path))


# Most datasets are one file, which is asked for several times.
@lru_cache(maxsize=1)
def _cached_table(path: Path, _: tuple[int, int, int]) -> Table:
    return read_json(path)


@lru_cache(maxsize=1)
def _cached_dataset(reader: JsonReader, path: Path, _: tuple[int, int, int]) -> AnnotatedDataset:
    return reader.parse_table(reader.table_of(path), path, keep_entries=True)


def _unknown_layout(path: Path) -> DatasetError:
    return DatasetError(
        f"{path}: neither COCO nor DeepScoresV2: no images, annotations, categories"
    )


def _merge_classes(classes: dict[str, str], names: Mapping[str, str], file: Path) -> None:
    for number, name in names.items():
        if classes.setdefault(number, name) != name:
            raise DatasetError(f"{file}: category {number} is {name!r}, {classes[number]!r} before")


def _by_number(identity: str) -> tuple[int, str]:
    return (int(identity), "") if identity.lstrip("-").isdecimal() else (1 << 62, identity)


def _list_page(page: AnnotatedPage, file: Path) -> ListedPage:
    entry = page.image_entry or {}
    facts = {key: str(entry[key]) for key in _FACTS if isinstance(entry.get(key), str)}
    split = split_in_path(file) or split_in_path(Path(page.name).parent)
    return ListedPage(f"{file}/{page.name}", split, **facts)


def _has_segmentation(page: AnnotatedPage) -> bool:
    return any(entry.get("segmentation") for entry in page.object_entries)


def _category_findings(
    file: str, names: Mapping[int, str], ids: Iterable[int]
) -> Iterator[Finding]:
    for number in repeated(ids):
        yield Finding(CLASSES, file, str(number), "two categories have this id")
    for number, name in names.items():
        if number <= 0:
            reason = "the background's" if number == 0 else "not a number"
            yield Finding(CLASSES, file, str(number), f"{name}: its id is {reason}")


def _unknown_classes(
    image: Mapping[str, Any], annotations: Iterable[JsonAnnotation], names: Mapping[int, str]
) -> Iterator[Finding]:
    image_file = str(image.get("file_name") or image.get("filename"))
    for annotation in annotations:
        class_id = annotation.class_id
        if class_id not in names:
            detail = "no class" if class_id == UNKNOWN else f"class id {class_id}, not listed"
            yield Finding(CLASSES, image_file, annotation.id, detail)


def _image_file(path: Path, file: str) -> Path | None:
    folder, split = path.parent, path.stem.rpartition("_")[2]  # annotations/instances_train.json
    folders = [folder, folder / "images", folder.parent / "images"]
    folders += [place / split for place in (*folders, folder.parent)]
    return next((place / file for place in folders if (place / file).is_file()), None)
