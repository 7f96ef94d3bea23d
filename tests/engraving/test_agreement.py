"""Another reader of MusicXML, music21, finds the same notes in the same places."""

import warnings
from collections import Counter
from pathlib import Path

import pytest

from deepscores.engraving.verovio.engine import engrave
from deepscores.page.model import Score, Style
from deepscores.page.symbols.placing import place_symbols
from tests.places import GOLDEN_SCORES

music21 = pytest.importorskip("music21")

SCORES = sorted((GOLDEN_SCORES).glob("*.musicxml"))


def ours(text: str) -> Counter[tuple[object, ...]]:
    engraving = engrave(Score("s", "s", "", "", "musicxml", text), [Style()])
    return Counter(
        (one.part, one.measure, one.step, one.alter, one.octave, one.duration, one.onset)
        for _, page, _ in engraving.pages()
        for one in (placed.symbol for placed in place_symbols(page, engraving.music))
        if one.step and one.kind.startswith("notehead")
    )


def theirs(path: Path) -> Counter[tuple[object, ...]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        score = music21.converter.parse(path, forceSource=True)
    found: Counter[tuple[object, ...]] = Counter()
    order = {"Piano": "P1", "Tenor": "P1", "Violin": "P1", "Viola": "P2", "Bass": "P3"}
    for part in score.parts:
        name = str(part.id).partition("-Staff")[0]
        for one in part.recurse().notes:
            if isinstance(one, music21.harmony.ChordSymbol):
                continue
            onset = float(one.getOffsetInHierarchy(score))
            duration = 0.0 if one.duration.isGrace else float(one.quarterLength)
            for pitch in one.pitches:
                found[
                    order.get(name, name), str(one.measureNumber), pitch.step.lower(),
                    float(pitch.alter), pitch.octave, duration, onset,
                ] += 1  # fmt: skip
    return found


def rounded(notes: Counter[tuple[object, ...]]) -> Counter[tuple[object, ...]]:
    return Counter(
        {
            tuple(round(value, 4) if isinstance(value, float) else value for value in key): count
            for key, count in notes.items()
        }
    )


@pytest.mark.parametrize("path", SCORES, ids=lambda path: path.stem)
def test_noteheads_are_music21s(path: Path) -> None:
    assert rounded(ours(path.read_text(encoding="utf-8"))) == rounded(theirs(path))
