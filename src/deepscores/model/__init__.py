"""The data that passes between the parts: frozen, without I/O."""

from deepscores.model.score import Score
from deepscores.model.style import Style

__all__ = ["Score", "Style"]
