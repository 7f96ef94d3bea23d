"""Worn print: how far things go, that picture and boxes still agree, and that nothing gets lost."""

from functools import cache
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from deepscores.engraving.verovio.engine import engrave
from deepscores.page.degrading import wear
from deepscores.page.degrading.wear import Wear, wear_symbols
from deepscores.page.geometry import Affine, Box
from deepscores.page.model import Music, Outline, Page, Score, Style, Symbol
from deepscores.page.outlines.contours import (
    Edges,
    bounds,
    bounds_within,
    contours,
    map_edges,
    on_page,
    rectangle,
)
from deepscores.page.painting.canvas import Canvas
from deepscores.page.sheets import SheetMaker
from deepscores.page.symbols.placing import PlacedSymbol, Placement, oriented_box, place_symbols
from tests.places import GOLDEN_SCORES

SCORES = sorted((GOLDEN_SCORES).glob("*.musicxml"))
FONTS = ("Bravura", "Petaluma")
SPACE = 16.0
WIDTH, HEIGHT = 1200, 1000
CASES = [(path, font) for path in SCORES for font in FONTS]
every_page = pytest.mark.parametrize(("path", "font"), CASES, ids=lambda v: getattr(v, "stem", v))


@cache
def engraved(path: Path, font: str) -> tuple[Page, Music]:
    text = path.read_text(encoding="utf-8")
    style = Style(font, "verovio", WIDTH, HEIGHT, SPACE, 40)
    engraving = engrave(Score("s", "s", "", "", "musicxml", text), [style])
    return next(page for _, page, _ in engraving.pages()), engraving.music


@cache
def placed_on(path: Path, font: str = "Bravura") -> tuple[Page, list[PlacedSymbol]]:
    page, music = engraved(path, font)
    return page, list(place_symbols(page, music))


def worn(
    placed: list[PlacedSymbol], page: Page, strength: float = 1.0, seed: object = 0
) -> list[PlacedSymbol]:
    rng = np.random.default_rng(seed)  # type: ignore[arg-type]
    return list(wear_symbols(Placement.of(placed), page, strength, rng))


def made(*outlines: Outline, kind: str = "stem", **fields: object) -> list[PlacedSymbol]:
    """Symbols of our own, each a group by itself."""
    found = []
    for number, outline in enumerate(outlines, 1):
        edges = on_page(outline.edges, outline.to_page, outline.box)
        box = bounds(edges).clipped(WIDTH, HEIGHT)
        symbol = Symbol(number, kind, "", kind, "", box, (), "", group=number)
        found.append(PlacedSymbol(symbol._replace(**fields), outline))
    return found


def blank(width: int = WIDTH, height: int = HEIGHT, space: float = SPACE) -> Page:
    return Page(1, width, height, space, (), ())


def edges_of(one: PlacedSymbol) -> Edges:
    return on_page(one.outline.edges, one.outline.to_page, one.outline.box)


def middles(placed: list[PlacedSymbol]) -> np.ndarray:
    return np.array([one.symbol.box.centre for one in placed])


def staves(placed: list[PlacedSymbol]) -> dict[tuple[int, int], list[int]]:
    """Rows of the lines of each staff, top line first."""
    found: dict[tuple[int, int], list[int]] = {}
    for row, one in enumerate(placed):
        if one.symbol.kind == "staffLine":
            found.setdefault((one.symbol.system, one.symbol.staff), []).append(row)
    return {
        key: sorted(rows, key=lambda row: placed[row].symbol.box.y0) for key, rows in found.items()
    }


def heights(line: PlacedSymbol, at: np.ndarray, *, top: bool) -> np.ndarray:
    """Where the upper or lower side of a line is at some x."""
    found = []
    for strip in contours(edges_of(line)):
        half = len(strip) // 2
        found.append(strip[:half, :2] if top else strip[half:, :2][::-1])
    points = np.concatenate(found)
    return np.interp(at, points[:, 0], points[:, 1])


@every_page
def test_at_strength_0_nothing_changes(path: Path, font: str) -> None:
    page, placed = placed_on(path, font)
    placement = Placement.of(placed)
    assert wear_symbols(placement, page, 0, np.random.default_rng(0)) is placement


def test_a_page_without_symbols_stays_empty() -> None:
    assert worn([], blank()) == []


@every_page
def test_only_outlines_and_boxes_change(path: Path, font: str) -> None:
    page, placed = placed_on(path, font)
    found = worn(placed, page)
    assert len(found) == len(placed)
    for new, old in zip(found, placed, strict=True):
        assert new.outline is not old.outline
        assert bool(new.symbol.oriented) == bool(old.symbol.oriented)
        like = old.symbol._replace(box=new.symbol.box, oriented=new.symbol.oriented)
        assert new.symbol == like


@every_page
def test_the_same_stream_wears_the_same_and_leaves_its_input(path: Path, font: str) -> None:
    page, placed = placed_on(path, font)
    before = [edges_of(one).copy() for one in placed]
    once, again, other = (worn(placed, page, seed=seed) for seed in (3, 3, 4))
    assert digest(once) == digest(again) != digest(other)
    for edges, one in zip(before, placed, strict=True):
        np.testing.assert_array_equal(edges, edges_of(one))


def digest(placed: list[PlacedSymbol]) -> str:
    found = blake2b(digest_size=8)
    for symbol, outline in placed:
        numbers = [*symbol.box, *symbol.oriented, *edges_of(PlacedSymbol(symbol, outline)).ravel()]
        found.update(np.array(numbers).tobytes())
    return found.hexdigest()


def test_bytes_are_the_same_on_every_machine() -> None:
    lines = made(*(Outline(None, box=Box(40, y, 1100, y + 2)) for y in (100, 116)))
    placed = [
        *(one._replace(symbol=one.symbol._replace(kind="staffLine")) for one in lines),
        *made(
            Outline(None, box=Box(300, 80, 302, 140)),
            Outline(ring(30), Affine(0.5, 0, 0, 0.5, 300, 130), "ring"),
            Outline(ring(20) + 500),
        ),
    ]
    assert digest(worn(placed, blank())) == "9d253e0886ee84ec"


def ring(radius: float, sides: int = 24) -> Edges:
    """Two contours, one around the other the other way: a note head with a hole."""
    t = (np.arange(sides) * 2 - sides + 1) / sides
    # A circle without sines: a rational one.
    halves = [((1 - t * t) / (1 + t * t), 2 * t / (1 + t * t))]
    x = np.concatenate([halves[0][0], -halves[0][0]]) * radius
    y = np.concatenate([halves[0][1], -halves[0][1]]) * radius
    outer = np.stack([x, y, np.roll(x, -1), np.roll(y, -1)], axis=1)
    return np.concatenate([outer, outer[::-1, [2, 3, 0, 1]] * 0.6])


@every_page
@pytest.mark.parametrize("strength", [0.4, 1.0])
def test_boxes_are_within_a_pixel_of_the_ink(path: Path, font: str, strength: float) -> None:
    page, placed = placed_on(path, font)
    canvas = Canvas(WIDTH, HEIGHT)
    for symbol, outline in worn(placed, page, strength):
        ys, xs = np.nonzero(canvas.paint([outline]).image < 255)
        ink = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])
        assert np.abs(np.array(symbol.box) - ink).max() <= 1, symbol


@every_page
def test_boxes_are_tight_around_the_vectors(path: Path, font: str) -> None:
    page, placed = placed_on(path, font)
    for one in worn(placed, page):
        assert one.symbol.box == pytest.approx(bounds(edges_of(one)), abs=1e-9)
        if one.symbol.oriented:
            assert one.symbol.oriented == oriented_box(edges_of(one))


@every_page
def test_contours_stay_closed(path: Path, font: str) -> None:
    page, placed = placed_on(path, font)
    for one in worn(placed, page):
        for contour in contours(edges_of(one)):
            np.testing.assert_array_equal(contour[0, :2], contour[-1, 2:])


@every_page
def test_wear_grows_with_strength(path: Path, font: str) -> None:
    page, placed = placed_on(path, font)
    levels = [worn(placed, page, strength) for strength in (0.1, 0.3, 0.6, 1.0)]
    moves = [np.abs(middles(found) - middles(placed)).mean() for found in levels]
    assert moves[3] > 0.02 * SPACE
    assert moves == sorted(moves)
    assert moves[0] == pytest.approx(moves[3] / 10, rel=0.3)
    inks = [np.abs(areas(found) / areas(placed) - 1).mean() for found in levels]
    assert inks == sorted(inks)
    assert inks[3] > 0.05


def areas(placed: list[PlacedSymbol]) -> np.ndarray:
    found = []
    for one in placed:
        x0, y0, x1, y1 = edges_of(one).T
        found.append(abs(float((x0 * y1 - x1 * y0).sum())) / 2)
    return np.array(found)


@every_page
@pytest.mark.parametrize("seed", range(4))
def test_nothing_goes_far(path: Path, font: str, seed: int) -> None:
    page, placed = placed_on(path, font)
    found = worn(placed, page, seed=seed)
    most = wear.WARP + wear.TOGETHER + wear.GLYPH + wear.GLYPH_EDGE + 2 * wear.HEAVIER
    sides = np.array([one.symbol.box for one in found])
    before = np.array([one.symbol.box for one in placed])
    assert np.abs(sides - before).max() <= most * SPACE
    ratio = areas(found) / areas(placed)
    assert ratio.min() > 0.5
    assert ratio.max() < 1.8


@every_page
@pytest.mark.parametrize("seed", range(4))
def test_staff_lines_waver_within_bounds_and_in_order(path: Path, font: str, seed: int) -> None:
    page, placed = placed_on(path, font)
    found = worn(placed, page, seed=seed)
    for rows in staves(placed).values():
        box = placed[rows[0]].symbol.box
        at = np.linspace(box.x0 + SPACE, box.x1 - SPACE, 60)
        tops = np.array([heights(found[row], at, top=True) for row in rows])
        bottoms = np.array([heights(found[row], at, top=False) for row in rows])
        ideal = np.array([placed[row].symbol.box.centre.y for row in rows])
        off = (tops + bottoms) / 2 - ideal[:, None]
        assert np.abs(off).max() <= (wear.WARP + wear.LINE_WAVER) * SPACE
        assert off.std(axis=1).min() > 0.002 * SPACE
        assert (tops[1:] - bottoms[:-1]).min() > 0.6 * SPACE
        assert (bottoms - tops).min() >= 0.5 * (box.y1 - box.y0)
        # A staff stays a staff: its lines share most of their waver.
        assert np.abs(np.diff(off, axis=0)).max() < 0.12 * SPACE


def test_a_staff_line_wavers_by_itself_too() -> None:
    placed = made(*(Outline(None, box=Box(40, 300, 1140, 302)) for _ in range(2)), kind="staffLine")
    at = np.linspace(60, 1120, 60)
    one, other = (
        heights(line, at, top=True) + heights(line, at, top=False) for line in worn(placed, blank())
    )
    assert np.abs(one - other).max() / 2 > 0.5 * wear.LINE_WAVER * SPACE


def test_staff_lines_break_now_and_then() -> None:
    thick, long = 2, 1100
    boxes = [Box(40, y, 40 + long, y + thick) for y in range(50, 950, 20)]
    placed = made(*(Outline(None, box=box) for box in boxes), kind="staffLine")
    counts = []
    for strength in (0.1, 0.5, 1.0):
        found = worn(placed, blank(), strength)
        gaps = [gap for one in found for gap in gaps_of(one)]
        for start, end in gaps:
            assert 0 < end - start <= (wear.LONGEST_BREAK + 0.1) * SPACE
            assert start > 40 + 0.9 * SPACE
            assert end < 40 + long - 0.9 * SPACE
        counts.append(len(gaps))
    step = long / int(long / SPACE)  # a line's corners; breaks begin anywhere between
    begun = [((start - 40) / step + 0.2) % 1 for one in found for start, _ in gaps_of(one)]
    assert np.std(begun) > 0.1
    spaces = len(boxes) * long / SPACE
    assert counts == sorted(set(counts))
    assert 0.5 < counts[-1] / (spaces * wear.BREAKS) < 2


def gaps_of(line: PlacedSymbol) -> list[tuple[float, float]]:
    pieces = [bounds(piece) for piece in contours(edges_of(line))]
    return [(left.x1, right.x0) for left, right in pairwise(pieces)]


def test_the_picture_has_the_breaks() -> None:
    placed = made(Outline(None, box=Box(40, 48, 1140, 52)), kind="staffLine")
    found, seed = worn(placed, blank()), 0
    while not gaps_of(found[0]):
        seed += 1
        found = worn(placed, blank(), seed=seed)
    image = Canvas(WIDTH, HEIGHT).paint([found[0].outline]).image
    for start, end in gaps_of(found[0]):
        assert (image[:, int(np.ceil(start)) : int(end)] == 255).all()
    bare = (image[:, 60:1120] == 255).all(axis=0).sum()
    assert bare == pytest.approx(
        sum(end - start for start, end in gaps_of(found[0])), abs=2 * len(gaps_of(found[0]))
    )


@pytest.mark.parametrize(
    "box",
    [
        Box(0, 300, 0.4, 360),  # a sliver at each side of the page
        Box(WIDTH - 0.4, 300, WIDTH, 360),
        Box(300, 0, 360, 0.4),
        Box(300, HEIGHT - 0.4, 360, HEIGHT),
        Box(-20, 300, 0.7, 360),
        Box(0, 300, 3, 360),
    ],
    ids=str,
)
@pytest.mark.parametrize("as_edges", [False, True])
def test_nothing_vanishes_off_the_page(box: Box, as_edges: bool) -> None:
    outline = Outline(rectangle(box), key="k") if as_edges else Outline(None, box=box)
    placed = made(outline)
    least = placed[0].symbol.box
    canvas = Canvas(WIDTH, HEIGHT)
    for seed in range(60):
        (one,) = worn(placed, blank(), seed=seed)
        x0, y0, x1, y1 = one.symbol.box
        assert 0 <= x0 < x1 <= WIDTH
        assert 0 <= y0 < y1 <= HEIGHT
        thinner = 0.95 * (1 - 2 * wear.MOST_OF_SIDE)
        assert x1 - x0 >= min(1, least.width) * thinner
        assert y1 - y0 >= min(1, least.height) * thinner
        assert canvas.paint([one.outline]).visible_areas[1] > 0


def test_what_the_page_cuts_is_boxed_as_cut() -> None:
    half = Outline(ring(30), Affine(f=400), "ring")
    placed = made(Outline(None, box=Box(-30, 300, 12, 360)), half)
    for seed in range(20):
        for one in worn(placed, blank(), seed=seed):
            assert one.symbol.box.x0 == 0
            whole = bounds(edges_of(one))
            assert whole.x0 < -5
            assert one.symbol.box.x1 == pytest.approx(whole.x1)


def test_a_curve_cut_by_the_page_is_boxed_by_what_is_left() -> None:
    placed = made(Outline(ring(30), Affine(e=300, f=-12), "ring"))
    for seed in range(20):
        (one,) = worn(placed, blank(), seed=seed)
        assert one.symbol.box == bounds_within(edges_of(one), WIDTH, HEIGHT)
        assert one.symbol.box.width < bounds(edges_of(one)).width - 1


@every_page
@pytest.mark.parametrize("seed", range(4))
def test_stems_stay_with_their_heads_and_beams(path: Path, font: str, seed: int) -> None:
    page, placed = placed_on(path, font)
    found = worn(placed, page, seed=seed)
    moves = middles(found) - middles(placed)
    pairs = [
        (row, one.symbol.parent - 1)
        for row, one in enumerate(placed)
        if one.symbol.parent and one.symbol.kind.startswith(("notehead", "stem"))
    ]
    assert pairs
    apart = np.abs([moves[row] - moves[parent] for row, parent in pairs])
    assert apart.max() < 0.2 * SPACE
    # Sideways a stem must keep touching its head.
    heads = [place for place, (row, _) in enumerate(pairs) if is_head(placed[row])]
    assert apart[heads, 0].max() < 0.14 * SPACE
    assert apart[heads].mean() < 0.06 * SPACE


def is_head(one: PlacedSymbol) -> bool:
    return one.symbol.kind.startswith("notehead")


def test_ledger_lines_go_with_their_heads() -> None:
    places = [(300, 300), (330, 300), (300, 420)]
    heads = made(*(Outline(ring(9), Affine(e=x, f=y), "o") for x, y in places), kind="noteheadHalf")
    ledgers = made(
        *(Outline(None, box=Box(x - 14, y + 9, x + 14, y + 11)) for x, y in places),
        kind="ledgerLine",
    )
    placed = heads + [
        one._replace(symbol=one.symbol._replace(number=number, group=number))
        for number, one in enumerate(ledgers, 4)
    ]
    moves = np.array(
        [middles(worn(placed, blank(), seed=seed)) - middles(placed) for seed in range(80)]
    )
    apart = (moves[:, 3:] - moves[:, :3]).std()
    assert apart < 0.036 * SPACE  # what each moves by itself
    assert (moves[:, 3] - moves[:, 1]).std() > 0.04 * SPACE


def test_what_moves_together_moves_alike() -> None:
    letters = made(*(Outline(ring(8) + (600 + 12 * n), key="f") for n in range(3)))
    alone = worn(letters, blank())
    grouped = [one._replace(symbol=one.symbol._replace(group=1)) for one in letters]
    parents = [
        one._replace(symbol=one.symbol._replace(parent=min(n, 1))) for n, one in enumerate(letters)
    ]
    spreads = []
    for placed in (letters, grouped, parents):
        found = [worn(placed, blank(), seed=seed) for seed in range(40)]
        moves = np.array([middles(one) - middles(placed) for one in found])
        spreads.append(moves.std(axis=1).mean())
    assert alone
    assert spreads[1] == pytest.approx(spreads[2])
    assert spreads[1] < 0.9 * spreads[0]


def test_strokes_get_thicker_and_thinner() -> None:
    placed = made(*(Outline(None, box=Box(x, 100, x + 3, 160)) for x in range(50, 1150, 20)))
    before = areas(placed)
    ratios = areas(worn(placed, blank())) / before
    assert ratios.min() < 0.9
    assert ratios.max() > 1.1
    lying = made(*(Outline(None, box=Box(x, 100, x + 60, 103)) for x in range(50, 1150, 80)))
    widths = [one.symbol.box.width for one in worn(lying, blank())]
    assert widths == pytest.approx([60] * len(lying), abs=0.02 * 60)


def test_heavier_outlines_have_smaller_holes() -> None:
    placed = made(*(Outline(ring(12) + x, key="ring") for x in range(60, 940, 40)))
    ratios = []
    for one in worn(placed, blank()):
        outer, hole = (abs(area_of(part)) for part in contours(one.outline.edges))
        ratios.append((outer / area_of(ring(12)[:48]), hole / outer / 0.36))
    sizes, holes = np.array(ratios).T
    assert (holes > 1.05).any()
    assert (holes < 0.95).any()
    # Weight makes holes small against what is around them; growth alone keeps the ratio.
    assert np.corrcoef(sizes, holes)[0, 1] < -0.3


def area_of(edges: Edges | None) -> float:
    assert edges is not None
    x0, y0, x1, y1 = edges.T
    return float((x0 * y1 - x1 * y0).sum()) / 2


@pytest.mark.parametrize("flip", [1, -1])
def test_weight_does_not_depend_on_which_way_contours_wind(flip: int) -> None:
    edges = ring(12) + 400
    placed = made(Outline(edges, key="a"))
    turned = made(Outline(edges[::-1, [2, 3, 0, 1]], key="b"))
    for seed in range(5):
        one, other = (worn(either, blank(), seed=seed) for either in (placed, turned))
        assert areas(one) == pytest.approx(areas(other), rel=1e-9)
        assert one[0].symbol.box == pytest.approx(other[0].symbol.box)


def test_a_contour_that_weight_would_turn_inside_out_stays() -> None:
    hole = rectangle(Box(19.9, 5, 20.1, 35))[::-1, [2, 3, 0, 1]]
    slit = np.concatenate([rectangle(Box(0, 0, 40, 40)), hole])
    for seed in range(20):
        (one,) = worn(made(Outline(slit + 400, key="slit")), blank(), seed=seed)
        outer, hole = contours(edges_of(one))
        assert area_of(outer) > 0 > area_of(hole)


def test_wear_scales_with_the_staff_space(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wear, "LEAST_STROKE", 0.0)  # the one length that is in pixels
    path = SCORES[0]
    page, placed = placed_on(path)
    double = [
        PlacedSymbol(
            one.symbol._replace(box=Box(*(2 * side for side in one.symbol.box))),
            Outline(
                None
                if one.outline.edges is None
                else map_edges(one.outline.edges, Affine(2, 0, 0, 2)),
                _doubled(one.outline.to_page),
                one.outline.key,
                one.outline.box and Box(*(2 * side for side in one.outline.box)),
            ),
        )
        for one in placed
    ]
    large = blank(2 * page.width, 2 * page.height, 2 * page.staff_space)
    small, found = worn(placed, page), worn(double, large)
    for one, other in zip(small, found, strict=True):
        np.testing.assert_allclose(2 * edges_of(one), edges_of(other), atol=1e-6)


def _doubled(to: Affine) -> Affine:
    # Own units are doubled already; places on the page are what is left.
    return to._replace(e=2 * to.e, f=2 * to.f)


@every_page
def test_a_worn_sheet_is_painted_from_worn_symbols(path: Path, font: str) -> None:
    page, music = engraved(path, font)
    sheet_maker = SheetMaker(WIDTH, HEIGHT)
    plain, still, sheet = (
        sheet_maker.make_sheet(page, music, worn_as)
        for worn_as in (None, Wear(0, np.random.default_rng(0)), Wear(1, np.random.default_rng(0)))
    )
    assert list(plain.symbols) == list(still.symbols)
    np.testing.assert_array_equal(plain.painting.picture.runs, still.painting.picture.runs)
    assert list(sheet.symbols) == [
        one.symbol for one in worn(list(place_symbols(page, music)), page)
    ]
    assert (plain.painting.image != sheet.painting.image).mean() > 0.001
    seen = sheet.painting.visible_areas[1:] > 0
    assert seen.mean() > 0.9
    boxes = np.array([symbol.box for symbol in sheet.symbols])[seen]
    visible = sheet.painting.visible_boxes[1:][seen]
    assert (visible[:, :2] - boxes[:, :2] > -1.001).all()
    assert (boxes[:, 2:] - visible[:, 2:] > -1.001).all()


def test_strokes_stay_a_pixel_thick_and_thinner_lines_level() -> None:
    for thick in (0.7, 1.2):
        boxes = [Box(40, y, 1140, y + thick) for y in range(50, 950, 20)]
        found = worn(made(*(Outline(None, box=box) for box in boxes), kind="staffLine"), blank())
        level = [
            len({y for strip in contours(edges_of(one)) for y in strip[:, 1]}) for one in found
        ]
        assert (max(level) == 2) == (thick < 1)
        seen = [Canvas(WIDTH, HEIGHT).paint([one.outline]) for one in found[:6]]
        for painting, one in zip(seen, found[:6], strict=True):
            gaps = sum(end - start + 2 for start, end in gaps_of(one))
            assert painting.owners.any(axis=0).sum() >= 1095 - gaps
    stems = made(*(Outline(None, box=Box(x, 100, x + 1.2, 160)) for x in range(50, 1150, 20)))
    assert min(one.symbol.box.width for one in worn(stems, blank())) > 1


def test_small_glyphs_stay_upright_and_get_no_thinner() -> None:
    square = rectangle(Box(400, 400, 430, 440))
    for space, fine in ((8.0, False), (16.0, True)):
        found = [
            worn(made(Outline(square, key="a")), blank(space=space), seed=seed)[0]
            for seed in range(20)
        ]
        upright = [len(set(edges_of(one)[:, 0].round(6))) == 2 for one in found]
        assert all(upright) != fine


def test_long_paths_bend_with_the_page() -> None:
    placed = made(Outline(rectangle(Box(60, 400, 1100, 408))), kind="beam")
    slopes = []
    for seed in range(20):
        x0, y0, x1, y1 = edges_of(worn(placed, blank(), seed=seed)[0])[0]
        slopes.append(abs(y1 - y0))
        assert x1 - x0 == pytest.approx(1040, abs=3 * wear.WARP * SPACE)
    assert 0.03 * SPACE < max(slopes) <= 2 * wear.WARP * SPACE


def test_large_glyphs_turn_and_grow_less() -> None:
    box = Box(200, 200, 900, 800)
    placed = made(Outline(rectangle(box), key="a"))
    most = wear.WARP + wear.TOGETHER + wear.GLYPH + 2 * wear.GLYPH_EDGE + 2 * wear.HEAVIER
    for seed in range(30):
        (one,) = worn(placed, blank(), seed=seed)
        assert np.abs(np.array(one.symbol.box) - box).max() < most * SPACE


@pytest.mark.parametrize("strength", [0.1, 1.0])
def test_glyphs_turn_and_grow_with_strength(strength: float) -> None:
    placed = made(Outline(rectangle(Box(400, 400, 430, 440)), key="a"))
    slopes = []
    for seed in range(30):
        x0, y0, x1, y1 = edges_of(worn(placed, blank(), strength, seed)[0])[0]
        slopes.append(abs((y1 - y0) / (x1 - x0)))
    assert 0.3 * wear.TURN * strength < max(slopes) <= 1.01 * wear.TURN * strength


def test_ink_is_heavy_here_and_light_there() -> None:
    placed = made(*(Outline(None, box=Box(x, 100, x + 3, 160)) for x in range(50, 1150, 8)))
    widths = np.array([one.symbol.box.width for one in worn(placed, blank())])
    assert np.corrcoef(widths[1:], widths[:-1])[0, 1] > 0.4
