"""Convert a page as its source describes it to the page's files and rows."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.building.importing.pixels import by_colour, ink_in, owners_of, value_in
from deepscores.building.importing.relations import parents
from deepscores.dataset.png.codec import decode_grey, decode_values
from deepscores.dataset.png.deflate import find_runs
from deepscores.dataset.writer import Provenance, Sample, make_sample
from deepscores.errors import DatasetError
from deepscores.formats.reading.masks import Mask, Pixels, Polygons, pixel_boxes
from deepscores.formats.reading.sources import Omission, SourceObject, SourcePage
from deepscores.page.geometry import Box
from deepscores.page.labels.label_sets import LabelSet
from deepscores.page.labels.run_lengths import encode_rles
from deepscores.page.measuring.line_distance import estimate_staff_space
from deepscores.page.model import Page, Painting, RunPicture, Sheet, Symbol, Symbols
from deepscores.runs.files import read_bytes

MAX_OBJECTS_PER_PAGE = 65_535  # what a map of 16 bits can number


class PageError(DatasetError):
    """Why a page as a whole is left out."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class ImportedPage(NamedTuple):
    """An imported page, and what happened to its objects."""

    sample: Sample
    left_out: list[Omission]
    counts: Counter[str]  # what was changed or estimated


class _Pictures(NamedTuple):
    """All that a page has in pixels."""

    image: NDArray[np.uint8]
    classes: NDArray[np.uint32] | None
    colours: Mapping[int, Pixels]


def make_page(
    source_page: SourcePage,
    origin: Provenance,
    number: int,
    labels: LabelSet,
    names: Mapping[str, str],
    place: int,
    *,
    whole_masks: bool,
) -> ImportedPage:
    """Convert *source_page*; raise PageError if it cannot be converted.

    *names* are those of classes here by those in the source. *place* is the page's among those
    written with it.
    """
    counts: Counter[str] = Counter()
    pictures = _open(source_page, counts)
    height, width = pictures.image.shape
    left_out = list(source_page.omissions)
    objects = list(_on_page(source_page, width, height, names, left_out, counts))
    if len(objects) > MAX_OBJECTS_PER_PAGE:
        raise PageError(
            "too many objects", f"{len(objects)} objects, of at most {MAX_OBJECTS_PER_PAGE}"
        )
    space = source_page.staff_space or estimate_staff_space(pictures.image)
    origin_of_space = "told" if source_page.staff_space else "estimated" if space else "unknown"
    counts[f"staff_space_{origin_of_space}"] += 1
    sheet = _sheet(objects, pictures, names, left_out, whole_masks=whole_masks)
    page = Page(number, width, height, round(space or 0.0, 2), (), ())
    sample = make_sample(sheet, page, labels, origin, place)
    left_out += _unlabelled(objects, sample, sheet)
    return ImportedPage(
        sample._replace(page_row={**sample.page_row, "staves": 0}),  # the source states none
        [Omission(origin.stem, *omission) for omission in left_out],
        counts,
    )


def _open(source_page: SourcePage, counts: Counter[str]) -> _Pictures:
    if source_page.picture is None:
        raise PageError("no picture", "its picture is not there")
    try:
        image = decode_grey(read_bytes(source_page.picture), source_page.picture.name)
        classes, instances = (
            None if path is None else decode_values(read_bytes(path), path.name)
            for path in (source_page.class_map, source_page.instance_map)
        )
    except DatasetError as error:
        raise PageError("unreadable", str(error)) from None
    height, width = image.shape
    if source_page.size and not source_page.in_shares and source_page.size != (width, height):
        raise PageError(
            "size",
            f"the picture is {width} x {height} px, the annotations say "
            f"{source_page.size[0]:g} x {source_page.size[1]:g}",
        )
    for map_name, values in (("class", classes), ("instance", instances)):
        if values is not None and values.shape != image.shape:
            size = f"{values.shape[1]} x {values.shape[0]}"
            raise PageError(
                "size", f"the picture is {width} x {height} px, the {map_name} map {size}"
            )
    if 2 * np.count_nonzero(image < 128) > image.size:  # white on black, as binary masks are
        image = 255 - image
        counts["inverted"] += 1
    return _Pictures(image, classes, {} if instances is None else by_colour(instances))


def _on_page(
    source_page: SourcePage,
    width: int,
    height: int,
    names: Mapping[str, str],
    left_out: list[tuple[str, str]],
    counts: Counter[str],
) -> Iterator[SourceObject]:
    """The objects that can be labelled, their boxes in pixels and cut at the page."""
    x_scale, y_scale = 1.0, 1.0
    if source_page.size and source_page.in_shares:
        x_scale, y_scale = width / source_page.size[0], height / source_page.size[1]
    for annotation in source_page.objects:
        x0, y0, x1, y1 = annotation.box
        box = Box(x0 * x_scale, y0 * y_scale, x1 * x_scale, y1 * y_scale)
        place = _place(annotation._replace(box=box))
        if annotation.name not in names:
            reason = "has no class" if not annotation.name else "its class is not in the list"
            left_out.append(("unknown class", f"{place}: {reason}"))
        elif not (box.width > 0 and box.height > 0):  # NaN, too
            left_out.append(("no extent", f"{place}: its box has no width or height"))
        elif not _overlaps_page(box, width, height):
            left_out.append(("outside", f"{place}: beyond a page of {width} x {height} px"))
        else:
            clipped = box.clipped(width, height)
            counts["cut_at_the_page"] += _is_cut(clipped, box)
            oriented = tuple(
                np.multiply(
                    annotation.oriented, (x_scale, y_scale) * (len(annotation.oriented) // 2)
                )
            )
            yield annotation._replace(box=tuple(clipped), oriented=oriented)


def _overlaps_page(box: Box, width: int, height: int) -> bool:
    clipped = box.clipped(width, height)
    return clipped.width > 0 and clipped.height > 0


def _is_cut(clipped: Box, box: Box) -> bool:
    return max(abs(a - b) for a, b in zip(clipped, box, strict=True)) > 1e-3


def _sheet(
    objects: Sequence[SourceObject],
    pictures: _Pictures,
    names: Mapping[str, str],
    left_out: list[tuple[str, str]],
    *,
    whole_masks: bool,
) -> Sheet:
    shape = pictures.image.shape
    whole_pixels = [_whole_pixels(annotation, pictures, left_out) for annotation in objects]
    visible_pixels = [
        _decode_mask(annotation, annotation.visible, shape, left_out) for annotation in objects
    ]
    owners = owners_of(whole_pixels, visible_pixels, shape)
    areas = np.array([0, *(len(pixels) for pixels in whole_pixels)], np.int64)
    places = np.flatnonzero(owners)
    owned = owners.ravel()[places].astype(np.int64)
    boxes = np.zeros((len(objects) + 1, 4), np.int64)
    boxes[1:] = pixel_boxes(places, owned, shape[1], len(objects))
    masks = None
    if whole_masks:
        owner_of_place = np.repeat(np.arange(1, len(whole_pixels) + 1), areas[1:])
        all_places = np.concatenate([*whole_pixels, np.empty(0, np.int64)])
        masks = tuple(encode_rles(all_places, owner_of_place, len(whole_pixels), shape))
    painting = Painting(
        shape[1],
        shape[0],
        RunPicture(find_runs(pictures.image), shape[1]),
        RunPicture(find_runs(owners), shape[1]),
        boxes,
        np.bincount(owned, minlength=len(objects) + 1),
        areas,
    )
    return Sheet(_symbols(objects, names), painting, masks)


def _whole_pixels(
    annotation: SourceObject, pictures: _Pictures, left_out: list[tuple[str, str]]
) -> Pixels:
    """The pixels of an object: of its mask, or else of the maps, or else the ink in its box."""
    pixels = _decode_mask(annotation, annotation.mask, pictures.image.shape, left_out)
    if pixels is not None and isinstance(annotation.mask, Polygons) and annotation.mask.of_ink:
        pixels = pixels[pictures.image.ravel()[pixels] < 128]
    if pixels is None and annotation.colour:
        pixels = pictures.colours.get(annotation.colour)
    if (pixels is None or not len(pixels)) and annotation.value and pictures.classes is not None:
        pixels = value_in(pictures.classes, annotation.value, annotation.box)
    if pixels is None or not len(pixels):
        pixels = ink_in(pictures.image, annotation.box)
    return pixels


def _decode_mask(
    annotation: SourceObject,
    mask: Mask | None,
    shape: tuple[int, int],
    left_out: list[tuple[str, str]],
) -> Pixels | None:
    if mask is None:
        return None
    try:
        return mask.pixels(shape[1], shape[0])
    except (ValueError, OverflowError) as error:
        left_out.append(
            ("damaged mask", f"{annotation.name} {annotation.id}, kept without it: {error}")
        )
        return None


def _symbols(objects: Sequence[SourceObject], names: Mapping[str, str]) -> Symbols:
    numbers: dict[str, int] = {}
    for number, annotation in enumerate(objects, start=1):
        numbers.setdefault(annotation.id, number)
    links = [
        [numbers[linked] for linked in annotation.links if linked in numbers]
        for annotation in objects
    ]
    kinds = [names[annotation.name] for annotation in objects]
    parent_numbers = parents(kinds, links) if any(links) else [0] * len(objects)
    return Symbols.of(
        [
            Symbol(
                number, kind, "", "", "", Box(*annotation.box), annotation.oriented, annotation.id,
                staff_position=annotation.position, duration=annotation.duration,
                onset=annotation.onset, parent=parent, group=number,
            )
            for number, (annotation, kind, parent) in enumerate(
                zip(objects, kinds, parent_numbers, strict=True), start=1
            )
        ]
    )  # fmt: skip


def _unlabelled(
    objects: Sequence[SourceObject], sample: Sample, sheet: Sheet
) -> Iterator[tuple[str, str]]:
    """The objects that own no pixel; they are symbols, but unlabelled."""
    for row in np.flatnonzero(sample.symbols["object"].to_numpy() == 0).tolist():
        place = _place(objects[row])
        if sheet.painting.whole_areas[row + 1]:
            yield "hidden", f"{place}: others own all its pixels; it is left unlabelled"
        else:
            yield "no ink", f"{place}: nothing is drawn there; it is left unlabelled"


def _place(annotation: SourceObject) -> str:
    box = " ".join(f"{side:g}" for side in annotation.box)
    return f"{annotation.name or 'object'} {annotation.id} at ({box})"
