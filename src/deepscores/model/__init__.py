"""The data that passes between the parts: frozen, without I/O."""

from deepscores.model.marks import Drawing, Mark, Marks
from deepscores.model.page import Element, Elements, Facts, Music, Page
from deepscores.model.score import Score
from deepscores.model.sheet import Painting, Runs, Sheet, joined, recoloured, spread
from deepscores.model.style import FontFile, Style
from deepscores.model.symbols import Contours, Outline, Outlines, Symbol, Symbols, Words

__all__ = [
    "Contours",
    "Drawing",
    "Element",
    "Elements",
    "Facts",
    "FontFile",
    "Mark",
    "Marks",
    "Music",
    "Outline",
    "Outlines",
    "Page",
    "Painting",
    "Runs",
    "Score",
    "Sheet",
    "Style",
    "Symbol",
    "Symbols",
    "Words",
    "joined",
    "recoloured",
    "spread",
]
