"""The zoo makes every class, as often as stated, in every font; its holes are as listed."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deepscores.engraving.verovio.glyphs import MUSIC_FONTS
from deepscores.errors import DatasetError
from deepscores.inspection.galleries.classes.inventory import (
    expected_counts,
    known_holes,
    known_loans,
    zoo_scores,
)
from deepscores.inspection.galleries.classes.specimens import CELL, Collection, engrave_zoo
from deepscores.inspection.galleries.classes.visit import why_missing, write_zoo
from deepscores.page.labels.label_sets import load_label_set, parse_label_set
from deepscores.page.model import Symbol
from deepscores.recipe.recipe import Recipe, apply

SETS = ("deepscores-118", "deepscores-v2", "full")
PAPERS = ("deepscores-118", "deepscores-v2")  # which the zoo covers wholly


@dataclass
class Zoo:
    collections: dict[str, Collection]
    symbols: dict[tuple[str, str], list[tuple[int, Symbol]]] = field(
        default_factory=lambda: defaultdict(list)
    )  # by score and font, with their page


@pytest.fixture(scope="module")
def zoo() -> Zoo:
    """The whole zoo in all fonts."""
    whole = Zoo({name: Collection(load_label_set(name), MUSIC_FONTS) for name in SETS})
    for score, drawing in engrave_zoo(MUSIC_FONTS):
        heads = {one.element for one in drawing.sheet.symbols if one.role == "notehead"}
        assert len(heads) == drawing.notes, f"{score}: notes beyond the page's edge"
        for collection in whole.collections.values():
            collection.add(score, drawing)
        numbered = ((drawing.page.number, symbol) for symbol in drawing.sheet.symbols)
        whole.symbols[score, drawing.font].extend(numbered)
    return whole


def named(collection: Collection, score: str, font: str) -> dict[str, int]:
    classes = collection.labels.classes
    return {classes[one - 1].name: n for one, n in collection.counts[score, font].items()}


def test_counts_are_stated_for_every_score_and_label_set() -> None:
    stated = expected_counts()
    assert sorted(stated) == sorted(source.id for source in zoo_scores())
    assert all(set(table) == set(SETS) for table in stated.values())


@pytest.mark.parametrize("font", MUSIC_FONTS)
@pytest.mark.parametrize("score", sorted(expected_counts()))
def test_score_has_each_class_as_often_as_stated(zoo: Zoo, score: str, font: str) -> None:
    for labels, counts in expected_counts()[score].items():
        assert named(zoo.collections[labels], score, font) == counts, labels


@pytest.mark.parametrize("font", MUSIC_FONTS)
@pytest.mark.parametrize("labels", PAPERS)
def test_what_is_missing_is_listed_as_a_hole_and_nothing_else(
    zoo: Zoo, labels: str, font: str
) -> None:
    collection = zoo.collections[labels]
    missing = {
        one.name for one in collection.labels.classes if (one.id, font) not in collection.specimens
    }
    assert missing == {
        hole.name for hole in known_holes() if hole.labels == labels and font in hole.fonts
    }


def test_listed_hole_of_the_full_set_is_not_drawn(zoo: Zoo) -> None:
    full = zoo.collections["full"]
    holes = [hole for hole in known_holes() if hole.labels == "full"]
    assert holes
    for hole in holes:
        number = full.labels.class_named(hole.name).id
        assert not [font for font in hole.fonts if (number, font) in full.specimens], hole.name


def test_glyphs_borrowed_from_another_font_are_those_listed(zoo: Zoo) -> None:
    borrowed = {
        (font, symbol.font, symbol.glyph)
        for (_, font), symbols in zoo.symbols.items()
        for _, symbol in symbols
        if symbol.glyph and symbol.font != font
    }
    assert borrowed == {
        (loan.font, loan.lender, glyph) for loan in known_loans() for glyph in loan.glyphs
    }


def test_every_symbol_of_the_zoo_has_a_class_in_the_full_set(zoo: Zoo) -> None:
    known = {one.name for one in load_label_set("full").classes}
    drawn = {symbol.kind for symbols in zoo.symbols.values() for _, symbol in symbols}
    assert drawn - known == set()


@pytest.mark.parametrize("font", MUSIC_FONTS)
def test_pieces_of_a_curve_or_line_are_symbols_that_share_their_element(
    zoo: Zoo, font: str
) -> None:
    pieces: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for page, symbol in zoo.symbols["pieces", font]:
        if symbol.kind in ("slur", "tie", "dynamicCrescendoHairpin", "trillLine", "pedalLine"):
            pieces[symbol.kind, symbol.element].append((page, symbol.system))
    assert all(identity for _, identity in pieces)
    assert all(len(set(places)) == len(places) for places in pieces.values())  # one a system
    cut = Counter((kind, len(places)) for (kind, _), places in pieces.items())
    assert cut == {
        ("slur", 4): 1,
        ("dynamicCrescendoHairpin", 4): 1,
        ("tie", 2): 3,
        ("trillLine", 2): 1,
        ("pedalLine", 2): 1,
    }
    across = {kind for (kind, _), places in pieces.items() if len({page for page, _ in places}) > 1}
    assert across >= {"slur", "tie", "dynamicCrescendoHairpin", "trillLine"}


@pytest.mark.parametrize("font", MUSIC_FONTS)
def test_ottava_pieces_share_their_element_with_their_lines(zoo: Zoo, font: str) -> None:
    parts = [symbol for _, symbol in zoo.symbols["pieces", font] if symbol.role == "octave"]
    assert len({symbol.element for symbol in parts}) == 1
    assert len({(symbol.system, symbol.group) for symbol in parts}) == 3


def test_parentheses_of_a_continued_ottava_belong_to_its_bracket(zoo: Zoo) -> None:
    labels = load_label_set("deepscores-v2")
    symbols = [symbol for page, symbol in zoo.symbols["pieces", "Bravura"] if page == 1]
    bracket = labels.class_named("ottavaBracket").id
    brackets = [one for one in labels.label(symbols) if one.class_id == bracket]
    kinds = [sorted(symbols[number - 1].kind for number in one.members) for one in brackets]
    continued = ["octaveParensLeft", "octaveParensRight", "ottava", "ottavaLine"]
    assert kinds == [["ottava", "ottavaLine"], continued, continued]


@pytest.mark.parametrize("font", MUSIC_FONTS)
def test_cross_staff_beam_joins_stems_of_both_staves(zoo: Zoo, font: str) -> None:
    symbols = [symbol for page, symbol in zoo.symbols["pieces", font] if page == 1]
    beams = {symbol.number for symbol in symbols if symbol.kind == "beam"}
    staves = defaultdict(set)
    for symbol in symbols:
        if symbol.kind == "stem" and symbol.parent in beams:
            staves[symbol.parent].add(symbol.staff)
    assert set(staves) == beams
    assert all(found == {1, 2} for found in staves.values())


def test_visit_leaves_a_picture_and_a_page_that_names_every_class(tmp_path: Path) -> None:
    visit = write_zoo(tmp_path / "zoo", Recipe(fonts=("Leland", "Petaluma")))
    text = visit.page.read_text("utf-8")
    assert visit.shown == (("Leland", 118), ("Petaluma", 118))
    assert all(f"| `{one.name}` |" in text for one in load_label_set("deepscores-118").classes)
    assert "None: every class is drawn in every font." in text
    assert "Verovio's Leland lacks these glyphs" in text
    assert "Gootville" not in text
    from PIL import Image

    with Image.open(visit.picture) as picture:
        assert picture.width > 2 * CELL[0]
        assert picture.height > 118 * CELL[1]


def test_what_another_font_lends_to_a_font_of_the_user_s_is_told(
    music_font: Callable[..., Path], tmp_path: Path
) -> None:
    path = music_font(tmp_path / "quill.otf", without=[0xE4C0])
    visit = write_zoo(tmp_path / "zoo", apply(Recipe(), {"fonts": [str(path)], "labels": "full"}))
    text = visit.page.read_text("utf-8")
    lent = re.search(r"\* Quill: the font lacks these glyphs; Leipzig lends them: (.*)\.", text)
    assert lent
    assert "`fermataAbove`" in lent[1]
    assert "* `figuredBassExtender` in Quill: Verovio leaves out the lines" in text


def test_class_that_no_score_has_is_a_hole_with_a_reason() -> None:
    labels = parse_label_set('[[class]]\nid = 1\nname = "organ"\nof = ["organ*"]', "mine")
    assert why_missing(labels, labels.classes[0], "Bravura") == "no score of the zoo has it"
    full = load_label_set("full")
    assert "ordinary" in why_missing(full, full.class_named("noteheadSquareBlack"), "Bravura")


def test_zoo_is_not_written_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "zoo").write_text("a file")
    with pytest.raises(DatasetError, match="is a file"):
        write_zoo(tmp_path / "zoo", Recipe())
