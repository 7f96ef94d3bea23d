"""For one score, both engravers draw the same: class by class, but for differences with a reason.

``docs/labels.md`` tells of the reasons.
"""

from collections import Counter
from pathlib import Path

import pytest

from deepscores.engraving.protocol import Engraving
from deepscores.engraving.registry import find_engraver
from deepscores.page.model import Score, Style
from deepscores.page.symbols.placing import place_symbols
from deepscores.scores import find_scores, read_score
from tests.places import ROOT

pytest.importorskip("lilypond")

FOLDERS = (
    ROOT / "src/deepscores/inspection/galleries/classes/scores",
    ROOT / "tests/golden/scores",
)

# Drawn once a system, and so many as there are systems.
ONCE_A_SYSTEM = frozenset((
    "gClef", "cClef", "fClef", "clef8", "clef15", "keySharp", "keyFlat", "staffLine",
    "systemBarline", "measureNumber", "brace", "bracket", "instrumentName",
))  # fmt: skip

# Score → kind → symbols by LilyPond and by Verovio.
DIFFERENCES: dict[str, dict[str, tuple[int, int]]] = {
    "articulations": {},
    "clefs": {"ledgerLine": (3, 1)},  # Verovio takes percussion's middle line for another
    "curves": {},
    "dynamics": {},
    "flags": {},
    "grace": {},
    "groups": {},
    "ornaments": {},
    "pieces": {  # an ottava's numeral is not repeated on a new line
        "octaveParensLeft": (0, 2),
        "octaveParensRight": (0, 2),
    },
    "repeats": {},
    "rests": {"repeatBarNumber": (0, 1)},  # the number over a measure repeat
    "spans": {},
    "tuplets": {},
    "words": {},
    "piano": {},
    "song": {},
    "strings": {},  # of the zoo, and of the golden scores: see below
}
X_HEADS = {"noteheadHalfWithX": (0, 1), "noteheadXHalf": (1, 0)}  # Emmentaler's half X is hollow

SCORES = [source.path for source in find_scores(FOLDERS) if source.path.stem in DIFFERENCES]


def counts(engraving: Engraving) -> tuple[Counter[str], int]:
    """Symbols by kind, and how many systems there are."""
    kinds: Counter[str] = Counter()
    systems = 0
    for _, page, _ in engraving.pages():
        symbols = [one.symbol for one in place_symbols(page, engraving.music)]
        kinds.update(one.kind for one in symbols)
        systems += max(one.system for one in symbols)
    return kinds, systems


def engraved(path: Path, engraver: str, font: str) -> tuple[Counter[str], int]:
    score: Score = read_score(find_scores([path])[0])
    return counts(find_engraver(engraver).engrave(score, [Style(font, engraver)]))


@pytest.mark.parametrize("path", SCORES, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_both_engravers_draw_the_same_symbols(path: Path) -> None:
    ours, systems = engraved(path, "lilypond", "Emmentaler")
    theirs, others = engraved(path, "verovio", "Bravura")
    found = {
        kind: (ours[kind], theirs[kind])
        for kind in {*ours, *theirs}
        if ours[kind] != theirs[kind] and (systems == others or kind not in ONCE_A_SYSTEM)
    }
    golden = path.parent.name == "scores" and path.parent.parent.name == "golden"
    expected = X_HEADS if golden and path.stem == "strings" else DIFFERENCES[path.stem]
    assert found == expected
