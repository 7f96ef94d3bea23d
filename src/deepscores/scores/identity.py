"""Identify the work of a score, so that no work ends up on both sides of a split."""

import csv
import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from hashlib import sha256
from importlib.resources import files

from lxml import etree

from deepscores.page.model import Score
from deepscores.scores.limits import parse_number
from deepscores.scores.names import slug
from deepscores.scores.xml import parse_xml

# "movement1", "mvmt-2_exposition": a movement by number, whose work is the folder
_MOVEMENT = re.compile(r"(movement|mvmt|mvt|mov|satz)[ _.-]*[0-9ivx]+(?![0-9a-z]).*", re.IGNORECASE)
# "opus18no1", "K. 545", "bwv112.5-sc": a catalogue number; a dot begins the movement
_CATALOGUE = re.compile(
    r"((?:bwv|hwv|rv|wwv|kv?|d|op|opus|hob|woo|sz|l|s)[ ._-]?\d+[a-z]?(?:[ _-]?no[ ._-]?\d+)?)"
    r"(?=$|[ ._-])",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\d{1,2}[ _.-]?[^\d]*")  # "1grave", "02 Allegro"
_FILE_NAME = re.compile(r"\.(musicxml|xml|mxl|mscz|mscx|mus|musx|sib|mid|midi|krn|mei|abc|enc)$")
# What programs write if the user gave no title.
_NO_TITLE = frozenset(
    {"", "title", "untitled", "untitled score", "unknown", "score", "new score", "no title"}
    | {"music21 fragment", "music21", "titel", "titre", "titulo", "composer", "anonymous"}
    | {"komponist", "compositeur", "arranger", "subtitle", "work title"}
)
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def work_id(name: str, composer: str, title: str, number: str = "") -> str:
    """The work that the file *name* holds, as far as its metadata say.

    From composer and title of the *work* (not of the movement) where the file states both;
    otherwise from its name: numbered movements belong to their folder, and a catalogue number
    ends before the movement's. Works of the default corpus that share half of their music
    (a chorale and the cantata it is from) are one: ``same_works.csv`` lists them, `deepscores
    check` found them. Other equal music under different names: see `music_digest`.

    >>> work_id("beethoven/opus18no1/movement2.mxl", "", "")
    'beethoven-opus18no1'
    >>> work_id("bach/bwv112.5-sc.mxl", "J.S. Bach", "bwv112.5-sc.mxl")
    'bach-bwv112'
    >>> work_id("x.xml", "Beethoven, Ludwig van (1770–1827)", "Für Elise")
    'beethoven-ludwig-van--fur-elise'
    >>> work_id("y.xml", "Ludwig van Beethoven", "FÜR ELISE.")
    'beethoven-ludwig-van--fur-elise'
    """
    work = _work_by_words(name, composer, title, number)
    return _same_works().get(work, work)


@cache
def _same_works() -> dict[str, str]:
    table = (files("deepscores.scores") / "same_works.csv").read_text("utf-8")
    return {row["work"]: row["is"] for row in csv.DictReader(table.splitlines())}


def _work_by_words(name: str, composer: str, title: str, number: str) -> str:
    by_folder = _work_by_movement(name)
    if by_folder:
        return slug(by_folder).lower()
    if _is_title(composer) and _is_title(title):
        words = sorted(_words(re.sub(r"\(.*?\)|\d+", " ", composer)))
        work = _words(f"{title} {number}")
        if words and work:
            return f"{slug(' '.join(words))}--{slug(' '.join(work))}".lower()
    return slug(_work_by_name(name)).lower()


def _is_title(text: str) -> bool:
    text = " ".join(text.split()).casefold()
    return text not in _NO_TITLE and not _FILE_NAME.search(text)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c)))


def _split(name: str) -> tuple[str, str]:
    folder, _, file = name.rpartition("/")
    return folder, file.rpartition(".")[0] or file


def _work_by_movement(name: str) -> str | None:
    folder, stem = _split(name)
    if _MOVEMENT.fullmatch(stem):
        return folder or "movement"
    if _NUMBERED.fullmatch(stem) and _CATALOGUE.fullmatch(folder.rpartition("/")[2]):
        return folder
    return None


def _work_by_name(name: str) -> str:
    folder, stem = _split(name)
    catalogue = _CATALOGUE.match(stem)
    return f"{folder}/{catalogue[1] if catalogue else stem}".lstrip("/")


def music_digest(score: Score) -> str:
    """A hash of a score's notes: equal for equal music, in any key and any edition.

    It covers the intervals between the notes and their durations, part by part; not key, names,
    rests, grace notes or layout. Of scores in other formats than MusicXML it is the hash of the
    text. Files that share it hold one work.
    """
    if score.format != "musicxml":
        return sha256(score.text.encode()).hexdigest()
    parts = parse_xml(score.text).iterfind("part")
    melodies = sorted(sha256(" ".join(_melody(part)).encode()).hexdigest() for part in parts)
    return sha256(" ".join(melodies).encode()).hexdigest()


def _melody(part: etree._Element) -> Iterator[str]:
    divisions, previous = Fraction(1), None
    for element in part.iter("divisions", "note"):
        if element.tag == "divisions":
            divisions = Fraction(parse_number(element.text or "") or 1)
            continue
        pitch, duration = _pitch(element), parse_number(element.findtext("duration", ""))
        if pitch is None or duration is None or element.find("grace") is not None:
            continue
        interval = 0.0 if previous is None else pitch - previous
        yield f"{interval:g}:{Fraction(duration) / divisions}"
        previous = pitch


def _pitch(note: etree._Element) -> float | None:
    step = note.findtext("pitch/step", "").strip()
    octave = parse_number(note.findtext("pitch/octave", ""))
    if step not in _SEMITONES or octave is None:
        return None
    return _SEMITONES[step] + 12 * octave + (parse_number(note.findtext("pitch/alter", "")) or 0)
