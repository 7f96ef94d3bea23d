"""Pages that LilyPond draws: every mark at its element, every notehead at its note."""

from itertools import pairwise

import pytest

from deepscores.engraving.lilypond.layout import layout
from deepscores.engraving.lilypond.notation import score_source, write_notation
from deepscores.engraving.lilypond.program import run
from deepscores.engraving.protocol import Engraving
from deepscores.engraving.registry import find_engraver
from deepscores.engraving.verovio.engine import engrave as understand
from deepscores.errors import EngravingError
from deepscores.page.model import Page, Score, Style, Symbol
from deepscores.page.symbols.placing import place_symbols
from deepscores.scores import find_scores, read_score
from tests.places import GOLDEN_SCORES, ROOT

pytest.importorskip("lilypond")

GOLDEN = GOLDEN_SCORES
STYLE = Style("Emmentaler", "lilypond")


@pytest.fixture(scope="module")
def piano() -> Score:
    return read_score(find_scores([GOLDEN / "piano.musicxml"])[0])


@pytest.fixture(scope="module")
def engraving(piano: Score) -> Engraving:
    return find_engraver("lilypond").engrave(piano, [STYLE])


@pytest.fixture(scope="module")
def page(engraving: Engraving) -> Page:
    return next(engraving.pages()).page


@pytest.fixture(scope="module")
def symbols(engraving: Engraving, page: Page) -> list[Symbol]:
    return [one.symbol for one in place_symbols(page, engraving.music)]


def test_every_notehead_leads_back_to_its_note(piano: Score, symbols: list[Symbol]) -> None:
    heads = [one for one in symbols if one.role == "notehead"]
    assert len({one.element for one in heads}) == len(heads) == piano.notes
    assert all(one.step and one.octave is not None and one.measure for one in heads)


def test_a_note_stands_where_verovio_puts_it(piano: Score, symbols: list[Symbol]) -> None:
    verovio = understand(piano, [Style()])
    theirs = {
        one.symbol.element: (one.symbol.staff, one.symbol.staff_position)
        for _, page, _ in verovio.pages()
        for one in place_symbols(page, verovio.music)
        if one.symbol.role == "notehead"
    }
    ours = {
        one.element: (one.staff, one.staff_position) for one in symbols if one.role == "notehead"
    }
    assert ours == theirs


def test_accidentals_stems_and_beams_belong_to_notes(symbols: list[Symbol]) -> None:
    role = {one.number: one.role for one in symbols}
    parents = {
        (one.role, role[one.parent])
        for one in symbols
        if one.parent and one.role in ("accid", "notehead", "stem", "flag")
    }
    assert parents <= {
        ("accid", "notehead"), ("notehead", "stem"), ("stem", "beam"), ("flag", "notehead"),
    }  # fmt: skip
    assert {("accid", "notehead"), ("notehead", "stem"), ("stem", "beam")} <= parents


def test_the_page_is_the_styles(page: Page) -> None:
    assert (page.width, page.height) == (STYLE.page_width, STYLE.page_height)
    assert page.staff_space == STYLE.staff_space
    assert not page.missing_text


def test_staff_lines_are_a_staff_space_apart(symbols: list[Symbol]) -> None:
    lines = [one for one in symbols if one.kind == "staffLine" and one.staff == 1]
    middles = sorted((one.box.y0 + one.box.y1) / 2 for one in lines if one.system == 1)
    steps = [low - high for high, low in pairwise(middles)]
    assert steps == pytest.approx([STYLE.staff_space] * 4, abs=0.01)


def test_nothing_is_unclassified(symbols: list[Symbol]) -> None:
    assert not [one for one in symbols if one.kind in ("unclassified", "text")]


def test_the_same_music_gives_the_same_svg(piano: Score) -> None:
    notation = write_notation(understand(piano, [Style()]).music)
    assert notation is not None
    source = score_source(notation, layout(STYLE, notation.timeline)).text
    assert run(source, "piano") == run(source, "piano")


def test_sizes_in_pixels_do_not_change_the_layout(piano: Score) -> None:
    large = Style("Emmentaler", "lilypond", 3788, 5336, 32.0, 200)
    small, twice = (
        next(find_engraver("lilypond").engrave(piano, [style]).pages()).page
        for style in (STYLE, large)
    )
    assert len(small.marks) == len(twice.marks)
    for one, other in zip(small.marks, twice.marks, strict=True):
        assert (2 * one.to_page.e, 2 * one.to_page.f) == pytest.approx(
            (other.to_page.e, other.to_page.f), abs=0.01
        )


def test_what_cannot_be_written_is_refused_with_the_reason() -> None:
    tablature = ROOT / "src/deepscores/inspection/galleries/classes/scores/tablature.musicxml"
    score = read_score(find_scores([tablature])[0])
    with pytest.raises(EngravingError, match="tablatures are not written for LilyPond yet"):
        find_engraver("lilypond").engrave(score, [STYLE])


def test_ledger_lines_and_clefs_are_of_their_measure(piano: Score, symbols: list[Symbol]) -> None:
    verovio = understand(piano, [Style()])
    theirs = [
        one.symbol for _, page, _ in verovio.pages() for one in place_symbols(page, verovio.music)
    ]
    for kind in ("ledgerLine", "gClefChange", "fClefChange", "restQuarter", "augmentationDot"):
        found, expected = (
            sorted((one.staff, one.measure) for one in some if one.kind == kind)
            for some in (symbols, theirs)
        )
        assert found == expected, kind


def test_a_change_of_clef_leads_to_its_element(symbols: list[Symbol], engraving: Engraving) -> None:
    changes = [one for one in symbols if one.kind.endswith("Change")]
    assert all(f'<clef xml:id="{one.element}"' in engraving.music.mei for one in changes)


def test_equal_keys_have_equal_outlines() -> None:
    """Emmentaler draws glyphs of small notes otherwise than those of large ones."""
    grace = ROOT / "src/deepscores/inspection/galleries/classes/scores/grace.mei"
    score = read_score(find_scores([grace])[0])
    outlines: dict[str, bytes] = {}
    for engraved in find_engraver("lilypond").engrave(score, [STYLE]).pages():
        for mark in engraved.page.marks:
            if mark.key and mark.edges is not None:
                assert outlines.setdefault(mark.key, mark.edges.tobytes()) == mark.edges.tobytes()
    assert outlines
