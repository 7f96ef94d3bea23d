"""What an engraver offers to the rest: pages of marks, and the music behind their element ids."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from deepscores.page.model import Music, Page, Score, Style


class Engraved(NamedTuple):
    """One page in one style. *style* indexes the styles asked for."""

    style: int
    page: Page
    pages: int  # in this style


class Engraving(Protocol):
    """A score that an engine has understood and can lay out in any of the styles asked for."""

    @property
    def music(self) -> Music: ...

    def pages(self, most: int | None = None) -> Iterator[Engraved]:
        """The first *most* pages (default: all) in each style, style by style, in order."""
        ...


class Engraver(Protocol):
    """Reads a score once and draws it in several styles."""

    def __call__(self, score: Score, styles: Sequence[Style], /) -> Engraving:
        """Raise EngravingError if the engine refuses *score*."""
        ...
