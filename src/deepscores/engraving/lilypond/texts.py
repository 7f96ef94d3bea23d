"""MEI's words as LilyPond markup: runs of the same lettering, with music characters."""

from collections.abc import Iterator
from typing import NamedTuple

from deepscores.engraving.lilypond.mei import Node, tag
from deepscores.engraving.lilypond.source import quote

# Music characters in words: SMuFL name and LilyPond's drawing.
CHARACTERS = {
    "♭": ("figbassFlat", "\\flat"),
    "♮": ("figbassNatural", "\\natural"),
    "♯": ("figbassSharp", "\\sharp"),
    "\ue1d2": ("metNoteWhole", "\\note {1} #UP"),
    "\ue1d3": ("metNoteHalfUp", "\\note {2} #UP"),
    "\ue1d5": ("metNoteQuarterUp", "\\note {4} #UP"),
    "\ue1d7": ("metNote8thUp", "\\note {8} #UP"),
    "\ue1d9": ("metNote16thUp", "\\note {16} #UP"),
    "\ue1db": ("metNote32ndUp", "\\note {32} #UP"),
    "\ue1e7": ("metAugmentationDot", '\\musicglyph "dots.dot"'),
    "\ueca2": ("metNoteWhole", "\\note {1} #UP"),
    "\ueca3": ("metNoteHalfUp", "\\note {2} #UP"),
    "\ueca5": ("metNoteQuarterUp", "\\note {4} #UP"),
    "\ueca7": ("metNote8thUp", "\\note {8} #UP"),
    "\ueca9": ("metNote16thUp", "\\note {16} #UP"),
    "\uecb7": ("metAugmentationDot", '\\musicglyph "dots.dot"'),
    "\ued60": ("csymAccidentalFlat", "\\flat"),
    "\ued61": ("csymAccidentalNatural", "\\natural"),
    "\ued62": ("csymAccidentalSharp", "\\sharp"),
    "\ue260": ("accidentalFlat", "\\flat"),
    "\ue261": ("accidentalNatural", "\\natural"),
    "\ue262": ("accidentalSharp", "\\sharp"),
    "\ue047": ("segno", '\\musicglyph "scripts.segno"'),
    "\ue048": ("coda", '\\musicglyph "scripts.coda"'),
}
_BEATS = {"1": "\ue1d2", "2": "\ue1d3", "4": "\ue1d5", "8": "\ue1d7", "16": "\ue1d9"}


class Run(NamedTuple):
    """Letters with the same lettering."""

    text: str
    bold: bool
    italic: bool


def lines_of(node: Node, *, bold: bool = False, italic: bool = False) -> list[list[Run]]:
    """The lines of words in *node*, each as its runs."""
    lines: list[list[Run]] = [[]]
    for run in _runs(node, Run("", bold, italic)):
        if run is None:
            lines.append([])
        elif run.text.strip() or (run.text and lines[-1]):
            lines[-1].append(run)
    return [line for line in lines if any(run.text.strip() for run in line)]


def _runs(node: Node, style: Run) -> Iterator[Run | None]:
    if node.text:
        yield style._replace(text=" ".join(node.text.split("\n")))
    for child in node:
        match tag(child):
            case "lb":
                yield None
            case "rend":
                bold = {"bold": True, "normal": False}.get(child.get("fontweight"), style.bold)
                slanted = {"italic": True, "normal": False}
                italic = slanted.get(child.get("fontstyle"), style.italic)
                yield from _runs(child, Run("", bold, italic))
            case "symbol":
                code = child.get("glyph.num", "").partition("+")[2]
                if code:
                    yield style._replace(text=chr(int(code, base=16)))
            case "":
                pass
            case _:
                yield from _runs(child, style)
        if child.tail:
            yield style._replace(text=" ".join(child.tail.split("\n")))


def markup(lines: list[list[Run]]) -> str:
    """LilyPond markup of some lines, one below the other."""
    rows = [_row(line) for line in lines]
    if len(rows) == 1:
        return rows[0]
    return f"\\left-column {{ {' '.join(rows)} }}"


def _row(runs: list[Run]) -> str:
    pieces: list[str] = []
    for place, run in enumerate(runs):
        text = run.text
        if place == 0:
            text = text.lstrip()
        if place == len(runs) - 1:
            text = text.rstrip()
        pieces += _pieces(run._replace(text=text))
    return f"\\concat {{ {' '.join(pieces)} }}"


def _pieces(run: Run) -> Iterator[str]:
    """Split letters from music characters; the = between note and tempo is its own piece."""
    lettering = "".join(
        command for is_set, command in ((run.bold, "\\bold "), (run.italic, "\\italic ")) if is_set
    )
    letters = ""
    for character in run.text:
        if character not in CHARACTERS:
            letters += character
            if letters.strip() == "=" and character == " ":
                yield lettering + quote(letters)
                letters = ""
            continue
        if letters:
            yield lettering + quote(letters)
            letters = ""
        name, drawing = CHARACTERS[character]
        yield f"\\as {quote(name)} {drawing}"
    if letters:
        yield lettering + quote(letters)


def metronome(node: Node) -> list[list[Run]]:
    """The metronome mark of a tempo without words."""
    beat, count = _BEATS.get(node.get("mm.unit") or ""), node.get("mm")
    if not beat or not count:
        return []
    dots = "\ue1e7" * int(node.get("mm.dots") or 0)
    return [[Run(f"{beat}{dots}", False, False), Run(f" = {count}", False, False)]]
