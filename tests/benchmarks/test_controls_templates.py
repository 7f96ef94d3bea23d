"""A template finds its glyph in its place; run lengths find staves and what stands beside them."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.controls.glyphs import (
    MARGIN,
    Drawn,
    Template,
    count_uses,
    make_templates,
    outline,
    where_on_staff,
)
from benchmarks.controls.matching import all_peaks, best_threshold, distinct, hits
from benchmarks.controls.pages import split_pages
from benchmarks.controls.staves import (
    find_staves,
    ledger_lines,
    runs,
    stems,
    without_lines,
)
from benchmarks.controls.templates import detected, learnt
from deepscores.dataset.labelled import label_page
from deepscores.dataset.reader import open_dataset
from deepscores.page.geometry import Affine, Box
from deepscores.page.model import Outline
from deepscores.page.outlines.contours import bounds
from deepscores.page.overlaps import overlap
from deepscores.page.painting.canvas import Canvas

SPACE = 16.0


def staff(left: float = 50, top: float = 100, width: float = 500) -> list[Outline]:
    tops = [top + nth * SPACE - 1 for nth in range(5)]
    return [Outline(None, box=Box(left, y, left + width, y + 2)) for y in tops]


def glyph(name: str, x: float, y: float) -> tuple[Outline, tuple[float, ...]]:
    """A glyph with its origin at x, y, and its box."""
    edges = outline("Bravura", name, False)
    assert edges is not None
    unit, box = SPACE / 250, bounds(edges)
    corners = (box.x0 * unit + x, box.y0 * unit + y, box.x1 * unit + x, box.y1 * unit + y)
    return Outline(edges, Affine(a=unit, d=unit, e=x, f=y)), corners


def painted(outlines: list[Outline]) -> np.ndarray:
    return Canvas(600, 300).paint(outlines).image


def template(name: str, class_id: int) -> Template:
    edges = outline("Bravura", name, False)
    assert edges is not None
    unit, box = SPACE / 250, bounds(edges)
    width, height = box.width * unit, box.height * unit
    to = Affine(a=unit, d=unit, e=MARGIN - box.x0 * unit, f=MARGIN - box.y0 * unit)
    canvas = Canvas(int(width) + 1 + 2 * MARGIN, int(height) + 1 + 2 * MARGIN)
    shares = {where: {class_id: 1.0} for where in ("line", "space", "")}
    picture = canvas.paint([Outline(edges, to)]).image
    return Template(Drawn(name, False, 20), picture, width, height, -box.y0 * unit, shares)


def test_a_template_finds_its_glyph_in_its_place() -> None:
    head, corners = glyph("noteheadBlack", 200.3, 124.4)
    sharp, _ = glyph("accidentalSharp", 150.0, 116.0)
    image = painted([*staff(), head, sharp])
    staves = find_staves(image, SPACE)
    templates = [template("noteheadBlack", 1), template("accidentalSharp", 2)]
    peaks = all_peaks(without_lines(image, staves), templates)
    rows = distinct(peaks, peaks.fit)
    best = rows[peaks.template[rows] == 0][0]
    assert peaks.fit[best] > 0.8
    assert abs(peaks.box[best] - corners).max() < 0.5
    assert peaks.template[rows[:2]].tolist().count(1) == 1


def test_templates_find_nothing_on_paper() -> None:
    image = np.full((300, 600), 255, np.uint8)
    assert len(all_peaks(image, [template("noteheadBlack", 1)]).fit) == 0
    assert find_staves(image, SPACE) == []


def test_a_staff_is_found_to_a_fraction_of_a_pixel() -> None:
    (found,) = find_staves(painted(staff(top=100.4)), SPACE)
    assert found.box == pytest.approx((50, 99.4, 550, 165.4), abs=0.6)
    assert [line.middle for line in found.lines] == pytest.approx(
        [100.4 + nth * SPACE for nth in range(5)], abs=0.1
    )
    assert where_on_staff([found], 100.4 + SPACE) == "line"
    assert where_on_staff([found], 100.4 - SPACE / 2) == "space"
    assert where_on_staff([found], 1000) == ""


def test_lines_go_and_what_crosses_them_stays() -> None:
    head, corners = glyph("noteheadBlack", 200.0, 132.0)
    image = painted([*staff(), head])
    cleared = without_lines(image, find_staves(image, SPACE))
    _, columns = np.nonzero(cleared < 128)
    assert columns.min() >= corners[0] - 1
    assert columns.max() <= corners[2] + 1
    assert (cleared < 128).sum() == pytest.approx((painted([head]) < 128).sum(), rel=0.1)


def test_a_stem_is_no_bar_line() -> None:
    stem, bar = Box(219.2, 80, 220.8, 136), Box(400, 99, 402, 165)
    image = painted([*staff(), Outline(None, box=stem), Outline(None, box=bar)])
    (found,) = stems(image, find_staves(image, SPACE), SPACE)
    assert found == pytest.approx(tuple(stem), abs=0.6)


def test_a_ledger_line_is_found_where_one_can_be() -> None:
    ledger, stray = Box(190, 83, 216, 85), Box(300, 73, 326, 75)
    image = painted([*staff(), Outline(None, box=ledger), Outline(None, box=stray)])
    (found,) = ledger_lines(image, find_staves(image, SPACE), SPACE, 2.0)
    assert found == pytest.approx(tuple(ledger), abs=0.6)


def test_runs_of_nothing_are_none() -> None:
    assert runs(np.zeros(4, np.bool_))[0].tolist() == []
    assert [one.tolist() for one in runs(np.ones(3, np.bool_))] == [[0], [3]]


def test_an_object_is_hit_once() -> None:
    head, corners = glyph("noteheadBlack", 200.0, 132.0)
    one = template("noteheadBlack", 7)
    peaks = all_peaks(painted([head]), [one])
    doubled = peaks.kept(np.array([0, 0]))
    box = np.array([corners])
    assert hits(doubled, [one], box, np.array([7], np.int32)).tolist() == [True, False]
    assert hits(doubled, [one], box, np.array([8], np.int32)).tolist() == [False, False]


def test_a_threshold_parts_right_from_wrong() -> None:
    fit = np.array([0.6, 0.95, 0.7, 0.9])
    assert best_threshold(fit, np.array([False, True, False, True])) == 0.9
    assert 0 < best_threshold(np.empty(0), np.empty(0, np.bool_)) < 1


def test_the_fonts_own_pages_are_read_with_its_templates(built: Path) -> None:
    dataset = open_dataset(built)
    pages = split_pages(dataset, "train", fonts=["Bravura"])
    uses = count_uses(pages, None, "Bravura")
    templates = make_templates(uses, "Bravura", 10.0)
    assert templates[0].drawn == Drawn("noteheadBlack", False, 20)
    matcher = learnt(pages, pages[:2], dataset.labels, "Bravura", None)
    page = label_page(pages[0].page)
    found = detected(matcher, pages[0])
    head = dataset.labels.class_named("noteheadBlack").id
    true = page.objects.box[page.objects.class_id == head]
    mine = found.kept(found.class_id == head).best(len(true))
    over = overlap(true[:, None], mine.box)
    assert (over.max(axis=1) > 0.5).mean() > 0.9
