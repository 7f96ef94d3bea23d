"""From what a source says of a page to the page's files and rows."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.building.importing.relations import parents
from deepscores.dataset.columns import PAGES
from deepscores.dataset.lenient import read_bytes
from deepscores.dataset.png.codec import decode_grey, decode_values
from deepscores.dataset.png.deflate import find_runs
from deepscores.dataset.writer import Provenance, Sample, make_sample
from deepscores.errors import DatasetError
from deepscores.formats.boxes import pixel_boxes
from deepscores.formats.source_masks import (
    Mask,
    Pixels,
    Polygons,
    by_colour,
    ink_in,
    owners_of,
    value_in,
)
from deepscores.formats.source_pages import Found, Left, Thing
from deepscores.page.geometry import Box
from deepscores.page.labels.label_sets import LabelSet
from deepscores.page.labels.run_lengths import encode_rles
from deepscores.page.measuring.line_distance import estimate_staff_space
from deepscores.page.model import Page, Painting, Sheet, Symbol, Symbols

MOST = 65_535  # objects of a page: what a map of 16 bits can number
_STAVES = PAGES.get_field_index("staves")


class PageError(DatasetError):
    """Why a page as a whole is left out."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Made(NamedTuple):
    """A page of ours, and what became of its objects."""

    sample: Sample
    left_out: list[Left]
    counts: Counter[str]  # what was changed or estimated


class _Pictures(NamedTuple):
    """All that a page has in pixels."""

    image: NDArray[np.uint8]
    classes: NDArray[np.uint32] | None
    colours: Mapping[int, Pixels]


def make_page(
    found: Found, origin: Provenance, number: int, labels: LabelSet, names: Mapping[str, str],
    place: int, *, whole_masks: bool,
) -> Made:  # fmt: skip
    """*found* as a page of ours; raise PageError where it cannot be one.

    *names* are those of classes here by those in the source. *place* is the page's among those
    written with it.
    """
    counts: Counter[str] = Counter()
    pictures = _open(found, counts)
    height, width = pictures.image.shape
    left_out = list(found.left_out)
    things = list(_on_page(found, width, height, names, left_out, counts))
    if len(things) > MOST:
        raise PageError("too many objects", f"{len(things)} objects, of at most {MOST}")
    space = found.staff_space or estimate_staff_space(pictures.image)
    how = "told" if found.staff_space else "estimated" if space else "unknown"
    counts[f"staff_space_{how}"] += 1
    sheet = _sheet(things, pictures, names, left_out, whole_masks=whole_masks)
    page = Page(number, width, height, round(space or 0.0, 2), (), ())
    sample = make_sample(sheet, page, labels, origin, place)
    row = list(sample.page_row)
    row[_STAVES] = 0  # not told
    left_out += _unseen(things, sample, sheet)
    return Made(
        sample._replace(page_row=tuple(row)),
        [Left(origin.stem, *one) for one in left_out],
        counts,
    )


def _open(found: Found, counts: Counter[str]) -> _Pictures:
    if found.picture is None:
        raise PageError("no picture", "its picture is not there")
    try:
        image = decode_grey(read_bytes(found.picture), found.picture.name)
        classes, instances = (
            None if path is None else decode_values(read_bytes(path), path.name)
            for path in (found.classes, found.instances)
        )
    except DatasetError as error:
        raise PageError("unreadable", str(error)) from None
    height, width = image.shape
    if found.size and not found.in_shares and found.size != (width, height):
        raise PageError(
            "size",
            f"the picture is {width} x {height} px, the annotations say "
            f"{found.size[0]:g} x {found.size[1]:g}",
        )
    for what, values in (("class", classes), ("instance", instances)):
        if values is not None and values.shape != image.shape:
            size = f"{values.shape[1]} x {values.shape[0]}"
            raise PageError("size", f"the picture is {width} x {height} px, the {what} map {size}")
    if 2 * np.count_nonzero(image < 128) > image.size:  # white on black, as binary masks are
        image = 255 - image
        counts["inverted"] += 1
    return _Pictures(image, classes, {} if instances is None else by_colour(instances))


def _on_page(
    found: Found,
    width: int,
    height: int,
    names: Mapping[str, str],
    left_out: list[tuple[str, str]],
    counts: Counter[str],
) -> Iterator[Thing]:
    """The objects that can be labelled, their boxes in pixels and cut at the page."""
    x_scale, y_scale = 1.0, 1.0
    if found.size and found.in_shares:
        x_scale, y_scale = width / found.size[0], height / found.size[1]
    for one in found.things:
        x0, y0, x1, y1 = one.box
        box = Box(x0 * x_scale, y0 * y_scale, x1 * x_scale, y1 * y_scale)
        what = f"{one.name or 'object'} {one.id} at ({' '.join(f'{side:g}' for side in box)})"
        if one.name not in names:
            said = "has no class" if not one.name else "its class is not in the list"
            left_out.append(("unknown class", f"{what}: {said}"))
        elif not (box.width > 0 and box.height > 0):  # NaN, too
            left_out.append(("no extent", f"{what}: its box has no width or height"))
        elif not _meets(box, width, height):
            left_out.append(("outside", f"{what}: beyond a page of {width} x {height} px"))
        else:
            inside = box.clipped(width, height)
            counts["cut_at_the_page"] += _differ(inside, box)
            turned = tuple(np.multiply(one.oriented, (x_scale, y_scale) * (len(one.oriented) // 2)))
            yield one._replace(box=tuple(inside), oriented=turned)


def _meets(box: Box, width: int, height: int) -> bool:
    inside = box.clipped(width, height)
    return inside.width > 0 and inside.height > 0


def _differ(one: Box, other: Box) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) > 1e-3


def _sheet(
    things: Sequence[Thing],
    pictures: _Pictures,
    names: Mapping[str, str],
    left_out: list[tuple[str, str]],
    *,
    whole_masks: bool,
) -> Sheet:
    shape = pictures.image.shape
    whole = [_whole(one, pictures, left_out) for one in things]
    shown = [_decoded(one, one.shown, shape, left_out) for one in things]
    owners = owners_of(whole, shown, shape)
    areas = np.array([0, *(len(one) for one in whole)], np.int64)
    places = np.flatnonzero(owners)
    owned = owners.ravel()[places].astype(np.int64)
    boxes = np.zeros((len(things) + 1, 4), np.int64)
    boxes[1:] = pixel_boxes(places, owned, shape[1], len(things))
    masks = None
    if whole_masks:
        of = np.repeat(np.arange(1, len(whole) + 1), areas[1:])
        every = np.concatenate([*whole, np.empty(0, np.int64)])
        masks = tuple(encode_rles(every, of, len(whole), shape))
    painting = Painting(
        shape[1],
        shape[0],
        find_runs(pictures.image),
        find_runs(owners),
        boxes,
        np.bincount(owned, minlength=len(things) + 1),
        areas,
    )
    return Sheet(_symbols(things, names), painting, masks)


def _whole(one: Thing, pictures: _Pictures, left_out: list[tuple[str, str]]) -> Pixels:
    """The pixels of an object: of its mask, or else of the maps, or else the ink in its box."""
    found = _decoded(one, one.mask, pictures.image.shape, left_out)
    if found is not None and isinstance(one.mask, Polygons) and one.mask.of_ink:
        found = found[pictures.image.ravel()[found] < 128]
    if found is None and one.colour:
        found = pictures.colours.get(one.colour)
    if (found is None or not len(found)) and one.value and pictures.classes is not None:
        found = value_in(pictures.classes, one.value, one.box)
    if found is None or not len(found):
        found = ink_in(pictures.image, one.box)
    return found


def _decoded(
    one: Thing, mask: Mask | None, shape: tuple[int, int], left_out: list[tuple[str, str]]
) -> Pixels | None:
    if mask is None:
        return None
    try:
        return mask.pixels(shape[1], shape[0])
    except (ValueError, OverflowError) as error:
        left_out.append(("damaged mask", f"{one.name} {one.id}, kept without it: {error}"))
        return None


def _symbols(things: Sequence[Thing], names: Mapping[str, str]) -> Symbols:
    numbers: dict[str, int] = {}
    for number, one in enumerate(things, start=1):
        numbers.setdefault(one.id, number)
    links = [[numbers[two] for two in one.links if two in numbers] for one in things]
    kinds = [names[one.name] for one in things]
    belongs = parents(kinds, links) if any(links) else [0] * len(things)
    return Symbols.of(
        [
            Symbol(
                number, kind, "", "", "", Box(*one.box), one.oriented, one.id,
                staff_position=one.position, duration=one.duration, onset=one.onset,
                parent=parent, group=number,
            )
            for number, (one, kind, parent) in enumerate(
                zip(things, kinds, belongs, strict=True), start=1
            )
        ]
    )  # fmt: skip


def _unseen(things: Sequence[Thing], sample: Sample, sheet: Sheet) -> Iterator[tuple[str, str]]:
    """The objects that own no pixel; they are symbols, but unlabelled."""
    for row in np.flatnonzero(sample.symbols["object"].to_numpy() == 0).tolist():
        one = things[row]
        what = f"{one.name} {one.id} at ({' '.join(f'{side:g}' for side in one.box)})"
        if sheet.painting.whole_areas[row + 1]:
            yield "hidden", f"{what}: others own all its pixels; it is left unlabelled"
        else:
            yield "no ink", f"{what}: nothing is drawn there; it is left unlabelled"
