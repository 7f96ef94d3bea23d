"""One passage of the dataset's music in each of its fonts (Figure 5)."""

from collections import defaultdict
from collections.abc import Mapping
from html import escape
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepscores.dataset.reader import Dataset, DatasetPage
from deepscores.inspection.pages.drawing import FAINT, INK, Canvas, Figure, Pixels, crop, data_uri

_LABEL, _GAP = 150, 16  # pixels
_MAX_WIDTH = 0.62  # of the page: what a passage may take
_MAX_MEASURES = 8


class Passage(NamedTuple):
    """The beginning of a score, as one font draws it."""

    font: str
    engraver: str
    page: str
    image: Pixels


def passages(dataset: Dataset, classes: Mapping[str, int]) -> list[Passage]:
    """The first measures of one score, in every font that it has pages in; empty without a score.

    The score is the one in most fonts; of those, one for two staves or so, with most *classes* (by
    page) on its first page.
    """
    pages = _choose(dataset, classes)
    tables = [_first_system(page) for page in pages]
    measures = _shared_measures(pages, tables)
    cuts = []
    for page, table in zip(pages, tables, strict=True):
        box = _bounds(table, measures)
        if box is not None:
            space = float(page.row["staff_space"])
            image = crop(page.image, box, space)
            cuts.append(Passage(page.row["font"], page.row["engraver"], page.name, image))
    return cuts


def _choose(dataset: Dataset, classes: Mapping[str, int]) -> list[DatasetPage]:
    """First pages of one score, one per font, by font."""
    firsts: dict[str, dict[tuple[str, str], DatasetPage]] = defaultdict(dict)
    for page in dataset:
        if page.row["number"] == 1 and page.row["systems"]:
            style = str(page.row["font"]), str(page.row["engraver"])
            firsts[page.row["score"]].setdefault(style, page)
    if not firsts:
        return []

    def worth(score: str) -> tuple[int, float, int, str]:
        page = next(iter(firsts[score].values()))
        staves = page.row["staves"] / page.row["systems"]
        return len(firsts[score]), -max(abs(staves - 2), 1), classes.get(page.name, 0), score

    best = firsts[max(firsts, key=worth)]
    return [best[style] for style in sorted(best)]


def _first_system(page: DatasetPage) -> pa.Table:
    table = page.symbols.select(["system", "measure", "kind", "x0", "y0", "x1", "y1"])
    return table.filter(pc.equal(table["system"], 1))


def _shared_measures(pages: list[DatasetPage], tables: list[pa.Table]) -> set[str]:
    """The first measures of the score, as many as fit in every font."""
    if not tables:
        return set()
    order = [name for name in dict.fromkeys(tables[0]["measure"].to_pylist()) if name]
    order.sort(key=_leftmost(tables[0]).__getitem__)
    for count in range(min(len(order), _MAX_MEASURES), 1, -1):
        candidates = set(order[:count])
        boxes = [_bounds(table, candidates) for table in tables]
        widths = zip(boxes, pages, strict=True)
        if all(box and box[2] - box[0] <= _MAX_WIDTH * page.row["width"] for box, page in widths):
            return candidates
    return set(order[:1])


def _leftmost(table: pa.Table) -> dict[str, float]:
    leftmost: dict[str, float] = {}
    for name, x0 in zip(table["measure"].to_pylist(), table["x0"].to_pylist(), strict=True):
        leftmost[name] = min(leftmost.get(name, x0), x0)
    return leftmost


def _bounds(table: pa.Table, measures: set[str]) -> tuple[float, float, float, float] | None:
    """The box around the symbols of *measures*; staff lines and slurs go beyond it."""
    names = np.array([name in measures for name in table["measure"].to_pylist()], bool)
    sides = {side: table[side].to_numpy() for side in ("x0", "y0", "x1", "y1")}
    if not names.any():
        return None
    x0, x1 = float(sides["x0"][names].min()), float(sides["x1"][names].max())
    within = (sides["x0"] < x1) & (sides["x1"] > x0)
    y0, y1 = float(sides["y0"][within].min()), float(sides["y1"][within].max())
    return x0, y0, x1, y1


def passage_figure(cuts: list[Passage]) -> Figure | None:
    """The passages one below the other; None if there are none."""
    if not cuts:
        return None
    width = _LABEL + max(passage.image.shape[1] for passage in cuts) + _GAP
    canvas = Canvas(width, _GAP + sum(passage.image.shape[0] + 2 * _GAP for passage in cuts))
    rows, top = [], _GAP
    for passage in cuts:
        middle = top + passage.image.shape[0] / 2
        canvas.text(passage.font, _GAP, middle, size=18, colour=INK)
        canvas.text(passage.engraver, _GAP, middle + 20, size=13, colour=FAINT)
        canvas.image(passage.image, _LABEL, top)
        top += passage.image.shape[0] + 2 * _GAP
        height, image_width = passage.image.shape
        rows.append(
            f'<figure class="row"><figcaption>{escape(passage.font)} '
            f'<small>{escape(passage.engraver)}</small></figcaption><div class="paper">'
            f'<img loading="lazy" alt="the passage in {escape(passage.font)}" '
            f'width="{image_width}" height="{height}" src="{data_uri(passage.image)}"></div>'
            "</figure>"
        )
    return Figure(
        "figure-5-fonts",
        "Figure 5: one passage in every font",
        f"The beginning of one score, cut from its own pages in {_fonts(cuts)}.",
        canvas.svg(),
        f'<div class="rows">{"".join(rows)}</div>',
    )


def _fonts(cuts: list[Passage]) -> str:
    return f"{len(cuts)} fonts" if len(cuts) > 1 else "the one font of the dataset"
