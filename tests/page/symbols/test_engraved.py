"""Small scores, engraved in every font: each symbol's class, relations and place in the music."""

from collections import Counter
from functools import cache

import pytest

from deepscores.engraving.verovio.engine import MUSIC_FONTS, engrave
from deepscores.page.labels.label_sets import load_label_set
from deepscores.page.model import Score, Style, Symbol
from deepscores.page.symbols.kinds import find_symbols
from deepscores.page.symbols.placing import place_symbols

COMMON = "<key><fifths>0</fifths></key><time><beats>4</beats><beat-type>4</beat-type></time>"
TREBLE = "<clef><sign>G</sign><line>2</line></clef>"
TYPES = {1: "16th", 2: "eighth", 4: "quarter", 8: "half", 16: "whole", 32: "breve"}
HIDDEN = ' print-object="no"'
REST = '<note><rest measure="yes"/><duration>16</duration><voice>1</voice></note>'
TRIPLET = (
    "<time-modification><actual-notes>3</actual-notes><normal-notes>2</normal-notes>"
    "</time-modification>"
)


def score(*measures: str, attributes: str = COMMON + TREBLE) -> str:
    """A part of *measures*; a quarter note is 4 divisions long."""
    start = f"<attributes><divisions>4</divisions>{attributes}</attributes>"
    body = "".join(
        f'<measure number="{number}">{start if number == 1 else ""}{measure}</measure>'
        for number, measure in enumerate(measures, start=1)
    )
    return (
        '<score-partwise version="4.0"><part-list><score-part id="P1"><part-name/></score-part>'
        f'</part-list><part id="P1">{body}</part></score-partwise>'
    )


def note(
    pitch: str = "C5", length: int = 4, more: str = "", notations: str = "", **kind: str
) -> str:
    """A note; *kind* has its attributes, and what stands before its pitch."""
    alter = {"#": "<alter>1</alter>", "b": "<alter>-1</alter>"}.get(pitch[1:-1], "")
    signs = f"<notations>{notations}</notations>" if notations else ""
    duration = "" if "grace" in kind.get("before", "") else f"<duration>{length}</duration>"
    return (
        f"<note{kind.get('attributes', '')}>{kind.get('before', '')}<pitch><step>{pitch[0]}</step>"
        f"{alter}<octave>{pitch[-1]}</octave></pitch>{duration}<voice>1</voice>"
        f"<type>{TYPES[length]}</type>{more}{signs}{kind.get('after', '')}</note>"
    )


def grace(pitch: str, length: int, stem: str, slash: str = "no") -> str:
    return note(pitch, length, f"<stem>{stem}</stem>", before=f'<grace slash="{slash}"/>')


def direction(inner: str) -> str:
    return f'<direction placement="below"><direction-type>{inner}</direction-type></direction>'


def dynamics(letters: str) -> str:
    return direction(f"<dynamics>{letters}</dynamics>") + FOUR


def articulated(*names: str) -> str:
    signs = "".join(f"<{name}/>" for name in names)
    return note(notations=f"<articulations>{signs}</articulations>") + note() * 3


def clef(sign: str, line: int, octave: int = 0) -> str:
    change = f"<clef-octave-change>{octave}</clef-octave-change>" if octave else ""
    return f"<clef><sign>{sign}</sign><line>{line}</line>{change}</clef>"


def barline(side: str, style: str, repeat: str = "") -> str:
    turn = f'<repeat direction="{repeat}"/>' if repeat else ""
    return f'<barline location="{side}"><bar-style>{style}</bar-style>{turn}</barline>'


def time(beats: str, unit: str, symbol: str = "") -> str:
    sign = f' symbol="{symbol}"' if symbol else ""
    return f"<time{sign}><beats>{beats}</beats><beat-type>{unit}</beat-type></time>"


FOUR = note() * 4
NO_KEY = "<key><fifths>0</fifths></key>"


@cache
def drawn(xml: str) -> dict[str, tuple[Symbol, ...]]:
    """All symbols by font."""
    styles = [Style(music_font=font) for font in MUSIC_FONTS]
    engraving = engrave(Score("s", "s", "", "", "musicxml", xml), styles)
    pages: dict[str, tuple[Symbol, ...]] = {}
    for index, page, _ in engraving.pages():
        placed = place_symbols(page, engraving.music)
        font = MUSIC_FONTS[index]
        pages[font] = pages.get(font, ()) + tuple(one.symbol for one in placed)
    return pages


def kinds(xml: str, font: str = "Bravura") -> Counter[str]:
    return Counter(symbol.kind for symbol in drawn(xml)[font])


def classes(xml: str, labels: str, font: str) -> dict[str, int]:
    """How many objects of each class, but for those on every page."""
    label_set = load_label_set(labels)
    found = Counter(
        label_set.classes[one.class_id - 1].name for one in label_set.label(drawn(xml)[font])
    )
    return {name: count for name, count in found.items() if name not in PLAIN}


PLAIN = frozenset((
    "staff", "stem", "gClef", "clefG", "timeSig4", "noteheadBlack", "noteheadBlackOnLine",
    "noteheadBlackInSpace",
))  # fmt: skip

# What is engraved → classes in V1, classes in V2.
TABLE: dict[str, tuple[str, dict[str, int], dict[str, int]]] = {
    "line and space": (
        score(note("B4", 8) + note("C5", 8), note("B4", 16), note("C5", 16)),
        {"noteheadHalf": 2, "noteheadWhole": 2},
        {
            "noteheadHalfOnLine": 1,
            "noteheadHalfInSpace": 1,
            "noteheadWholeOnLine": 1,
            "noteheadWholeInSpace": 1,
        },
    ),
    "ledger lines": (score(note("A5") + note("C4") + note() * 2), {}, {"ledgerLine": 2}),
    "breve": (
        score(note("C5", 32), attributes=NO_KEY + time("8", "4") + TREBLE),
        {"noteheadDoubleWhole": 1, "timeSig8": 1},
        {"noteheadDoubleWholeInSpace": 1, "timeSig8": 1},
    ),
    "flags": (
        score(
            note("F4", 2) + note("F4", 1) * 2 + note("E5", 2) + note("E5", 1) * 2 + note("C5", 8)
        ),
        {"flag8thUp": 1, "flag16thUp": 2, "flag8thDown": 1, "flag16thDown": 2, "noteheadHalf": 1},
        {
            "flag8thUp": 1,
            "flag16thUp": 2,
            "flag8thDown": 1,
            "flag16thDown": 2,
            "noteheadHalfInSpace": 1,
        },
    ),
    "beams": (
        score(
            note("F4", 2, '<beam number="1">begin</beam>')
            + note("F4", 1, '<beam number="1">continue</beam><beam number="2">begin</beam>')
            + note("F4", 1, '<beam number="1">end</beam><beam number="2">end</beam>')
            + note() * 3
        ),
        {},
        {"beam": 2},
    ),
    "grace notes": (
        score(
            grace("D5", 2, "up", "yes")
            + note()
            + grace("D5", 2, "up")
            + note()
            + grace("D5", 2, "down", "yes")
            + note()
            + grace("D5", 2, "down")
            + note()
        ),
        {
            "noteheadBlackSmall": 4,
            "graceNoteAcciaccaturaStemUp": 1,
            "graceNoteAppoggiaturaStemUp": 1,
            "graceNoteAcciaccaturaStemDown": 1,
            "graceNoteAppoggiaturaStemDown": 1,
        },
        {
            "noteheadBlackOnLineSmall": 4,
            "graceNoteAcciaccaturaStemUp": 1,
            "graceNoteAppoggiaturaStemUp": 1,
            "graceNoteAcciaccaturaStemDown": 1,
            "graceNoteAppoggiaturaStemDown": 1,
        },
    ),
    "cue": (
        score(
            note().replace("<type>", '<type size="cue">').replace("<note>", "<note><cue/>")
            + note() * 3
        ),
        {"noteheadBlackSmall": 1},
        {"noteheadBlackInSpaceSmall": 1},
    ),
    "accidentals": (
        score(
            note("C#5", more="<accidental>sharp</accidental>")
            + note("Db5", more="<accidental>flat</accidental>")
            + note("C5", more="<accidental>natural</accidental>")
            + note("F5", more="<accidental>double-sharp</accidental>")
        ),
        {
            "accidentalSharp": 1,
            "accidentalFlat": 1,
            "accidentalNatural": 1,
            "accidentalDoubleSharp": 1,
        },
        {
            "accidentalSharp": 1,
            "accidentalFlat": 1,
            "accidentalNatural": 1,
            "accidentalDoubleSharp": 1,
        },
    ),
    "key signatures": (
        score(
            FOUR,
            "<attributes><key><cancel>2</cancel><fifths>-3</fifths></key></attributes>" + FOUR,
            attributes="<key><fifths>2</fifths></key>" + time("4", "4") + TREBLE,
        ),
        {"keySharp": 2, "keyNatural": 2, "keyFlat": 3},
        {"keySharp": 2, "keyNatural": 2, "keyFlat": 3},
    ),
    "clef changes": (
        score(
            FOUR,
            f"<attributes>{clef('F', 4)}</attributes>" + note("C3") * 4,
            f"<attributes>{TREBLE}</attributes>" + FOUR,
        ),
        {"fClefChange": 1, "gClefChange": 1},
        {"clefF": 1},
    ),
    "C clefs": (
        score(
            note("C4") * 4,
            f"<attributes>{clef('C', 4)}</attributes>" + note("C4") * 4,
            f"<attributes>{clef('C', 3)}</attributes>" + note("C4") * 4,
            attributes=COMMON + clef("C", 3),
        ),
        {"cClefAlto": 1, "cClefTenorChange": 1, "cClefAltoChange": 1},
        {"clefCAlto": 2, "clefCTenor": 1},
    ),
    "tenor clef": (
        score(note("C4") * 4, attributes=COMMON + clef("C", 4)),
        {"cClefTenor": 1},
        {"clefCTenor": 1},
    ),
    "octave below": (
        score(note("C4") * 4, attributes=COMMON + clef("G", 2, -1)),
        {"clef8": 1},
        {"clef8": 1},
    ),
    "octave above": (
        score(note("C6") * 4, attributes=COMMON + clef("G", 2, 1)),
        {"clef8": 1},
        {"clef8": 1},
    ),
    "two octaves below": (
        score(note("C3") * 4, attributes=COMMON + clef("F", 4, -2)),
        {"fClef": 1, "clef15": 1},
        {"clefF": 1, "clef15": 1, "ledgerLine": 16},
    ),
    "two octaves above": (
        score(note("C7") * 4, attributes=COMMON + clef("G", 2, 2)),
        {"clef15": 1},
        {"clef15": 1},
    ),
    "percussion clef": (
        score(REST, attributes=COMMON + clef("percussion", 2)),
        {"unpitchedPercussionClef1": 1, "restWhole": 1},
        {"clefUnpitchedPercussion": 1, "restWhole": 1},
    ),
    "time signatures": (
        score(
            FOUR,
            f"<attributes>{time('2', '2', 'cut')}</attributes>" + FOUR,
            f"<attributes>{time('12', '8')}</attributes>" + note("C5", 8) * 3,
            f"<attributes>{time('3+2', '8')}</attributes>" + note("C5", 2) * 5,
            attributes=NO_KEY + time("4", "4", "common") + TREBLE,
        ),
        {
            "timeSigCommon": 1,
            "timeSigCutCommon": 1,
            "timeSig1": 1,
            "timeSig2": 2,
            "timeSig3": 1,
            "timeSig8": 2,
            "noteheadHalf": 3,
            "flag8thDown": 5,
        },
        {
            "timeSigCommon": 1,
            "timeSigCutCommon": 1,
            "timeSig1": 1,
            "timeSig2": 2,
            "timeSig3": 1,
            "timeSig8": 2,
            "noteheadHalfInSpace": 3,
            "flag8thDown": 5,
        },
    ),
    "three kinds of dots": (
        score(
            barline("left", "heavy-light", "forward")
            + note("C5", 8, "<dot/>").replace(">8<", ">12<")
            + note(notations="<articulations><staccato/></articulations>")
            + barline("right", "light-heavy", "backward")
        ),
        {"repeatDot": 4, "augmentationDot": 1, "articStaccatoAbove": 1, "noteheadHalf": 1},
        {"repeatDot": 4, "augmentationDot": 1, "articStaccatoAbove": 1, "noteheadHalfInSpace": 1},
    ),
    "articulations": (
        score(
            articulated("accent", "tenuto"),
            articulated("strong-accent"),
            articulated("staccatissimo"),
            note("F4", notations="<articulations><accent/><staccato/></articulations>")
            + note() * 3,
        ),
        {
            "articAccentAbove": 1,
            "articTenutoAbove": 1,
            "articMarcatoAbove": 1,
            "articStaccatissimoAbove": 1,
            "articAccentBelow": 1,
            "articStaccatoBelow": 1,
        },
        {
            "articAccentAbove": 1,
            "articTenutoAbove": 1,
            "articMarcatoAbove": 1,
            "articStaccatissimoAbove": 1,
            "articAccentBelow": 1,
            "articStaccatoBelow": 1,
        },
    ),
    "fermatas and a caesura": (
        score(
            note(notations='<fermata type="upright"/>')
            + note(notations='<fermata type="inverted"/>')
            + note(notations="<articulations><caesura/></articulations>")
            + note()
        ),
        {"fermataAbove": 1, "fermataBelow": 1, "caesura": 1},
        {"fermataAbove": 1, "fermataBelow": 1, "caesura": 1},
    ),
    "rests": (
        score(
            "".join(
                f"<note><rest/><duration>{length}</duration><voice>1</voice><type>{name}</type></note>"
                for length, name in (
                    (8, "half"),
                    (4, "quarter"),
                    (2, "eighth"),
                    (1, "16th"),
                    (1, "16th"),
                )
            ),
            REST,
            FOUR,
        ),
        {"restHalf": 1, "restQuarter": 1, "rest8th": 1, "rest16th": 2, "restWhole": 1},
        {"restHalf": 1, "restQuarter": 1, "rest8th": 1, "rest16th": 2, "restWhole": 1},
    ),
    "multi-measure rest": (
        score(
            FOUR,
            "<attributes><measure-style><multiple-rest>12</multiple-rest></measure-style></attributes>"
            + REST,
            *[REST] * 11,
            FOUR,
        ),
        {"restHBar": 1},
        {"restHBar": 1, "restHNr": 1},
    ),
    "mf": (score(dynamics("<mf/>")), {"dynamicMF": 1}, {"dynamicM": 1, "dynamicF": 1}),
    "f": (score(dynamics("<f/>")), {"dynamicForte": 1}, {"dynamicF": 1}),
    "ppp": (score(dynamics("<ppp/>")), {"dynamicPPP": 1}, {"dynamicP": 3}),
    "sfz": (
        score(dynamics("<sfz/>")),
        {"dynamicSforzato": 1},
        {"dynamicS": 1, "dynamicF": 1, "dynamicZ": 1},
    ),
    "fp": (score(dynamics("<fp/>")), {"dynamicFortePiano": 1}, {"dynamicF": 1, "dynamicP": 1}),
    "sfp is no class of V1, and no f": (
        score(dynamics("<sfp/>")),
        {},
        {"dynamicS": 1, "dynamicF": 1, "dynamicP": 1},
    ),
    "poco f": (
        score(dynamics("<other-dynamics>poco f</other-dynamics>")),
        {"dynamicForte": 1},
        {"dynamicF": 1},
    ),
    "hairpins": (
        score(
            direction('<wedge type="crescendo"/>')
            + note() * 2
            + direction('<wedge type="stop"/>')
            + direction('<wedge type="diminuendo"/>')
            + note() * 2
            + direction('<wedge type="stop"/>')
        ),
        {},
        {"dynamicCrescendoHairpin": 1, "dynamicDiminuendoHairpin": 1},
    ),
    "slur and tie": (
        score(
            note(notations='<slur type="start"/>')
            + note("D5", notations='<slur type="stop"/>')
            + note(more='<tie type="start"/>', notations='<tied type="start"/>')
            + note(more='<tie type="stop"/>', notations='<tied type="stop"/>')
        ),
        {},
        {"slur": 1, "tie": 1},
    ),
    "ornaments": (
        score(
            note(notations="<ornaments><trill-mark/></ornaments>")
            + note(notations="<ornaments><turn/></ornaments>")
            + note(notations="<ornaments><inverted-turn/></ornaments>")
            + note(notations="<ornaments><mordent/></ornaments>")
        ),
        {"ornamentTrill": 1, "ornamentTurn": 1, "ornamentTurnInverted": 1, "ornamentMordent": 1},
        {"ornamentTrill": 1, "ornamentTurn": 1, "ornamentTurnInverted": 1, "ornamentMordent": 1},
    ),
    "strings": (
        score(
            note(notations="<technical><up-bow/></technical>")
            + note(notations="<technical><down-bow/></technical>")
            + note(notations="<technical><fingering>1</fingering></technical>")
            + note(notations="<technical><fingering>4</fingering></technical>")
        ),
        {"stringsUpBow": 1, "stringsDownBow": 1, "fingering1": 1, "fingering4": 1},
        {"stringsUpBow": 1, "stringsDownBow": 1, "fingering1": 1, "fingering4": 1},
    ),
    "arpeggio": (
        score(
            note("C5", notations="<arpeggiate/>")
            + note("E5", notations="<arpeggiate/>", before="<chord/>")
            + note() * 3
        ),
        {"arpeggiato": 1},
        {"arpeggiato": 1},
    ),
    "pedal signs": (
        score(
            direction('<pedal type="start" sign="yes" line="no"/>')
            + note() * 2
            + direction('<pedal type="stop" sign="yes" line="no"/>')
            + note() * 2
        ),
        {"keyboardPedalPed": 1, "keyboardPedalUp": 1},
        {"keyboardPedalPed": 1, "keyboardPedalUp": 1},
    ),
    "triplet with bracket": (
        score(
            note("C5", 4, TRIPLET, '<tuplet type="start" bracket="yes"/>')
            + note("C5", 4, TRIPLET)
            + note("C5", 4, TRIPLET, '<tuplet type="stop"/>')
            + note("C5", 8)
        ),
        {"tuplet3": 1, "noteheadHalf": 1},
        {"tuplet3": 1, "tupletBracket": 1, "noteheadHalfInSpace": 1},
    ),
    "tremolo": (
        score(
            note("C5", 8, notations='<ornaments><tremolo type="single">3</tremolo></ornaments>')
            + note("C5", 8, notations='<ornaments><tremolo type="single">1</tremolo></ornaments>')
        ),
        {"noteheadHalf": 2},
        {"noteheadHalfInSpace": 2, "tremolo3": 1, "tremolo1": 1},
    ),
    "signs": (
        score(direction("<segno/>") + FOUR, direction("<coda/>") + FOUR),
        {"segno": 1, "coda": 1},
        {"segno": 1, "coda": 1},
    ),
    "ottava": (
        score(
            direction('<octave-shift type="down" size="8"/>')
            + note("C6") * 4
            + direction('<octave-shift type="stop" size="8"/>')
        ),
        {},
        {"ottavaBracket": 1},
    ),
}


@pytest.mark.parametrize("font", MUSIC_FONTS)
@pytest.mark.parametrize("case", TABLE)
def test_classes_of(case: str, font: str) -> None:
    xml, v1, v2 = TABLE[case]
    assert classes(xml, "deepscores-118", font) == v1
    assert classes(xml, "deepscores-v2", font) == v2


# What is hidden → what there is less of than in four plain quarter notes.
HIDDEN_THINGS = {
    "note": (score(note(attributes=HIDDEN) + note() * 3), {"noteheadBlack": 1, "stem": 1}),
    "note on a ledger line": (
        score(note("C4", attributes=HIDDEN) + note() * 3),
        {"noteheadBlack": 1, "stem": 1},
    ),
    "note with an accidental, articulation and lyric": (
        score(
            note(
                "D#5",
                4,
                "<accidental>sharp</accidental>",
                "<articulations><staccato/></articulations>",
                attributes=HIDDEN,
                after="<lyric><text>la</text></lyric>",
            )
            + note() * 3
        ),
        {"noteheadBlack": 1, "stem": 1},
    ),
    "beam": (
        score(
            note("C5", 2, '<beam number="1">begin</beam>', attributes=HIDDEN)
            + note("C5", 2, '<beam number="1">end</beam>', attributes=HIDDEN)
            + note() * 3
        ),
        {"noteheadBlack": 1, "stem": 1},
    ),
    "triplet": (
        score(
            note("C5", 2, TRIPLET, '<tuplet type="start" bracket="yes"/>', attributes=HIDDEN)
            + note("C5", 2, TRIPLET, attributes=HIDDEN)
            + note("C5", 2, TRIPLET, '<tuplet type="stop"/>', attributes=HIDDEN)
            + note() * 3
        ),
        {"noteheadBlack": 1, "stem": 1},
    ),
    "rest": (
        score(
            f"<note{HIDDEN}><rest/><duration>4</duration><voice>1</voice><type>quarter</type></note>"
            + note() * 3
        ),
        {"noteheadBlack": 1, "stem": 1},
    ),
    "clef": (
        score(FOUR, attributes=COMMON + TREBLE.replace("clef>", f"clef{HIDDEN}>", 1)),
        {"gClef": 1},
    ),
    "time signature": (
        score(FOUR, attributes=COMMON.replace("<time>", f"<time{HIDDEN}>") + TREBLE),
        {"timeSig4": 2},
    ),
    "key signature": (
        score(
            FOUR,
            attributes=f"<key{HIDDEN}><fifths>3</fifths></key>" + time("4", "4") + TREBLE,
        ),
        {},
    ),
    "lyric": (score(note(after=f"<lyric{HIDDEN}><text>la</text></lyric>") + note() * 3), {}),
    "lyrics of a note": (
        score(
            note(attributes=' print-lyric="no"', after="<lyric><text>la</text></lyric>")
            + note() * 3
        ),
        {},
    ),
    "dots of a note": (score(note(attributes=' print-dot="no"', more="<dot/>") + note() * 3), {}),
    "chord symbol": (
        score(
            f"<harmony{HIDDEN}><root><root-step>C</root-step></root><kind>major</kind></harmony>"
            + FOUR
        ),
        {},
    ),
    "metronome mark": (
        score(
            direction(
                f"<metronome{HIDDEN}><beat-unit>half</beat-unit><per-minute>60</per-minute></metronome>"
            )
            + FOUR
        ),
        {},
    ),
    "ending": (
        score(
            f'<barline location="left"><ending number="1" type="start"{HIDDEN}/></barline>{FOUR}'
            f'<barline location="right"><ending number="1" type="stop"{HIDDEN}/></barline>'
        ),
        {},
    ),
}


@pytest.mark.parametrize("case", HIDDEN_THINGS)
def test_hidden_thing_is_no_symbol(case: str) -> None:
    xml, less = HIDDEN_THINGS[case]
    assert kinds(xml) == kinds(score(FOUR)) - Counter(less)


CHORD = score(
    note("C#5", 2, '<accidental>sharp</accidental><beam number="1">begin</beam>')
    + note("Eb5", 2, "<accidental>flat</accidental>", before="<chord/>")
    + note("G4", 1, '<beam number="1">continue</beam><beam number="2">begin</beam>')
    + note("A4", 1, '<beam number="1">end</beam><beam number="2">end</beam>')
    + note("C5", 2, after="<lyric><text>la</text></lyric>")
    + note("C5", 2, "<dot/>", "<fermata/><articulations><accent/></articulations>").replace(
        ">2<", ">3<"
    )
    + note("C5", 1)
    + "<note><rest/><duration>6</duration><voice>1</voice><type>quarter</type><dot/></note>"
)


def one(symbols: tuple[Symbol, ...], kind: str, place: int = 0) -> Symbol:
    found = [symbol for symbol in symbols if symbol.kind == kind]
    return sorted(found, key=lambda symbol: symbol.box.x0)[place]


@pytest.mark.parametrize("font", MUSIC_FONTS)
def test_accidentals_belong_to_their_own_notes(font: str) -> None:
    symbols = drawn(CHORD)[font]
    for kind, step in (("accidentalSharp", "c"), ("accidentalFlat", "e")):
        accidental = one(symbols, kind)
        head = symbols[accidental.parent - 1]
        assert (head.kind, head.step) == ("noteheadBlack", step)
        assert accidental.staff_position == head.staff_position


def test_notes_of_a_chord_share_a_stem_and_stems_a_beam() -> None:
    symbols = drawn(CHORD)["Bravura"]
    chord = [symbol for symbol in symbols if symbol.step and symbol.onset == 0]
    assert len(chord) == 2
    assert len({symbol.parent for symbol in chord}) == 1
    stem = symbols[chord[0].parent - 1]
    beam = symbols[stem.parent - 1]
    assert (stem.kind, beam.kind) == ("stem", "beam")
    assert sum(symbol.kind == "stem" and symbol.parent == beam.number for symbol in symbols) == 3


def test_second_line_of_a_beam_belongs_to_the_first() -> None:
    symbols = drawn(CHORD)["Bravura"]
    first, second = (symbol for symbol in symbols if symbol.kind == "beam")
    assert (first.parent, second.parent) == (0, first.number)
    assert second.group == first.group


@pytest.mark.parametrize("kind", ["lyrics", "articAccentAbove", "fermataAbove", "flag8thDown"])
def test_signs_belong_to_a_notehead(kind: str) -> None:
    symbols = drawn(CHORD)["Bravura"]
    sign = one(symbols, kind)
    head = symbols[sign.parent - 1]
    assert head.kind == "noteheadBlack"
    assert head.box.x0 - 20 < sign.box.centre.x < head.box.x1 + 20


def test_dots_belong_to_their_note_or_rest() -> None:
    symbols = drawn(CHORD)["Bravura"]
    parents = [symbols[one(symbols, "augmentationDot", place).parent - 1].kind for place in (0, 1)]
    assert parents == ["noteheadBlack", "restQuarter"]


def test_tie_over_a_page_break_belongs_to_the_note_it_ends_at() -> None:
    tied = note("C5", 16, '<tie type="start"/>', '<tied type="start"/>')
    end = note("C5", 16, '<tie type="stop"/>', '<tied type="stop"/>')
    xml = score(tied, '<print new-page="yes"/>' + end)
    engraving = engrave(Score("s", "s", "", "", "musicxml", xml), [Style()])
    engraving.toolkit.setOptions({"breaks": "encoded"})
    engraving.toolkit.redoLayout()
    pages = [place_symbols(page, engraving.music) for _, page, _ in engraving.pages()]
    assert len(pages) == 2
    for placed in pages:
        symbols = tuple(each.symbol for each in placed)
        tie = one(symbols, "tie")
        assert symbols[tie.parent - 1].kind == "noteheadWhole"
        assert tie.staff == 1


def test_letters_and_signatures_are_grouped_by_element() -> None:
    symbols = drawn(TABLE["ppp"][0])["Bravura"] + drawn(TABLE["key signatures"][0])["Bravura"]
    letters = {symbol.group for symbol in symbols if symbol.kind == "dynamicPiano"}
    assert len(letters) == 1
    flats = {symbol.group for symbol in symbols if symbol.kind == "keyFlat"}
    assert len(flats) == 1


@pytest.mark.parametrize("font", MUSIC_FONTS)
def test_staff_position_counts_half_spaces_from_the_bottom_line(font: str) -> None:
    xml = score(note("E4") + note("F4") + note("F5") + note("C4"))
    found = [symbol.staff_position for symbol in drawn(xml)[font] if symbol.step]
    assert found == [0, 1, 8, -2]


def test_numeral_of_an_octave_clef_belongs_to_the_clef() -> None:
    symbols = drawn(TABLE["octave below"][0])["Petaluma"]
    numeral, clef_ = one(symbols, "clef8"), one(symbols, "gClef")
    assert numeral.parent == clef_.number
    assert numeral.box.y0 > clef_.box.y1 - 0.2 * (clef_.box.y1 - clef_.box.y0)


@pytest.mark.parametrize("case", TABLE)
def test_every_mark_is_in_one_symbol_of_a_known_kind(case: str) -> None:
    known = {each.name for each in load_label_set("full").classes} - {"unclassified"}
    engraving = engrave(Score("s", "s", "", "", "musicxml", TABLE[case][0]), [Style()])
    for _, page, _ in engraving.pages():
        found = find_symbols(page)
        places = [place for row in range(len(found.first)) for place in found.marks_of(row)]
        assert sorted(places) == list(range(len(page.marks)))
        kinds_found = {symbol.symbol.kind for symbol in place_symbols(page, engraving.music)}
        assert kinds_found <= known


def test_extender_is_no_hyphen() -> None:
    hyphen = "<lyric><syllabic>begin</syllabic><text>a</text></lyric>"
    end = "<lyric><syllabic>end</syllabic><text>men</text><extend/></lyric>"
    found = kinds(score(note(after=hyphen) + note(after=end) + note() * 2, FOUR))
    assert (found["lyrics"], found["lyricHyphen"], found["lyricExtender"]) == (2, 1, 1)


def test_flat_of_a_chord_symbol_is_no_figured_bass() -> None:
    chord = (
        "<harmony><root><root-step>B</root-step><root-alter>-1</root-alter></root>"
        "<kind>major</kind></harmony>"
    )
    found = kinds(score(chord + FOUR))
    assert (found["chordSymbol"], found["chordSymbolFlat"]) == (1, 1)


BARLINES = {
    "dashed": "barlineDashed",
    "dotted": "barlineDotted",
    "heavy": "barlineHeavy",
    "heavy-heavy": "barlineHeavyHeavy",
    "light-heavy": "barlineFinal",
    "light-light": "barlineDouble",
    "regular": "barlineSingle",
}


@pytest.mark.parametrize("font", MUSIC_FONTS)
@pytest.mark.parametrize("style", BARLINES)
def test_kind_of_barline(style: str, font: str) -> None:
    symbols = drawn(score(FOUR + barline("right", style), FOUR))[font]
    assert one(symbols, BARLINES[style]).box.x0 == min(
        symbol.box.x0 for symbol in symbols if symbol.kind.startswith("barline")
    )


def test_line_of_a_beam_is_one_symbol_however_it_is_drawn() -> None:
    sixteenth = '<beam number="1">{0}</beam><beam number="2">{0}</beam>'
    states = ("begin", "continue", "continue", "end")
    notes = "".join(
        f"<note><pitch><step>C</step><octave>5</octave></pitch><duration>1</duration>"
        f"<type>16th</type>{sixteenth.format(state)}</note>"
        for state in states
    )
    xml = (
        '<score-partwise><part-list><score-part id="P1"><part-name/></score-part></part-list>'
        '<part id="P1"><measure number="1"><attributes><divisions>4</divisions><time><beats>1'
        "</beats><beat-type>4</beat-type></time></attributes>"
        f"{notes}</measure></part></score-partwise>"
    )
    beams = [symbol for symbol in drawn(xml)["Bravura"] if symbol.kind == "beam"]
    assert len(beams) == 2
    assert beams[0].box.width == pytest.approx(beams[1].box.width, abs=0.5)
