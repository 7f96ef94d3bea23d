"""MEI is parsed under the same protection, described and passed on."""

from collections.abc import Callable

import pytest

from deepscores.errors import ScoreError
from deepscores.page.model import Score

Read = Callable[..., Score]
MEI = """<?xml version="1.0"?><!DOCTYPE mei><mei xmlns="http://www.music-encoding.org/ns/mei">
<meiHead><fileDesc><titleStmt><title>An <rend>die</rend> Musik</title><composer>Schubert</composer>
</titleStmt><pubStmt><availability>free</availability></pubStmt></fileDesc></meiHead><music><body>
<mdiv><score><section><measure n="1"><staff n="1"><layer n="1"><note pname="c" oct="4" dur="1"/>
<note pname="d" oct="4" dur="1" visible="false"/></layer></staff></measure></section></score></mdiv>
</body></music></mei>"""


def test_mei_is_described(read: Read) -> None:
    score = read(MEI, "song.mei")
    assert (score.format, score.title, score.composer, score.rights) == (
        "mei",
        "An die Musik",
        "Schubert",
        "free",
    )
    assert (score.notes, score.measures) == (1, 1)
    assert "DOCTYPE" not in score.text


def test_notes_of_alternative_readings_are_not_counted(read: Read) -> None:
    choice = MEI.replace("<layer n=", "<app><rdg/></app><layer n=")
    assert read(choice, "song.mei").notes is None


def test_mei_without_notes_is_refused(read: Read) -> None:
    with pytest.raises(ScoreError, match=r"song.mei: score without notes"):
        read(MEI.replace("note ", "rest "), "song.mei")


def test_mei_in_a_file_named_xml_is_read(read: Read) -> None:
    assert read(MEI, "song.xml").format == "mei"
