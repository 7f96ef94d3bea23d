"""A column of words."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Words(NamedTuple):
    """A column of words, of which there are few different ones."""

    codes: NDArray[np.int32]  # (n,) places in *words*
    words: Sequence[str]

    @classmethod
    def of(cls, column: Sequence[str]) -> "Words":
        """The column of these words."""
        code_of: dict[str, int] = {}
        codes = [code_of.setdefault(word, len(code_of)) for word in column]
        return cls(np.array(codes, np.int32), tuple(code_of))

    def tolist(self) -> list[str]:
        return [self.words[code] for code in self.codes.tolist()]

    def where(self, fits: Callable[[str], bool]) -> NDArray[np.bool_]:
        """(n,) whether the word *fits*, which is called once per distinct word."""
        return np.array([fits(word) for word in self.words] or [False], np.bool_)[self.codes]

    def are(self, *words: str) -> NDArray[np.bool_]:
        """(n,) whether it is one of *words*."""
        return self.where(words.__contains__)

    def among(self, words: Collection[str]) -> NDArray[np.bool_]:
        """(n,) whether it is one of *words*."""
        return self.where(words.__contains__)
