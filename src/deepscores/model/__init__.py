"""The data that passes between the parts: frozen, without I/O."""

from deepscores.model.page import Element, Facts, Mark, Music, Outline, Page
from deepscores.model.score import Score
from deepscores.model.sheet import Painting, Runs, Sheet, Symbol, spread
from deepscores.model.style import FontFile, Style

__all__ = [
    "Element",
    "Facts",
    "FontFile",
    "Mark",
    "Music",
    "Outline",
    "Page",
    "Painting",
    "Runs",
    "Score",
    "Sheet",
    "Style",
    "Symbol",
    "spread",
]
