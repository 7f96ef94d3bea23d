"""All symbols of three small scores: kind, place, music and relations.

After a meant change: ``pytest tests/golden --accept-golden``, and read the difference in git.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deepscores.engraving.verovio.engine import engrave
from deepscores.page.model import Score, Style, Symbol
from deepscores.page.symbols.placing import place_symbols

SCORES = sorted((Path(__file__).parent / "scores").glob("*.musicxml"))
FONTS = ("Bravura", "Petaluma")


@pytest.mark.parametrize("path", SCORES, ids=lambda path: path.stem)
def test_symbols_are_the_golden_ones(path: Path, golden: Callable[[str, str], None]) -> None:
    text = path.read_text(encoding="utf-8")
    styles = [Style(music_font=font) for font in FONTS]
    engraving = engrave(Score("s", "s", "", "", "musicxml", text), styles)
    lines: list[str] = []
    for index, page, _ in engraving.pages():
        lines.append(f"# {FONTS[index]}, page {page.number}")
        lines += map(line_of, (one.symbol for one in place_symbols(page, engraving.music)))
    golden(f"{path.stem}.txt", "\n".join(lines) + "\n")


def line_of(symbol: Symbol) -> str:
    return "  ".join((f"{symbol.number:3}", f"{symbol.kind:28}", *details(symbol)))


def details(symbol: Symbol) -> Iterator[str]:
    yield " ".join(f"{side:.1f}" for side in symbol.box)
    yield f"{symbol.part} system {symbol.system} staff {symbol.staff} measure {symbol.measure}"
    if symbol.staff_position is not None:
        yield f"position {symbol.staff_position}"
    if symbol.step:
        yield f"{symbol.step}{symbol.octave} {symbol.alter:+g}"
    if symbol.onset is not None:
        yield f"onset {symbol.onset:g} for {symbol.duration:g}"
    if symbol.small or symbol.grace:
        yield "grace" if symbol.grace else "small"
    if symbol.parent:
        yield f"of {symbol.parent}"
    if symbol.group != symbol.number:
        yield f"with {symbol.group}"
    if symbol.text:
        yield repr(symbol.text)
