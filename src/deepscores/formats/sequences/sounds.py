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

    staff: int  # from 1, of those that are there
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
    found = {}
    columns = (
        "element", "staff", "onset", "duration", "step", "alter", "octave", "grace", "role",
    )  # fmt: skip
    for one in rows.select(columns).to_pylist():
        if one["step"] and one["role"] == "notehead":
            sound = (one["step"], one["alter"] or 0.0, _octave(one["octave"]), one["grace"])
        elif one["role"] in _RESTS:
            sound = ("", 0.0, 0, False)
        else:
            continue
        found[one["element"]] = Sound(
            one["staff"], one["onset"] or 0.0, one["duration"] or 0.0, *sound
        )
    return found


def _octave(value: int | None) -> int:
    return 0 if value is None else value


def read_back(text: str, form: str) -> dict[str, Sound]:
    """Notes and rests by element as Verovio reads *text*; *form* is Verovio's name of its format.

    Staves are numbered anew, from the top. Raise Unfit where Verovio cannot read it.
    """
    marked = _ATTRIBUTE.sub(_mark, text) if form in ("mei", "musicxml") else text
    source = Source("excerpt", "excerpt", "", "excerpt", form, marked)
    try:
        music = engrave(source, [Style()]).music
    except EngravingError as error:
        raise Unfit(error.what) from None
    except etree.XMLSyntaxError as error:
        raise Unfit(f"Verovio makes no MEI of it: {error}") from None
    return {name.removeprefix(_MARK): one for name, one in sounds_of(music).items()}


def _mark(found: re.Match[str]) -> str:
    # Our engraver makes ids from a fixed seed: those that it finds must be others.
    return f'{found[1]}="{_NAME.sub(lambda name: f"{name[1]}{_MARK}", found[2])}"'


def sounds_of(music: Music) -> dict[str, Sound]:
    """Notes and rests of a score by element."""
    root = etree.fromstring(music.mei.encode(), etree.XMLParser(huge_tree=True))
    staves = sorted({int(one.get("n", "0")) for one in root.iter(f"{MEI}staffDef")})
    rank = {number: place for place, number in enumerate(staves, start=1)}
    found = {}
    for node in root.iter(f"{MEI}note", *(f"{MEI}{tag}" for tag in _RESTS)):
        if node.get("visible") == "false":  # as kern's "1ryy" is read
            continue
        name = node.get(ID, "")
        found[name] = _sound(music.facts[name], rank)
    return found


def _sound(fact: Facts, rank: Mapping[int, int]) -> Sound:
    return Sound(
        rank.get(fact.staff, 0), fact.onset or 0.0, fact.duration or 0.0, fact.step,
        fact.alter if fact.step else 0.0, _octave(fact.octave), fact.grace,
    )  # fmt: skip


def shifted(sounds: Mapping[str, Sound], by: float, staves: Iterable[int]) -> dict[str, Sound]:
    """*sounds* from another start on, their staves numbered by their places among *staves*."""
    rank = {number: place for place, number in enumerate(sorted(staves), start=1)}
    return {
        name: one._replace(staff=rank.get(one.staff, 0), onset=one.onset - by)
        for name, one in sounds.items()
    }


def compare_by_name(drawn: Mapping[str, Sound], read: Mapping[str, Sound]) -> None:
    """Raise Unfit if not exactly what is *drawn* is *read*, element by element."""
    for name, one in drawn.items():
        if name not in read:
            raise Unfit(f"{_named(one)} is drawn and not in the label ({name})")
        if _rounded(one) != _rounded(read[name]):
            raise Unfit(f"{_named(one)} is {_named(read[name])} in the label ({name})")
    for name, one in read.items():
        if name not in drawn:
            raise Unfit(f"{_named(one)} is not drawn ({name})")


def compare(drawn: Iterable[Sound], read: Iterable[Sound]) -> None:
    """Raise Unfit if *read* are not exactly the notes and rests *drawn*, in whatever order."""
    there, said = (Counter(_rounded(one) for one in sounds) for sounds in (drawn, read))
    for one in sorted(there - said):
        raise Unfit(f"{_named(one)} is drawn and not in the label")
    for one in sorted(said - there):
        raise Unfit(f"{_named(one)} is in the label and not drawn")


def _rounded(one: Sound) -> Sound:
    return one._replace(onset=round(one.onset, _DIGITS), duration=round(one.duration, _DIGITS))


def _named(one: Sound) -> str:
    what = f"{one.step}{one.alter:+g}/{one.octave}" if one.step else "a rest"
    grace = "grace note " if one.grace else ""
    return (
        f"{grace}{what} of {round(one.duration, 3):g} at {round(one.onset, 3):g} "
        f"on staff {one.staff}"
    )
