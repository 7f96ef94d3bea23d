"""Verses below a staff."""

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from deepscores.engraving.lilypond.durations import stretch
from deepscores.engraving.lilypond.mei import NAMESPACE, Node, identity, number, tag
from deepscores.engraving.lilypond.source import Source, quoted


class Words(NamedTuple):
    """What one note sings of a verse: the verse's label, a syllable, or several run together."""

    time: Fraction
    voice: str
    nodes: tuple[Node, ...]


def verses(notes: Iterable[tuple[Node, Fraction, str]], end: Fraction) -> list[Source]:
    """The verses of one staff, from the first; *notes* come with their onset and voice."""
    found: dict[int, list[list[Words]]] = defaultdict(list)
    for note, time, voice in sorted(notes, key=lambda one: one[1]):
        for verse in note.iterfind(f"{NAMESPACE}verse"):
            nodes = tuple(one for one in verse if tag(one) in ("label", "syl") and _text(one))
            if nodes:
                _file(found[number(verse.get("n"), 1)], Words(time, voice, nodes))
    return [_write(line, end) for place in sorted(found) for line in found[place]]


def _file(lines: list[list[Words]], words: Words) -> None:
    """Put *words* in the first line that is free: two voices may sing at a time."""
    for line in lines:
        if line[-1].time < words.time:
            line.append(words)
            return
    lines.append([words])


def _write(line: list[Words], end: Fraction) -> Source:
    out = Source()
    now, voice = Fraction(0), ""
    followers = [*(words.time for words in line[1:]), end]
    for words, following in zip(line, followers, strict=True):
        if words.time > now:
            out.add(f"\\skip {stretch(words.time - now)}")
        if words.voice != voice:
            voice = words.voice
            out.add(f'\\set associatedVoice = "{voice}"')
        last = words.nodes[-1]
        out.add(f"{_set(words.nodes)}{stretch(following - words.time)}", identity(last))
        if last.get("con") == "u":
            out.add("__", identity(last))
        elif last.get("con") == "d" or last.get("wordpos") in ("i", "m"):
            out.add("--", identity(last))
        now = following
    return out


def _set(nodes: tuple[Node, ...]) -> str:
    """LilyPond's text; each of several nodes is marked as drawn for itself."""
    if len(nodes) == 1 and tag(nodes[0]) == "syl":
        return quoted(_text(nodes[0]))
    pieces = [f"\\as {quoted('of ' + identity(one))} {quoted(_text(one))}" for one in nodes]
    spaced = ' " " '.join(pieces)
    return f"\\markup \\concat {{ {spaced} }}"


def _text(node: Node) -> str:
    return " ".join("".join(node.itertext()).split())
