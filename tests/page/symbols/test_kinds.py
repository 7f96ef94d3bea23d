"""The kind of a symbol is what its glyph and its place on the page say."""

from deepscores.engraving.verovio.engine import engrave
from deepscores.page.model import Score, Style
from deepscores.page.symbols.placing import place_symbols
from tests.places import ROOT

BESIDE_WORDS = (ROOT / "tests") / "property/scores/dynamics-beside-words.musicxml"


def test_letters_of_a_dynamic_beside_words_have_the_kinds_of_their_glyphs() -> None:
    text = BESIDE_WORDS.read_text(encoding="utf-8")
    engraving = engrave(Score("s", "s", "", "", "musicxml", text), [Style()])
    symbols = [
        symbol
        for _, page, _ in engraving.pages()
        for symbol in place_symbols(page, engraving.music).symbols
    ]
    letters = [symbol for symbol in symbols if symbol.role == "dynam" and symbol.glyph]
    drawn = [symbol.glyph.removeprefix("dynamic") for symbol in letters]
    assert drawn == [
        "Mezzo", "Forte", "Mezzo", "Piano", "Piano", "Piano", "Sforzando", "Forte", "Z",
    ]  # fmt: skip
    assert [symbol.kind for symbol in letters] == [symbol.glyph for symbol in letters]
