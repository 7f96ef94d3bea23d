"""Verses below a staff."""

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from deepscores.engraving.lilypond.durations import stretch
from deepscores.engraving.lilypond.mei import NAMESPACE, Node, identity, number, tag
from deepscores.engraving.lilypond.source import Source, quote


class Words(NamedTuple):
    """One note's text in a verse: the verse's label, a syllable, or several joined ones."""

    time: Fraction
    voice: str
    nodes: tuple[Node, ...]


def verses(notes: Iterable[tuple[Node, Fraction, str]], end: Fraction) -> list[Source]:
    """The verses of one staff, from the first; *notes* come with their onset and voice."""
    lines_by_verse: dict[int, list[list[Words]]] = defaultdict(list)
    for note, time, voice in sorted(notes, key=lambda entry: entry[1]):
        for verse in note.iterfind(f"{NAMESPACE}verse"):
            nodes = tuple(
                child for child in verse if tag(child) in ("label", "syl") and _text(child)
            )
            if nodes:
                lines = lines_by_verse[number(verse.get("n"), 1)]
                _add_to_free_line(lines, Words(time, voice, nodes))
    return [_write(line, end) for _, lines in sorted(lines_by_verse.items()) for line in lines]


def _add_to_free_line(lines: list[list[Words]], words: Words) -> None:
    """Put *words* in the first line that is free: two voices may sing at the same time."""
    for line in lines:
        if line[-1].time < words.time:
            line.append(words)
            return
    lines.append([words])


def _write(line: list[Words], end: Fraction) -> Source:
    source = Source()
    position, voice = Fraction(0), ""
    followers = [*(words.time for words in line[1:]), end]
    for words, following in zip(line, followers, strict=True):
        if words.time > position:
            source.add(f"\\skip {stretch(words.time - position)}")
        if words.voice != voice:
            voice = words.voice
            source.add(f'\\set associatedVoice = "{voice}"')
        last = words.nodes[-1]
        source.add(f"{_set(words.nodes)}{stretch(following - words.time)}", identity(last))
        if last.get("con") == "u":
            source.add("__", identity(last))
        elif last.get("con") == "d" or last.get("wordpos") in ("i", "m"):
            source.add("--", identity(last))
        position = following
    return source


def _set(nodes: tuple[Node, ...]) -> str:
    """LilyPond's text; each of several nodes is tagged with its own element."""
    if len(nodes) == 1 and tag(nodes[0]) == "syl":
        return quote(_text(nodes[0]))
    pieces = [f"\\as {quote('of ' + identity(node))} {quote(_text(node))}" for node in nodes]
    spaced = ' " " '.join(pieces)
    return f"\\markup \\concat {{ {spaced} }}"


def _text(node: Node) -> str:
    return " ".join("".join(node.itertext()).split())
