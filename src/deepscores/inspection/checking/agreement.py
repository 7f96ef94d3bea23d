"""One page's files against each other: table, XML, both maps, patches."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.annotations import Annotation
from deepscores.dataset.contents import ObjectBoxes, PageContents, box_at
from deepscores.page.geometry import Box
from deepscores.page.labels.patches import cut_patch

_PRECISION = 1e-3  # pixels: eight decimals of a page in XML, 32-bit numbers in the table


def wrong_numbers(page: PageContents) -> Iterator[tuple[object, str]]:
    """Gaps in the numbers 1…n, and numbers in the instance map that have no row."""
    numbers = page.symbols.numbers
    for row in np.flatnonzero(numbers != np.arange(1, len(numbers) + 1))[:1]:
        yield numbers[row], f"row {row + 1} of the page has number {numbers[row]}"
    for number in np.flatnonzero(page.areas[len(numbers) + 1 :]) + len(numbers) + 1:
        yield number, f"{page.areas[number]} px in the instance map, no row in the table"


def wrong_classes(page: PageContents) -> Iterator[tuple[object, str]]:
    """Class ids outside the list, names that are not the id's, objects of two classes."""
    symbols, names = page.symbols, ("", *page.class_names)
    for row, (class_id, name) in enumerate(
        zip(symbols.class_ids.tolist(), symbols.names, strict=True)
    ):
        if not 0 <= class_id < len(names):
            yield row + 1, f"class id {class_id}: the list ends at {len(names) - 1}"
        elif names[class_id] != name:
            yield row + 1, f"class id {class_id} is {names[class_id]!r}, not {name!r}"
    numbers, objects = symbols.numbers, symbols.objects
    for row in np.flatnonzero((objects > 0) != (symbols.class_ids > 0)).tolist():
        yield row + 1, f"object {objects[row]}, but class id {symbols.class_ids[row]}"
    is_in_range = (objects > 0) & (objects <= len(numbers))
    for row in np.flatnonzero((objects < 0) | (objects > len(numbers))).tolist():
        yield row + 1, f"object {objects[row]}, no such symbol"
    first = np.where(is_in_range, objects, 1) - 1
    wrong = (objects[first] != objects) | (symbols.class_ids[first] != symbols.class_ids)
    for row in np.flatnonzero(is_in_range & wrong).tolist():
        yield row + 1, f"object {objects[row]}, which has another object or class"


def wrong_mask(page: PageContents) -> Iterator[tuple[object, str]]:
    """Symbols whose pixels have another class in the class-id PNG than in the table."""
    owned, n = page.owned, len(page.symbols.kinds)
    table = np.zeros(max(n, int(owned.numbers.max(initial=0))) + 1, np.int64)
    table[1 : n + 1] = page.symbols.class_ids
    expected, actual = table[owned.numbers], page.classes.ravel()[owned.places]
    wrong = expected != actual
    if wrong.any():
        for symbol in np.unique(owned.numbers[wrong]).tolist():
            of_symbol = wrong & (owned.numbers == symbol)
            values = ", ".join(map(str, np.unique(actual[of_symbol]).tolist()))
            yield symbol, f"class id {table[symbol]}, {of_symbol.sum()} px with {values}"
    stray = np.count_nonzero(page.classes) - np.count_nonzero(actual)
    if stray:
        yield "", f"{stray} px with a class that no symbol owns"


def wrong_annotations(page: PageContents) -> Iterator[tuple[object, str]]:
    """Objects that differ between XML and table."""
    annotations = {str(annotation.number): annotation for annotation in page.annotations}
    if len(annotations) < len(page.annotations):
        yield "", f"{len(page.annotations) - len(annotations)} objects in the XML repeat a number"
    for number in sorted(annotations.keys() - set(page.objects.ids), key=int):
        yield number, f"{annotations[number].name} in the XML, not in the table"
    for index, number in enumerate(page.objects.ids):
        annotation = annotations.get(number)
        if annotation is None:
            yield number, f"{page.objects.names[index]} in the table, not in the XML"
        elif difference := _difference(annotation, page.objects, index):
            yield number, difference


def _difference(annotation: Annotation, objects: ObjectBoxes, index: int) -> str:
    if annotation.name != objects.names[index]:
        return f"{annotation.name} in the XML, {objects.names[index]} in the table"
    off = float(np.abs(np.array(annotation.box) - objects.boxes[index]).max())
    return (
        f"{annotation.name}: boxes of XML and table are {off:.4f} px apart"
        if off > _PRECISION
        else ""
    )


def wrong_row(page: PageContents) -> Iterator[tuple[object, str]]:
    """Counts and sizes in the table of pages that are not the page's."""
    actual = {
        "width": page.width,
        "height": page.height,
        "symbols": len(page.symbols.kinds),
        "objects": len(page.objects.ids),
        "ink": len(page.owned.places),
    }
    for column, value in actual.items():
        if page.row.get(column) != value:
            yield "", f"{column} is {value}, {page.row.get(column)} in pages.parquet"


def wrong_patches(page: PageContents) -> Iterator[tuple[object, str]]:
    """Patches of no object, in another class's folder, or with other pixels than the page."""
    rows = {number: row for row, number in enumerate(page.objects.ids)}
    for patch in page.patches:
        row = rows.get(str(patch.number))
        if row is None:
            yield patch.number, f"patch in {patch.folder}, but no such object"
        elif page.objects.names[row] != patch.folder:
            yield patch.number, f"patch in {patch.folder}, the object is {page.objects.names[row]}"
        elif off := _patch_difference(patch.pixels, page, box_at(page.objects.boxes, row)):
            yield patch.number, f"patch of {patch.folder}: {off}"


def _patch_difference(pixels: NDArray[np.uint8], page: PageContents, box: Box) -> str:
    width, height = page.patch_size
    if pixels.shape != (height, width):
        return f"it is {pixels.shape[1]} x {pixels.shape[0]} px, not {width} x {height}"
    # The table's boxes end at the page; a symbol that goes beyond has its centre elsewhere.
    if box.x0 <= 0 or box.y0 <= 0 or box.x1 >= page.width or box.y1 >= page.height:
        return ""
    wrong = int((cut_patch(page.image, box, width, height) != pixels).sum())
    return f"{wrong} px are not those of the page" if wrong else ""
