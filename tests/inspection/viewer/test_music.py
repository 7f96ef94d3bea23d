"""From a symbol to its music."""

from pathlib import Path

import pytest

from deepscores import open_dataset
from deepscores.errors import DatasetError
from deepscores.inspection.viewer.music import Library

MEI = """<mei xmlns="http://www.music-encoding.org/ns/mei"><music><body><mdiv><score>
<scoreDef xml:id="def"><clef xml:id="clef" shape="G"/></scoreDef>
<section><measure xml:id="m" n="7"><staff n="1"><layer>
 <beam xml:id="b"><note xml:id="n1" pname="c"/><note xml:id="n2" pname="d">
 <accid xml:id="a"/></note></beam>
</layer></staff><slur xml:id="s" startid="#n1"/></measure></section></score></mdiv>
</body></music></mei>"""


@pytest.fixture
def score(tmp_path: Path) -> Path:
    path = tmp_path / "song.mei"
    path.write_text(MEI)
    return path


def test_an_element_is_shown_with_its_measure(score: Path) -> None:
    music = Library().find(score, "n2")
    assert music is not None
    assert (music.tag, music.measure) == ("note", "7")
    assert music.path == ("measure", "staff", "layer", "beam", "note")
    assert music.text == '<note xml:id="n2" pname="d">\n  <accid xml:id="a"/>\n</note>'
    lines = music.measure_text.splitlines()[music.first_line : music.first_line + music.lines]
    assert [line.strip() for line in lines] == [line.strip() for line in music.text.splitlines()]


def test_an_element_outside_measures_stands_alone(score: Path) -> None:
    music = Library().find(score, "clef")
    assert music is not None
    assert (music.tag, music.measure, music.measure_text) == ("clef", None, "")
    assert music.path[-2:] == ("scoreDef", "clef")


def test_reading_leaves_the_score_as_it_was(score: Path) -> None:
    library = Library()
    assert library.find(score, "b") == library.find(score, "b")
    assert "xmlns" not in str(library.find(score, "m"))


def test_an_id_that_is_not_there_is_not_found(score: Path) -> None:
    for name in ("nothing", "", "n1' or '1'='1"):
        assert Library().find(score, name) is None


def test_measures_are_found_by_numbers_that_are_theirs_alone(score: Path) -> None:
    found = Library().find_measure(score, "7")
    assert found is not None
    assert (found.tag, found.first_line) == ("measure", 0)
    assert Library().find_measure(score, "8") is None
    score.write_text(MEI.replace("</section>", '<measure n="7"/></section>'))
    assert Library().find_measure(score, "7") is None


def test_what_is_no_mei_is_told(score: Path) -> None:
    for text in ("", "no xml", MEI[:200], '<!DOCTYPE mei [<!ENTITY a "b">]><mei>&a;</mei>'):
        score.write_text(text)
        with pytest.raises(DatasetError, match=r"song\.mei: not readable as MEI"):
            Library().find(score, "n1")


def test_every_notehead_is_a_note_of_the_score(built: Path) -> None:
    library = Library()
    for page in open_dataset(built):
        path = built / "scores" / f"{page.row['score']}.mei"
        rows = page.symbols.select(["element", "role", "measure"]).to_pylist()
        notes = [row for row in rows if row["role"] == "notehead"]
        assert notes
        for row in notes:
            music = library.find(path, row["element"])
            assert music is not None
            assert (music.tag, music.measure) == ("note", row["measure"])
