"""The data that passes between the parts: frozen, without I/O."""

from deepscores.model.page import Element, Facts, Mark, Music, Outline, Page
from deepscores.model.score import Score
from deepscores.model.sheet import Sheet, Symbol
from deepscores.model.style import Style

__all__ = [
    "Element",
    "Facts",
    "Mark",
    "Music",
    "Outline",
    "Page",
    "Score",
    "Sheet",
    "Style",
    "Symbol",
]
