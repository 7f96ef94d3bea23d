"""Labels say what the source says: fixed scores of the corpus, and proof that the test can fail."""

from collections.abc import Callable

import pytest

from deepscores.page.model import Symbol
from deepscores.scores import Source, default_corpus
from tests.truth.compare_music import compare, unexplained
from tests.truth.drawn import Drawn, draw
from tests.truth.musicxml import Truth, read_truth

pytest.importorskip("music21")

SCORES = (
    "bach-bwv1-6",
    "bach-bwv171-6",
    "beach-prayer_of_a_tired_child",
    "corelli-opus3no1-1grave",
    "demos-drum_sample",
    "demos-voices_with_chords",
    "joplin-maple_leaf_rag",
    "monteverdi-madrigal-3-10",
    "schoenberg-opus19-movement6",
    "schubert-Lindenbaum",
    "schumann_clara-polonaise_op1n1",
    "schumann_robert-opus48no2",
    "trecento-PMFC_13_04-Credo-Cursor",
    "trecento-PMFC_13_07-Gloria-Laus-Honor",
)


@pytest.fixture(scope="module")
def corpus() -> dict[str, Source]:
    return {source.id: source for source in default_corpus()}


@pytest.mark.parametrize("score", SCORES)
def test_labels_are_what_the_source_says(score: str, corpus: dict[str, Source]) -> None:
    truth = read_truth(corpus[score].path)
    result = compare(truth, draw(truth.xml(), score, "Leland"))
    assert result["compared"]["notes"] > 0
    assert unexplained(result) == []


@pytest.mark.parametrize("font", ["Bravura", "Gootville", "Leipzig", "Petaluma"])
def test_so_they_are_in_every_font(font: str, corpus: dict[str, Source]) -> None:
    truth = read_truth(corpus["schoenberg-opus19-movement6"].path)
    assert unexplained(compare(truth, draw(truth.xml(), "schoenberg", font))) == []


def test_ids_do_not_change_what_is_drawn(corpus: dict[str, Source]) -> None:
    path = corpus["joplin-maple_leaf_rag"].path
    truth = read_truth(path)
    with_ids = draw(truth.xml(), "rag", "Leland").pages
    for node in truth.marked.values():
        del node.attrib["id"]
    without = draw(truth.xml(), "rag", "Leland").pages
    assert [[one._replace(element="") for one in page] for page in with_ids] == [
        [one._replace(element="") for one in page] for page in without
    ]


@pytest.fixture(scope="module")
def chorale(corpus: dict[str, Source]) -> tuple[Truth, Drawn]:
    truth = read_truth(corpus["bach-bwv1-6"].path)
    return truth, draw(truth.xml(), "chorale", "Leland")


WRONG = {
    "step": "notes, step",
    "alter": "notes, alter",
    "octave": "notes, octave",
    "duration": "notes, duration",
    "onset": "notes, onset",
    "voice": "notes, voice",
    "staff": "notes, staff",
    "measure": "notes, measure",
    "part": "notes, part",
    "staff_position": "staff positions, not drawn",
    "kind": "noteheads, not drawn",
}
_VALUES: dict[str, object] = {
    "step": "z", "alter": 0.5, "octave": 9, "duration": 7.0, "onset": 999.0, "voice": 8,
    "staff": 9, "measure": "x", "part": "x", "staff_position": 40, "kind": "noteheadXBlack",
}  # fmt: skip


@pytest.mark.parametrize("fact", WRONG)
def test_one_wrong_note_is_found(fact: str, chorale: tuple[Truth, Drawn]) -> None:
    truth, drawn = chorale
    spoilt = _with(drawn, "notehead", lambda one: one._replace(**{fact: _VALUES[fact]}))
    assert any(line.startswith(WRONG[fact]) for line in unexplained(compare(truth, spoilt)))


@pytest.mark.parametrize(
    ("role", "family"),
    [
        ("notehead", "noteheads"),
        ("accid", "accidentals"),
        ("beam", "beam lines"),
        ("clef", "clefs at line starts"),
        ("dots", "dots"),
        ("fermata", "fermatas"),
        ("flag", "flags"),
        ("keyAccid", "key accidentals"),
        ("meterSig", "time signatures"),
        ("rest", "rests"),
        ("syl", "lyrics"),
        ("tie", "ties"),
    ],
)
def test_one_missing_symbol_is_found(
    role: str, family: str, chorale: tuple[Truth, Drawn], corpus: dict[str, Source]
) -> None:
    truth, drawn = chorale
    if not any(one.role == role for page in drawn.pages for one in page):
        other = "monteverdi-madrigal-3-10" if role == "syl" else "bach-bwv171-6"
        truth = read_truth(corpus[other].path)
        drawn = draw(truth.xml(), other, "Leland")
    spoilt = _with(drawn, role, lambda _: None)
    lines = unexplained(compare(truth, spoilt))
    assert any(line.startswith(f"{family}, not drawn") for line in lines)


def _with(drawn: Drawn, role: str, change: Callable[[Symbol], Symbol | None]) -> Drawn:
    """*drawn* with the first symbol of *role* changed, or left out."""
    pages = [list(page) for page in drawn.pages]
    page, place = next(
        (page, place) for page in pages for place, one in enumerate(page) if one.role == role
    )
    changed = change(page[place])
    page[place : place + 1] = [] if changed is None else [changed]
    return drawn._replace(pages=tuple(map(tuple, pages)))
