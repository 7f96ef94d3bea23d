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
from deepscores.formats.sequences.snapping import snap
from deepscores.formats.sequences.sounds import Sound, compare, compare_by_name, read_back, shift
from deepscores.formats.sequences.unfit import Unfit
from deepscores.runs.caches import file_stamp


@dataclass(frozen=True, slots=True)
class Passage:
    """Measures of a score to write down, and what is drawn of them."""

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


def label(passage: Passage) -> Label:
    """Write *passage* down in its encodings.

    Engines are at work here that can crash or hang: call this in a process that may be lost.
    """
    try:
        extract = excerpt(_score(passage.score, file_stamp(passage.score)), passage.span)
        drawn = _check_drawn(extract.text, passage)
        ready = snap(extract.text, {name: sound.onset for name, sound in drawn.items()})
    except Unfit as reason:
        return Label({}, {"mei": str(reason)}, {})
    texts, failures = {"mei": extract.text}, {}
    for suffix, write in _conversions(ready, passage, list(drawn.values())):
        try:
            texts[suffix] = write()
        except Unfit as reason:
            failures[suffix] = str(reason)
    return Label(texts, failures, extract.cut)


@lru_cache(maxsize=1)
def _score(path: Path, _: tuple[int, int, int]) -> Score:
    return read_score(path)


def _check_drawn(mei: str, passage: Passage) -> dict[str, Sound]:
    """What is drawn, with onsets from the first measure, if *mei* says exactly that."""
    read = read_back(mei, "mei")
    common = [name for name in passage.sounds if name in read]
    if not common:
        raise Unfit("no note or rest is drawn")
    start = passage.sounds[common[0]].onset - read[common[0]].onset
    drawn = shift(passage.sounds, start, passage.span.staves)
    compare_by_name(drawn, read)
    return drawn


def _conversions(
    mei: str, passage: Passage, drawn: list[Sound]
) -> Iterator[tuple[str, Callable[[], str]]]:
    has_short_names = {"label", "labelAbbr"} <= passage.span.staff_names
    signs = Shows(bool(passage.span.timed), short_names=has_short_names)
    as_musicxml = cache(lambda: _convert(to_musicxml, mei, signs))

    def musicxml() -> str:
        text = as_musicxml()
        compare(drawn, read_back(text, "musicxml").values())
        return text

    def kern() -> str:
        text = _convert(to_kern, mei, signs)
        compare(drawn, read_back(text, "humdrum").values())
        return text

    def abc() -> str:
        text = _convert(to_abc, as_musicxml(), signs)
        compare(drawn, read_back(_convert(abc_to_musicxml, text), "musicxml").values())
        return text

    for suffix, write in (("musicxml", musicxml), ("krn", kern), ("abc", abc)):
        if suffix in passage.encodings:
            yield suffix, write


def _convert(convert: Callable[..., str], *arguments: Any) -> str:
    """What *convert* returns; a converter that fails on a score gives a reason, not a bug."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return convert(*arguments)
    except RecipeError:
        raise
    except Exception as error:
        raise Unfit(f"{type(error).__name__}: {error}"[:300]) from None
