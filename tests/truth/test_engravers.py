"""Both engravers draw the same symbols, but for reasons; and proof that the test can fail."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deepscores.scores import Source, default_corpus, find_scores, read_score
from tests.truth.compare_engravers import UNEXPLAINED, Comparison, Drawn, Shown, draw

pytest.importorskip("lilypond")
pytest.importorskip("music21")

SCORES = (
    "bach-bwv66-6",
    "beach-prayer_of_a_tired_child",
    "demos-drum_sample",
    "demos-layoutTestMore",
    "demos-voices_with_chords",
    "joplin-maple_leaf_rag",
    "monteverdi-madrigal-3-10",
    "mozart-k155-movement2",
    "schoenberg-opus19-movement6",
    "schubert-Lindenbaum",
    "schumann_clara-polonaise_op1n1",
    "trecento-PMFC_06-Jacopo-03a-Di_Novo",
)

Pair = tuple[Drawn, Drawn]


@pytest.fixture(scope="module")
def corpus() -> dict[str, Source]:
    return {source.id: source for source in default_corpus()}


def both(source: Source) -> Pair:
    score = read_score(source)
    return draw(score, "lilypond", "Emmentaler"), draw(score, "verovio", "Leland")


def unexplained(pair: Pair) -> list[str]:
    return [
        f"{more:+} {key}"
        for key, more, why in Comparison(*pair).differences()
        if why == UNEXPLAINED
    ]


@pytest.mark.parametrize("score", SCORES)
def test_what_differs_has_a_reason(score: str, corpus: dict[str, Source]) -> None:
    pair = both(corpus[score])
    assert sum(one.kind.startswith("notehead") for one in pair[0].symbols) > 0
    assert unexplained(pair) == []


_SCORE = """<mei xmlns="http://www.music-encoding.org/ns/mei" meiversion="5.0"><music><body><mdiv>
<score><scoreDef meter.count="4" meter.unit="4"><staffGrp symbol="bracket" bar.thru="true">
<staffDef n="1" lines="5" clef.shape="G" clef.line="2"/>
<staffDef n="2" lines="5" clef.shape="G" clef.line="2"/></staffGrp></scoreDef><section>
<measure n="1">{staves}{words}</measure><measure n="2">{staves}</measure>
</section></score></mdiv></body></music></mei>"""
_STAVES = "".join(
    f'<staff n="{n}"><layer n="1"><note dur="1" oct="4" pname="b"/></layer></staff>' for n in (1, 2)
)
_WORDS = '<dir staff="2" place="above" tstamp="4">arco e piano</dir>'


@pytest.mark.parametrize(("words", "pieces"), [("", 1), (_WORDS, 2)])
def test_verovio_interrupts_a_barline_for_words(words: str, pieces: int, tmp_path: Path) -> None:
    (tmp_path / "song.mei").write_text(_SCORE.format(staves=_STAVES, words=words))
    ours, theirs = both(find_scores([tmp_path / "song.mei"])[0])
    assert ours.counts["barlineSingle", 0, "1"] == 1
    assert theirs.counts["barlineSingle", 0, "1"] == pieces
    assert unexplained((ours, theirs)) == []


@pytest.fixture(scope="module")
def chorale(corpus: dict[str, Source]) -> Pair:
    return both(corpus["bach-bwv66-6"])


@pytest.mark.parametrize(
    "kind", ["noteheadBlack", "stem", "beam", "accidentalSharp", "fermataAbove", "barlineSingle"]
)
def test_one_missing_symbol_is_found(kind: str, chorale: Pair) -> None:
    ours, theirs = chorale
    gone = next(one for one in ours.symbols if one.kind == kind)
    spoilt = Drawn([one for one in ours.symbols if one is not gone])
    assert unexplained((spoilt, theirs)) == [f"-1 {(gone.kind, gone.staff, gone.measure)}"]


CHANGES: dict[str, Callable[[Shown], Shown]] = {
    "another kind": lambda one: one._replace(kind="noteheadXBlack"),
    "another measure": lambda one: one._replace(measure="2"),
    "another staff": lambda one: one._replace(staff=4),
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_wrong_symbol_is_found(change: str, chorale: Pair) -> None:
    ours, theirs = chorale
    place = next(
        place
        for place, one in enumerate(ours.symbols)
        if one.kind == "noteheadBlack" and one.staff == 1 and one.measure == "1"
    )
    symbols = list(ours.symbols)
    symbols[place] = CHANGES[change](symbols[place])
    assert len(unexplained((Drawn(symbols), theirs))) == 2
