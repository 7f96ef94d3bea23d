"""No drawn thing is without a name: music21's test suite of MusicXML, which uses everything."""

from pathlib import Path

import pytest

from deepscores.engraving.verovio.engine import engrave
from deepscores.page.labels.label_sets import load_label_set
from deepscores.page.model import Style
from deepscores.page.symbols.kinds import find_symbols
from deepscores.page.symbols.placing import place_symbols
from deepscores.scores import Source, read_score

music21 = pytest.importorskip("music21")

SUITE = Path(music21.__file__).parent / "musicxml" / "lilypondTestSuite"
SOUNDING = (b"<pitch>", b"<unpitched>")
SCORES = [
    path
    for path in sorted(SUITE.glob("*.xml"))
    if any(map(path.read_bytes().__contains__, SOUNDING))
][::3]


@pytest.mark.parametrize("path", SCORES, ids=lambda path: path.stem)
def test_every_mark_is_in_one_symbol_of_a_known_kind(path: Path) -> None:
    known = {one.name for one in load_label_set("full").classes} - {"unclassified"}
    score = read_score(Source(path, path.name, ""))
    engraving = engrave(score, [Style(music_font="Gootville"), Style(music_font="Petaluma")])
    for _, page, _ in engraving.pages():
        found = find_symbols(page)
        places = [place for row in range(len(found.first)) for place in found.marks_of(row)]
        assert sorted(places) == list(range(len(page.marks)))
        assert {one.symbol.kind for one in place_symbols(page, engraving.music)} <= known
