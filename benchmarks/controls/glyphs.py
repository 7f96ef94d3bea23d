"""Templates: how a font draws each class, learnt from labelled pages, drawn as pages are."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.controls.pages import SplitPage
from benchmarks.controls.staves import Staff, find_staves, nearest
from deepscores.dataset.labelled import label_page
from deepscores.engraving.smufl.names import glyph_names
from deepscores.engraving.verovio.glyphs import glyph
from deepscores.page.geometry import Affine
from deepscores.page.labels.label_sets import LabelSet
from deepscores.page.model import Outline
from deepscores.page.outlines.contours import bounds
from deepscores.page.painting.canvas import Canvas

UNITS = 250.0  # of an outline, a staff space: 1000 an em of four spaces
MARGIN = 2  # pixels of paper around a glyph
STEPS = 20  # into which a full size is divided
RARE = 0.05  # share of a drawing's uses, below which a class is not worth a guess
NUMERALS = ("clef8", "clef15")  # kinds that are cut off their clef

Edges = NDArray[np.float64]


class Drawn(NamedTuple):
    """A glyph at a size: what a template is of."""

    name: str  # SMuFL
    numeral: bool  # the octave clef's numeral, not the clef
    size: int  # in STEPS of full size


@dataclass(slots=True)
class Uses:
    """What the glyphs of a font are on pages with truth."""

    classes: defaultdict[Drawn, Counter[tuple[str, int]]] = field(
        default_factory=lambda: defaultdict(Counter)
    )  # by where on the staff, and class id
    heights: defaultdict[int, list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )  # staff spaces, by class id


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A glyph as it looks at one size, and what it may be."""

    drawn: Drawn
    picture: NDArray[np.uint8]  # MARGIN of paper around it
    width: float  # pixels of the glyph's box
    height: float
    origin: float  # pixels from the box's top down to the glyph's baseline
    shares: Mapping[str, Mapping[int, float]]  # where on the staff → class id → how likely

    @property
    def class_ids(self) -> frozenset[int]:
        return frozenset(one for shares in self.shares.values() for one in shares)


@cache
def outline(font: str, name: str, numeral: bool) -> Edges | None:  # noqa: FBT001 - a key
    """The outline of a glyph in 1/1000 em, y down; None where there is none to draw."""
    code = _codes().get(name)
    if code is None:
        return None
    try:
        found = glyph(font, code)
    except KeyError:
        return None
    edges = found.numeral if numeral else found.edges
    return edges if edges is not None and len(edges) else None


@cache
def _codes() -> Mapping[str, str]:
    return {name: f"{code:04X}" for code, name in glyph_names().items()}


def where_on_staff(staves: Sequence[Staff], y: float) -> str:
    """``line`` or ``space``, ledger lines among them, or ``""`` far from any staff."""
    staff = nearest(staves, y)
    if staff is None:
        return ""
    return "line" if round(staff.position(y)) % 2 == 0 else "space"


def count_uses(pages: Sequence[SplitPage], labels: LabelSet | None, font: str) -> Uses:
    """What is drawn for which class on *pages*, which are in *font*."""
    uses = Uses()
    for one in pages:
        page = label_page(one.page, labels)
        space = float(one.page.row["staff_space"])
        staves = find_staves(page.image, space)
        names, kinds, fonts = (page.symbols[key].to_pylist() for key in ("smufl", "kind", "font"))
        objects = page.objects
        members = np.bincount(objects.of_symbol, minlength=len(objects) + 1)[1:]
        rows = zip(
            objects.number.tolist(), objects.class_id.tolist(), objects.box.tolist(),
            members.tolist(), strict=True,
        )  # fmt: skip
        for number, class_id, (_, y0, _, y1), count in rows:
            uses.heights[class_id].append((y1 - y0) / space)
            name, numeral = names[number - 1], kinds[number - 1] in NUMERALS
            edges = outline(font, name, numeral) if name else None
            if count > 1 or fonts[number - 1] != font or edges is None:
                continue
            box = bounds(edges)
            scale = (y1 - y0) / space / (box.height / UNITS)
            drawn = Drawn(name, numeral, round(STEPS * scale))
            baseline = y0 - box.y0 / box.height * (y1 - y0)
            uses.classes[drawn][where_on_staff(staves, baseline), class_id] += 1
    return uses


def make_templates(uses: Uses, font: str, staff_space: float) -> list[Template]:
    """A template of each drawing that is a class often enough, the most used first."""
    totals: Counter[int] = Counter()
    for counts in uses.classes.values():
        for (_, class_id), count in counts.items():
            totals[class_id] += count
    found = []
    for drawn, counts in uses.classes.items():
        of_class: Counter[int] = Counter()
        for (_, class_id), count in counts.items():
            of_class[class_id] += count
        if drawn.size and any(of_class[one] >= RARE * totals[one] for one in of_class):
            found.append((sum(of_class.values()), _template(font, drawn, counts, staff_space)))
    return [template for _, template in sorted(found, key=lambda one: (-one[0], one[1].drawn))]


def _template(
    font: str, drawn: Drawn, counts: Counter[tuple[str, int]], staff_space: float
) -> Template:
    edges = outline(font, drawn.name, drawn.numeral)
    assert edges is not None  # it was measured
    unit = drawn.size / STEPS * staff_space / UNITS  # pixels
    box = bounds(edges)
    width, height = box.width * unit, box.height * unit
    to = Affine(a=unit, d=unit, e=MARGIN - box.x0 * unit, f=MARGIN - box.y0 * unit)
    canvas = Canvas(ceil(width) + 2 * MARGIN, ceil(height) + 2 * MARGIN)
    picture = canvas.paint([Outline(edges, to)]).image
    return Template(drawn, picture, width, height, -box.y0 * unit, dict(_shares(counts)))


def _shares(counts: Counter[tuple[str, int]]) -> Iterator[tuple[str, dict[int, float]]]:
    """How likely each class is, by where on the staff; None of them where nothing was seen."""
    for where in ("line", "space", ""):
        here = {one: count for (place, one), count in counts.items() if place == where}
        here = here or _anywhere(counts)
        total = sum(here.values())
        yield where, {one: n / total for one, n in here.items() if n >= RARE * total}


def _anywhere(counts: Counter[tuple[str, int]]) -> dict[int, int]:
    found: Counter[int] = Counter()
    for (_, class_id), count in counts.items():
        found[class_id] += count
    return dict(found)
