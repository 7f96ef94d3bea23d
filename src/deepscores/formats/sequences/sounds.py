"""What sounds and rests in a picture and in an encoding of it, in terms that can be compared."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pyarrow as pa
from lxml import etree

from deepscores.engraving.verovio.engine import engrave
from deepscores.errors import EngravingError
from deepscores.formats.sequences.score import ID, MEI
from deepscores.formats.sequences.unfit import Unfit
from deepscores.page.model import Facts, Music, Style
from deepscores.page.model import Score as Source

_RESTS = ("rest", "mRest", "multiRest", "mRpt", "mRpt2", "multiRpt", "beatRpt")
_ATTRIBUTE = re.compile(r'((?:xml:| )id|startid|endid|plist|sameas|corresp)="([^"]*)"')
_NAME = re.compile(r"(^#?|\s#?)")
_MARK = "of-page-"
_DIGITS = 3  # of quarter notes: a 256th in a septuplet is 0.009 long


class Sound(NamedTuple):
    """A note, or, without a step, a rest."""

    staff: int  # from 1, of the staves in the picture
    onset: float  # quarter notes from the first measure
    duration: float  # 0 for grace notes
    step: str
    alter: float
    octave: int
    grace: bool


def drawn_sounds(rows: pa.Table) -> dict[str, Sound]:
    """Notes and rests by element, of *rows* of the symbol table; onsets are from the score's start.

    Notes are noteheads; a rest of several signs is one.
    """
    sounds = {}
    columns = (
        "element", "staff", "onset", "duration", "step", "alter", "octave", "grace", "role",
    )  # fmt: skip
    for row in rows.select(columns).to_pylist():
        if row["step"] and row["role"] == "notehead":
            sound = (row["step"], row["alter"] or 0.0, _octave(row["octave"]), row["grace"])
        elif row["role"] in _RESTS:
            sound = ("", 0.0, 0, False)
        else:
            continue
        sounds[row["element"]] = Sound(
            row["staff"], row["onset"] or 0.0, row["duration"] or 0.0, *sound
        )
    return sounds


def _octave(value: int | None) -> int:
    return 0 if value is None else value


def read_back(text: str, form: str) -> dict[str, Sound]:
    """Notes and rests by element as Verovio reads *text*; *form* is Verovio's name of its format.

    Staves are renumbered from the top. Raise Unfit where Verovio cannot read it.
    """
    marked = _ATTRIBUTE.sub(_mark, text) if form in ("mei", "musicxml") else text
    source = Source("excerpt", "excerpt", "", "excerpt", form, marked)
    try:
        music = engrave(source, [Style()]).music
    except EngravingError as error:
        raise Unfit(error.problem) from None
    except etree.XMLSyntaxError as error:
        raise Unfit(f"Verovio makes no MEI of it: {error}") from None
    return {name.removeprefix(_MARK): sound for name, sound in sounds_of(music).items()}


def _mark(attribute: re.Match[str]) -> str:
    # Our engraver makes ids from a fixed seed: those that it finds must be others.
    return f'{attribute[1]}="{_NAME.sub(lambda name: f"{name[1]}{_MARK}", attribute[2])}"'


def sounds_of(music: Music) -> dict[str, Sound]:
    """Notes and rests of a score by element."""
    root = etree.fromstring(music.mei.encode(), etree.XMLParser(huge_tree=True))
    staves = sorted({int(staff.get("n", "0")) for staff in root.iter(f"{MEI}staffDef")})
    rank = {number: place for place, number in enumerate(staves, start=1)}
    sounds = {}
    for node in root.iter(f"{MEI}note", *(f"{MEI}{tag}" for tag in _RESTS)):
        if node.get("visible") == "false":  # as kern's "1ryy" is read
            continue
        name = node.get(ID, "")
        sounds[name] = _sound(music.facts[name], rank)
    return sounds


def _sound(fact: Facts, rank: Mapping[int, int]) -> Sound:
    return Sound(
        rank.get(fact.staff, 0), fact.onset or 0.0, fact.duration or 0.0, fact.step,
        fact.alter if fact.step else 0.0, _octave(fact.octave), fact.grace,
    )  # fmt: skip


def shift(sounds: Mapping[str, Sound], by: float, staves: Iterable[int]) -> dict[str, Sound]:
    """*sounds* from another start on, their staves numbered by their places among *staves*."""
    rank = {number: place for place, number in enumerate(sorted(staves), start=1)}
    return {
        name: sound._replace(staff=rank.get(sound.staff, 0), onset=sound.onset - by)
        for name, sound in sounds.items()
    }


def compare_by_name(drawn: Mapping[str, Sound], read: Mapping[str, Sound]) -> None:
    """Raise Unfit if not exactly what is *drawn* is *read*, element by element."""
    for name, sound in drawn.items():
        if name not in read:
            raise Unfit(f"{_describe(sound)} is drawn and not in the label ({name})")
        if _round(sound) != _round(read[name]):
            raise Unfit(f"{_describe(sound)} is {_describe(read[name])} in the label ({name})")
    for name, sound in read.items():
        if name not in drawn:
            raise Unfit(f"{_describe(sound)} is not drawn ({name})")


def compare(drawn: Iterable[Sound], read: Iterable[Sound]) -> None:
    """Raise Unfit if *read* are not exactly the notes and rests *drawn*, in whatever order."""
    drawn_counts, read_counts = (Counter(map(_round, sounds)) for sounds in (drawn, read))
    for sound in sorted(drawn_counts - read_counts):
        raise Unfit(f"{_describe(sound)} is drawn and not in the label")
    for sound in sorted(read_counts - drawn_counts):
        raise Unfit(f"{_describe(sound)} is in the label and not drawn")


def _round(sound: Sound) -> Sound:
    return sound._replace(
        onset=round(sound.onset, _DIGITS), duration=round(sound.duration, _DIGITS)
    )


def _describe(sound: Sound) -> str:
    pitch = f"{sound.step}{sound.alter:+g}/{sound.octave}" if sound.step else "a rest"
    grace = "grace note " if sound.grace else ""
    return (
        f"{grace}{pitch} of {round(sound.duration, 3):g} at {round(sound.onset, 3):g} "
        f"on staff {sound.staff}"
    )
