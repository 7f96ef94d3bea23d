"""A kind that its glyph or its element cannot have is found, whatever its class."""

import re
from itertools import product
from typing import Any

import pytest

from deepscores.engraving.verovio.engine import engrave
from deepscores.inspection.checking.kinds import fault_of
from deepscores.inspection.galleries.classes.inventory import zoo_scores
from deepscores.page.model import Style
from deepscores.page.symbols.placing import place_symbols
from deepscores.scores import Source, read_score
from tests.places import ROOT

PROPERTY = (ROOT / "tests") / "property/scores"
# Kinds whose glyphs and elements are the same: what tells them apart is shape, text or the score.
ALIKE = (
    r"barline\w+", r"brace|bracket", r"clef(8|15)|[cfg]Clef(Change)?", r"fingering\d",
    r"dynamic(Crescendo|Diminuendo)Hairpin", r"graceNoteSlashStem(Up|Down)|stem",
    r"lyric(s|Hyphen|Extender)", r"rehearsalMark(Enclosure)?", r"volta(Text|Bracket)",
)  # fmt: skip


def looks_of(sources: list[Source], font: str) -> set[tuple[str, str, str]]:
    """Kind, glyph and element of each symbol of some scores."""
    looks = set()
    for source in sources:
        engraving = engrave(read_score(source), [Style(music_font=font)])
        for _, page, _ in engraving.pages():
            symbols = place_symbols(page, engraving.music).symbols
            looks |= {(one.kind, one.glyph, one.role) for one in symbols}
    return looks


@pytest.fixture(scope="module")
def looks() -> set[tuple[str, str, str]]:
    """Those of the small scores that together have every class that can be drawn."""
    scores = [Source(path, path.name, "") for path in PROPERTY.glob("*.musicxml")]
    return looks_of([*zoo_scores(), *scores], "Bravura")


def test_whatever_the_engraver_draws_has_a_kind_that_fits(
    looks: set[tuple[str, str, str]],
) -> None:
    assert len({kind for kind, _, _ in looks}) > 200
    assert [look for look in sorted(looks) if fault_of(*look)] == []


def test_every_kind_in_place_of_every_other_is_found(looks: set[tuple[str, str, str]]) -> None:
    kinds = {kind for kind, _, _ in looks}
    missed = {
        (kind, wrong)
        for (kind, glyph, role), wrong in product(looks, kinds)
        if kind != wrong
        and not fault_of(wrong, glyph, role)
        and not any(re.fullmatch(p, kind) and re.fullmatch(p, wrong) for p in ALIKE)
    }
    assert missed == set()


@pytest.mark.parametrize(
    ("kind", "wrong", "detail"),
    [
        ("noteheadBlack", "noteheadHalf", "noteheadHalf: drawn as noteheadBlack for notehead"),
        ("gClef", "cClefChange", "cClefChange: drawn as gClef for clef"),
        ("gClef", "fClef", "fClef: drawn as gClef for clef"),
        ("timeSig4", "restHNr", "restHNr: drawn as timeSig4 for meterSig"),
        ("stem", "ledgerLine", "ledgerLine: drawn as lines, a shape or text for stem"),
        ("barlineSingle", "stem", "stem: drawn as lines, a shape or text for barLine"),
    ],
)  # fmt: skip
def test_a_planted_kind(kind: str, wrong: str, detail: str, planted: Any) -> None:
    number = planted.number_of(kind)
    planted.set(number, kind=wrong)
    findings = [(one.object, one.detail) for one in planted.found("kinds")]
    assert findings == [(str(number), detail)]


def test_a_planted_key_accidental(planted: Any) -> None:
    planted.stem = max(path.stem for path in (planted.folder / "images_png").iterdir())
    number = planted.number_of("keySharp")
    planted.set(number, kind="accidentalSharp")
    assert [one.detail for one in planted.found("kinds")] == [
        "accidentalSharp: drawn as accidentalSharp for keyAccid"
    ]
