"""What the package draws of a score, by the ids that the judge gave its elements."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from deepscores.engraving.verovio.engine import engrave
from deepscores.page.model import Style, Symbol
from deepscores.page.symbols.placing import place_symbols
from deepscores.scores import Source, read_score


class Drawn(NamedTuple):
    """The symbols on all pages, in one font."""

    pages: tuple[tuple[Symbol, ...], ...]
    off_page: frozenset[str]  # ids of notes drawn beyond a page's edge
    mended: tuple[str, ...]


def draw(xml: bytes, name: str, font: str) -> Drawn:
    """Read, mend, engrave and place the symbols of a score, as a build does."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "score.musicxml")
        path.write_bytes(xml)
        score = read_score(Source(path, name, "score"))
    engraving = engrave(score, [Style(music_font=font)])
    pages = []
    off_page: set[str] = set()
    for _, page, _ in engraving.pages():
        symbols = tuple(placed.symbol for placed in place_symbols(page, engraving.music))
        pages.append(symbols)
        shown = {one.element for one in symbols}
        for mark in page.marks:
            element = page.elements[mark.element]
            if element.kind == "notehead":
                off_page.add(page.elements[element.parent].id)
        off_page -= shown
    return Drawn(tuple(pages), frozenset(off_page), score.mended)
