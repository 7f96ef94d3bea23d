"""The encodings of what one picture shows, each read back and compared with what is drawn."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from deepscores.errors import RecipeError
from deepscores.formats.sequences.converters import (
    Shows,
    abc_to_musicxml,
    to_abc,
    to_kern,
    to_musicxml,
)
from deepscores.formats.sequences.excerpt import Span, excerpt
from deepscores.formats.sequences.score import Score, read_score
from deepscores.formats.sequences.snapping import snapped
from deepscores.formats.sequences.sounds import Sound, compare, compare_by_name, read_back, shifted
from deepscores.formats.sequences.unfit import Unfit
from deepscores.runs.caches import file_stamp


@dataclass(frozen=True, slots=True)
class Shown:
    """What is to be written down: measures of a score, and what is drawn of them."""

    score: Path  # its MEI
    span: Span
    sounds: Mapping[str, Sound]  # by element, onsets from the score's start
    encodings: tuple[str, ...]  # besides MEI


@dataclass(frozen=True, slots=True)
class Label:
    """The encodings that hold exactly what is drawn, and why others are missing."""

    texts: Mapping[str, str]  # by file suffix
    failures: Mapping[str, str]  # by file suffix; all are missing if "mei" is
    cut: Mapping[str, int]  # what crosses the edges and is left out, by element


def label(shown: Shown) -> Label:
    """Write down what is *shown*.

    Engines are at work here that can crash or hang: call this in a process that may be lost.
    """
    try:
        made = excerpt(_score(shown.score, file_stamp(shown.score)), shown.span)
        drawn = _checked(made.text, shown)
        ready = snapped(made.text, {name: one.onset for name, one in drawn.items()})
    except Unfit as why:
        return Label({}, {"mei": str(why)}, {})
    texts, failures = {"mei": made.text}, {}
    for suffix, write in _conversions(ready, shown, list(drawn.values())):
        try:
            texts[suffix] = write()
        except Unfit as why:
            failures[suffix] = str(why)
    return Label(texts, failures, made.cut)


@lru_cache(maxsize=1)
def _score(path: Path, _: tuple[int, int, int]) -> Score:
    return read_score(path)


def _checked(mei: str, shown: Shown) -> dict[str, Sound]:
    """What is drawn, with onsets from the first measure, if *mei* says exactly that."""
    read = read_back(mei, "mei")
    common = [name for name in shown.sounds if name in read]
    if not common:
        raise Unfit("no note or rest is drawn")
    start = shown.sounds[common[0]].onset - read[common[0]].onset
    drawn = shifted(shown.sounds, start, shown.span.staves)
    compare_by_name(drawn, read)
    return drawn


def _conversions(
    mei: str, shown: Shown, drawn: list[Sound]
) -> Iterator[tuple[str, Callable[[], str]]]:
    shows = Shows(bool(shown.span.timed), short_names={"label", "labelAbbr"} <= shown.span.named)
    as_musicxml = cache(lambda: _converted(to_musicxml, mei, shows))

    def musicxml() -> str:
        text = as_musicxml()
        compare(drawn, read_back(text, "musicxml").values())
        return text

    def kern() -> str:
        text = _converted(to_kern, mei, shows)
        compare(drawn, read_back(text, "humdrum").values())
        return text

    def abc() -> str:
        text = _converted(to_abc, as_musicxml(), shows)
        compare(drawn, read_back(_converted(abc_to_musicxml, text), "musicxml").values())
        return text

    for suffix, write in (("musicxml", musicxml), ("krn", kern), ("abc", abc)):
        if suffix in shown.encodings:
            yield suffix, write


def _converted(convert: Callable[..., str], *given: Any) -> str:
    """What *convert* makes of it; that a converter cannot stand a score is a reason, not a bug."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return convert(*given)
    except RecipeError:
        raise
    except Exception as error:
        raise Unfit(f"{type(error).__name__}: {error}"[:300]) from None
