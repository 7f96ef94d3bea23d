"""Reading speed of a dataset: image, boxes and mask of each page, against standard readers.

    python -m benchmarks.reading DATASET [--pages 200] [--repeats 5] [--json FILE]

The baseline reads the same files with Pillow and the standard library's XML parser. Both run in
one process and one thread, in turn, from the file cache; the median of the repeats. What they read
is compared first: it must be the same.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.table import Table

import deepscores
from benchmarks.common import conditions, report
from deepscores.dataset.reader import DatasetPage

Boxes = list[tuple[str, tuple[float, ...]]]
_FOLDERS = {"image": "images_png", "boxes": "xml_annotations", "mask": "pix_annotations_png"}
_SIDES = ("xmin", "ymin", "xmax", "ymax")


def our_boxes(page: DatasetPage) -> Boxes:
    return [(one.name, tuple(one.box)) for one in page.objects]


def their_pixels(page: DatasetPage, what: str) -> NDArray[Any]:
    with Image.open(file_of(page, what)) as image:
        return np.asarray(image)


def their_boxes(page: DatasetPage) -> Boxes:
    root = ElementTree.parse(file_of(page, "boxes")).getroot()
    width, height = (int(root.findtext(f"size/{side}", "")) for side in ("width", "height"))
    found: Boxes = []
    for one in root.iter("object"):
        box = one.find("bndbox")
        assert box is not None
        x0, y0, x1, y1 = (float(box.findtext(side, "")) for side in _SIDES)
        found.append((one.findtext("name", ""), (x0 * width, y0 * height, x1 * width, y1 * height)))
    return found


def file_of(page: DatasetPage, what: str) -> Path:
    return page.folder / _FOLDERS[what] / f"{page.name}.{'xml' if what == 'boxes' else 'png'}"


Reader = Callable[[DatasetPage], Any]
OURS: dict[str, Reader] = {
    "image": lambda page: page.image,
    "boxes": our_boxes,
    "mask": lambda page: page.mask,
}
THEIRS: dict[str, Reader] = {
    "image": lambda page: their_pixels(page, "image"),
    "boxes": their_boxes,
    "mask": lambda page: their_pixels(page, "mask"),
}


def require_same(pages: Sequence[DatasetPage]) -> None:
    for page in pages:
        for what in _FOLDERS:
            ours, theirs = OURS[what](page), THEIRS[what](page)
            same = ours == theirs if what == "boxes" else np.array_equal(ours, theirs)
            assert same, f"{page.name}: {what}"


def rate(pages: Sequence[DatasetPage], readers: Sequence[Reader]) -> tuple[float, float]:
    """Pages a second, and CPU milliseconds a page."""
    wall, cpu = time.perf_counter(), time.process_time()
    for page in pages:
        for read in readers:
            read(page)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return len(pages) / wall, 1e3 * cpu / len(pages)


def measure(pages: Sequence[DatasetPage], repeats: int) -> dict[str, dict[str, float]]:
    """Of each part and of all together: both sides' rates, and how many times ours is quicker."""
    runs: dict[str, list[tuple[float, ...]]] = {what: [] for what in ("everything", *_FOLDERS)}
    for _ in range(repeats):
        for what, results in runs.items():
            parts = list(_FOLDERS) if what == "everything" else [what]
            ours = rate(pages, [OURS[part] for part in parts])
            theirs = rate(pages, [THEIRS[part] for part in parts])
            results.append((*ours, *theirs, theirs[1] / ours[1]))
    names = ("pages_per_s", "cpu_ms", "baseline_pages_per_s", "baseline_cpu_ms", "cpu_ratio")
    return {
        what: {
            name: round(statistics.median(column), 2)
            for name, column in zip(names, zip(*results, strict=True), strict=True)
        }
        for what, results in runs.items()
    }


def show(result: dict[str, Any]) -> None:
    """The figures as a table."""
    load, size = result["load"][0], result["bytes_per_page"]
    title = f"{result['pages']} pages, {size:,} bytes each, load {load}"
    table = Table("read", title=title)
    columns = ("pages/s", "CPU ms", "baseline pages/s", "baseline CPU ms", "times quicker", "kB")
    for column in columns:
        table.add_column(column, justify="right")
    for what, figures in result["read"].items():
        table.add_row(what, *map(str, figures.values()), f"{result['bytes'][what] / 1e3:,.0f}")
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    start = time.perf_counter()
    dataset = deepscores.open_dataset(options.dataset)
    pages = dataset[:: max(1, len(dataset) // options.pages)][: options.pages]
    opened = time.perf_counter() - start
    require_same(pages)  # and everything is in the file cache
    sizes = {what: sum(file_of(page, what).stat().st_size for page in pages) for what in _FOLDERS}
    result = {
        "pages": len(pages),
        "open_s": round(opened, 3),
        "bytes_per_page": sum(sizes.values()) // len(pages),
        "bytes": {"everything": sum(sizes.values()), **sizes},
        "read": measure(pages, options.repeats),
        **conditions(),
    }
    show(result)
    report(result, options.json)


if __name__ == "__main__":
    main()
