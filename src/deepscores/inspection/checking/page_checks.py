"""The checks of one page, in the order of the report."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from deepscores.dataset.contents import PageContents
from deepscores.inspection.checking import agreement, boxes, ink, kinds, relations
from deepscores.inspection.checking.ledger import Ledger
from deepscores.page.labels.readability import unreadable


class Check(NamedTuple):
    """One promise, and how it is checked."""

    name: str
    promise: str
    find: Callable[[PageContents], Iterable[tuple[object, str]]]
    of_others: bool = True  # it also holds for imported labels


def _unreadable(page: PageContents) -> Iterator[tuple[object, str]]:
    symbols = page.symbols
    if page.imported and not any("notehead" in kind.lower() for kind in symbols.kinds):
        return  # which of its kinds are notes is unknown
    reason = unreadable(symbols.boxes, symbols.kinds, page.width, page.height, page.limits)
    if reason:
        yield "", reason


def _without_extent(page: PageContents) -> Iterator[tuple[object, str]]:
    return boxes.without_extent(page.symbols.as_objects())


def _off_the_page(page: PageContents) -> Iterator[tuple[object, str]]:
    return boxes.off_the_page(page.symbols.as_objects(), page.width, page.height)


def _duplicates(page: PageContents) -> Iterator[tuple[object, str]]:
    return boxes.duplicates(page.objects)


OF_SYMBOLS: tuple[Check, ...] = (
    Check("ink", "pixels at least half black have an owner", ink.unowned_ink, of_others=False),
    Check("paper", "owned pixels carry ink", ink.owned_paper),
    Check(
        "light",
        "owned pixels are half black, but of thin symbols",
        ink.light_owned,
        of_others=False,
    ),
    Check("extent", "boxes have width and height", _without_extent),
    Check("outside", "boxes are on the page", _off_the_page),
    Check("tight", "boxes are within a pixel of the ink", boxes.loose_boxes),
    Check("visible", "visible boxes and areas are the pixels'", boxes.wrong_visible),
    Check("hidden", "objects own pixels; other symbols do, or are covered", boxes.without_pixels),
    Check(
        "areas",
        "visible_area exceeds whole_area only by others' ink",
        ink.lost_pixels,
        of_others=False,
    ),
    Check("numbers", "numbers run 1…n and are those of the map", agreement.wrong_numbers),
    Check("classes", "class ids are in the list and have its names", agreement.wrong_classes),
    Check(
        "kinds",
        "kinds are what the drawn glyphs and elements say",
        kinds.wrong_kinds,
        of_others=False,
    ),
    Check("mask", "the class map follows from the instance map", agreement.wrong_mask),
    Check("relations", "parents and groups are symbols of a fitting kind", relations.wrong_parents),
    Check("page-row", "counts in pages.parquet are the page's", agreement.wrong_row),
    Check("readable", "a person could read the page", _unreadable),
)
OF_OBJECTS: tuple[Check, ...] = (
    Check("duplicates", "nothing is labelled twice", _duplicates),
    Check("xml", "XML and table agree", agreement.wrong_annotations),
)
OF_PATCHES = Check("patches", "patches show their object", agreement.wrong_patches)


def check_page(page: PageContents, ledger: Ledger) -> None:
    """Check one page in every way that applies to its labels."""
    for check in OF_SYMBOLS:
        if page.imported and not check.of_others:
            continue
        ledger.look(check.name, page.name, len(page.symbols.kinds), check.find(page))
    for check in OF_OBJECTS:
        ledger.look(check.name, page.name, len(page.objects.ids), check.find(page))
    ledger.look(OF_PATCHES.name, page.name, len(page.patches), OF_PATCHES.find(page))
