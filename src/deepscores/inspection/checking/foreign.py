"""Checks of pages in other formats, as far as their files allow."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.contents import HALF, ObjectBoxes, box_at
from deepscores.dataset.png.codec import decode_grey, decode_values
from deepscores.errors import DatasetError
from deepscores.formats.reading.annotated import UNKNOWN, AnnotatedPage
from deepscores.formats.reading.findings import CLASSES, FILES, Finding
from deepscores.formats.reading.masks import pixel_boxes
from deepscores.inspection.checking import boxes
from deepscores.inspection.checking.ledger import Ledger
from deepscores.page.geometry import Box
from deepscores.page.labels.readability import unreadable
from deepscores.runs.files import read_bytes

CHECKS = (
    FILES, "size", "extent", "outside", "tight", "hidden", CLASSES, "mask", "duplicates", "readable"
)  # fmt: skip
PAPER = 255


def check_annotated_pages(pages: list[AnnotatedPage]) -> Ledger:
    """Check *pages* as far as their files allow; an unreadable file is a finding."""
    ledger = Ledger()
    for page in pages:
        try:
            _check(page, ledger)
        except DatasetError as error:
            ledger.note(FILES, 0, 0, [Finding(FILES, page.name, "", str(error))])
    return ledger


def _check(page: AnnotatedPage, ledger: Ledger) -> None:
    objects = page.objects

    def look(check: str, findings: Iterable[tuple[object, str]]) -> None:
        ledger.look(check, page.name, len(objects.ids), findings)

    look("extent", boxes.without_extent(objects))
    look("duplicates", boxes.duplicates(objects))
    if page.width and page.height:
        look("outside", boxes.off_the_page(objects, page.width, page.height))
        if any("notehead" in name for name in objects.names):
            reason = unreadable(objects.boxes, objects.names, page.width, page.height)
            look("readable", [("", reason)] if reason else [])
    if page.outlines is not None:
        look("tight", _loose(objects, page.outlines))
    image = decode_grey(read_bytes(page.image), str(page.image)) if page.image else None
    if image is not None:
        look("size", _wrong_size(page, image.shape, "image"))
        look("hidden", _without_ink(objects, image))
    if page.class_map:
        classes = decode_values(read_bytes(page.class_map), str(page.class_map))
        look("size", _wrong_size(page, classes.shape, "class map"))
        look("mask", _wrong_classes(page, classes))
    if page.instance_map and page.colours is not None:
        instances = decode_values(read_bytes(page.instance_map), str(page.instance_map))
        look("size", _wrong_size(page, instances.shape, "instance map"))
        mapped = _instance_boxes(instances, page.colours)
        look("hidden", _without_instance(objects, page.colours, mapped))
        look("tight", _loose(objects, mapped, image))


def _wrong_size(
    page: AnnotatedPage, shape: tuple[int, ...], file: str
) -> Iterator[tuple[object, str]]:
    if page.width and page.height and shape != (page.height, page.width):
        stated = f"{page.width} x {page.height} px"
        yield "", f"the {file} is {shape[1]} x {shape[0]} px, the annotations say {stated}"


def _pixels_of(objects: ObjectBoxes, row: int) -> tuple[slice, slice]:
    """The pixels that a box touches; at least one each way, for boxes without extent."""
    x0, y0, x1, y1 = np.nan_to_num(objects.boxes[row]).clip(0, 1e6)
    left, top = int(np.floor(x0)), int(np.floor(y0))
    return slice(top, max(int(np.ceil(y1)), top + 1)), slice(left, max(int(np.ceil(x1)), left + 1))


def _without_ink(objects: ObjectBoxes, image: NDArray[np.uint8]) -> Iterator[tuple[object, str]]:
    for row, name in enumerate(objects.names):
        if not (image[_pixels_of(objects, row)] <= 255 - HALF).any():
            yield objects.ids[row], f"{name}: no ink in its box"


def _wrong_classes(
    page: AnnotatedPage, classes: NDArray[np.uint32]
) -> Iterator[tuple[object, str]]:
    objects = page.objects
    for row, name in enumerate(objects.names):
        values = classes[_pixels_of(objects, row)]
        value = UNKNOWN if page.values is None else int(page.values[row])
        if value == 0:
            yield objects.ids[row], f"{name}: its value in the class map is the background's, 0"
        elif not (values > 0 if value == UNKNOWN else values == value).any():
            description = "nothing" if not values.any() else "other classes only"
            yield objects.ids[row], f"{name}: {description} in the class map within its box"
    if page.class_values is not None:
        for value, count in zip(*np.unique(classes, return_counts=True), strict=True):
            if value and int(value) not in page.class_values:
                yield "", f"{count} px of value {value} in the class map, which is no class's"


def _instance_boxes(
    instances: NDArray[np.uint32], colours: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The box of each object's pixels, NaN without pixels or with unknown colour."""
    places = np.flatnonzero(instances != 0)
    values, numbers = np.unique(instances.ravel()[places], return_inverse=True)
    value_boxes = pixel_boxes(places, numbers + 1, instances.shape[1], len(values))
    places_of_values = np.searchsorted(values, colours.clip(0)).clip(0, max(len(values) - 1, 0))
    result = np.full((len(colours), 4), np.nan)
    if len(values):
        has = np.flatnonzero((values[places_of_values] == colours) & (colours > 0))
        result[has] = value_boxes[places_of_values[has]]
    return result


def _without_instance(
    objects: ObjectBoxes, colours: NDArray[np.int64], pixel_sides: NDArray[np.float64]
) -> Iterator[tuple[object, str]]:
    for row in np.flatnonzero((colours != UNKNOWN) & np.isnan(pixel_sides[:, 0])):
        description = f"no pixel of its colour #{colours[row]:06x} in the instance map"
        yield objects.ids[row], f"{objects.names[row]}: {description}"


def _goes_on(box: Box, gaps: NDArray[np.float64], image: NDArray[np.uint8] | None) -> bool:
    """Whether ink goes on between the pixels of an object and each side of its box."""
    if image is None:
        return False
    x0, y0, x1, y1 = box
    left, top, right, bottom = gaps.tolist()
    strips = (
        (left, 1, (x0, y0, x0 + left, y1)), (top, 0, (x0, y0, x1, y0 + top)),
        (right, 1, (x1 - right, y0, x1, y1)), (bottom, 0, (x0, y1 - bottom, x1, y1)),
    )  # fmt: skip
    for gap, axis, (low_x, low_y, high_x, high_y) in strips:
        if gap > 1:
            rows, columns = (
                slice(max(int(np.floor(low)), 0), max(int(np.ceil(high)), 0))
                for low, high in ((low_y, high_y), (low_x, high_x))
            )
            inked = (image[rows, columns] < PAPER).any(axis=1 - axis)
            if np.count_nonzero(~inked) > 1:
                return False
    return True


def _loose(
    objects: ObjectBoxes, pixel_sides: NDArray[np.float64], image: NDArray[np.uint8] | None = None
) -> Iterator[tuple[object, str]]:
    """Boxes that do not go around the pixels, half open; *pixel_sides* may have NaN rows.

    With the *image*, a box may go on where its pixels end as long as ink does: what others cover
    of an object, and ends too light to be labelled, are part of it.
    """
    off = pixel_sides - objects.boxes
    off[:, 2:] *= -1  # now how far inside the box's sides the pixels end
    # The mark of inclusive maxima: right and bottom sides at the last pixel, not behind it; whole
    # numbers, as a box around vectors may end within a pixel that a thin line owns.
    exact = np.abs(off + np.array([0, 0, 1, 1])) < 0.5
    exact &= objects.boxes == np.round(objects.boxes)
    inclusive = set(np.flatnonzero(np.count_nonzero(exact, axis=1) == 4).tolist())
    for row in np.flatnonzero(~np.isnan(off[:, 0])).tolist():
        if row in inclusive:
            description = "one pixel short right and below: its maxima are inclusive"
        elif off[row].min() <= -1:
            description = f"pixels up to {-off[row].min():.1f} px beyond its box"
        elif off[row].max() > 1 and not _goes_on(box_at(objects.boxes, row), off[row], image):
            description = f"box up to {off[row].max():.1f} px beyond its pixels"
        else:
            continue
        box = " ".join(f"{side:g}" for side in box_at(objects.boxes, row))
        yield objects.ids[row], f"{objects.names[row]}: {description}, ({box})"
