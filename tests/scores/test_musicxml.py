"""MusicXML says who wrote what."""

from collections.abc import Callable

from deepscores.page.model import Score

HEAD = """<work><work-number>D. 911</work-number><work-title>Winterreise</work-title></work>
<movement-number>1</movement-number><movement-title>Gute
 Nacht</movement-title><identification><creator type="lyricist">Müller</creator>
<creator type="composer">Franz Schubert</creator><rights>CC0</rights></identification>"""


def test_a_score_is_described(
    read: Callable[..., Score], partwise: Callable[..., str], measure: Callable[..., str]
) -> None:
    score = read(partwise(measure(), measure(), head=HEAD), "lc1.xml")
    assert (score.id, score.path, score.format) == ("song", "lc1.xml", "musicxml")
    assert (score.title, score.composer, score.rights) == ("Gute Nacht", "Franz Schubert", "CC0")
    assert score.work == "franz-schubert--winterreise-d-911"
    assert (score.notes, score.measures, score.mended) == (2, 1, ())
    assert len(score.digest) == 64
    assert score.text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<score-partwise>')


def test_reading_what_was_read_changes_nothing(
    read: Callable[..., Score], partwise: Callable[..., str], measure: Callable[..., str]
) -> None:
    once = read(partwise(measure(), measure(attributes="")))
    again = read(once.text)
    assert (again.text, again.mended) == (once.text, ())
