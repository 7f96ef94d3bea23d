"""Verses below a staff."""

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from deepscores.engravers.lilypond.durations import stretch
from deepscores.engravers.lilypond.mei import NAMESPACE, Node, identity, number
from deepscores.engravers.lilypond.source import Source, quoted


class Syllable(NamedTuple):
    """One syllable and where it stands."""

    time: Fraction
    voice: str
    node: Node  # the syl
    label: Node | None = None  # the verse's number, before its first syllable


def verses(notes: Iterable[tuple[Node, Fraction, str]], end: Fraction) -> list[Source]:
    """The verses of one staff, from the first; *notes* come with their onset and voice."""
    found: dict[int, list[list[Syllable]]] = defaultdict(list)
    for note, time, voice in notes:
        for verse in note.iterfind(f"{NAMESPACE}verse"):
            place = number(verse.get("n"), 1)
            syllables = [one for one in verse.iterfind(f"{NAMESPACE}syl") if _text(one)]
            label = verse.find(f"{NAMESPACE}label")
            if not syllables and label is not None and _text(label):
                syllables = [label]  # figures that a score gives as verses without words
            if syllables:
                line = [Syllable(time, voice, one) for one in syllables]
                line[0] = line[0]._replace(label=label)
                _file(found[place], line)
    return [_write(line, end) for place in sorted(found) for line in found[place]]


def _file(lines: list[list[Syllable]], syllables: list[Syllable]) -> None:
    for line in lines:
        if line[-1].time < syllables[0].time:
            line += syllables
            return
    lines.append(list(syllables))


def _write(line: list[Syllable], end: Fraction) -> Source:
    out = Source()
    line = sorted(line, key=lambda one: one.time)
    now, voice = Fraction(0), ""
    for place, syllable in enumerate(line):
        following = line[place + 1].time if place + 1 < len(line) else end
        if syllable.time > now:
            out.add(f"\\skip {stretch(syllable.time - now)}")
        if syllable.voice != voice:
            voice = syllable.voice
            out.add(f'\\set associatedVoice = "{voice}"')
        lasts = following - syllable.time
        name = identity(syllable.node)
        words = quoted(_text(syllable.node))
        label = syllable.label
        if "~" in words:
            words = f"\\markup {words}"  # bare, LilyPond would draw a tie
        if label is syllable.node:
            words = f"\\markup \\as {quoted('of ' + identity(label))} {words}"
        elif label is not None:
            number = f"\\as {quoted('of ' + identity(label))} {quoted(_text(label))}"
            words = f'\\markup \\concat {{ {number} " " {words} }}'
        out.add(f"{words}{stretch(lasts) if lasts else '1*0'}", name)
        if syllable.node.get("con") == "u":
            out.add("__", name)
        elif syllable.node.get("con") == "d" or syllable.node.get("wordpos") in ("i", "m"):
            out.add("--", name)
        now = following
    return out


def _text(node: Node) -> str:
    return " ".join("".join(node.itertext()).split())
