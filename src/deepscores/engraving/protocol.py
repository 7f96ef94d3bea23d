"""The protocol of engravers: pages of marks, and the music behind their element ids."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from deepscores.engraving.smufl.fontfile import FontFacts
from deepscores.page.model import Music, Page, Score, Style


class EngravedPage(NamedTuple):
    """One page in one style. *style* is the index of a requested style."""

    style: int
    page: Page
    pages: int  # in this style


class Engraving(Protocol):
    """A score that an engine has read and can lay out in each of the requested styles."""

    @property
    def music(self) -> Music: ...

    def pages(self, max_pages: int | None = None) -> Iterator[EngravedPage]:
        """The first *max_pages* pages (default: all) in each style, style by style, in order."""
        ...


class FontContents(NamedTuple):
    """The content of a music font, as one engraver draws it."""

    facts: FontFacts  # from its file's name table
    glyphs: frozenset[str]  # SMuFL names of its own glyphs
    lender: str = ""  # the font that draws missing glyphs
    lent: frozenset[str] = frozenset()  # SMuFL names of the lender's glyphs
    file: str = ""  # the file's name, without the folder; "" if it comes with the engraver
    sha256: str = ""  # of that file


class Engraver(Protocol):
    """An engine that reads a score and draws it; nothing is imported until it is used.

    Other distributions can add engravers through the entry-point group ``deepscores.engravers``.
    """

    @property
    def name(self) -> str:
        """Its name in recipes and pages: ``verovio``."""

    @property
    def title(self) -> str:
        """Its name in texts: ``Verovio``."""

    @property
    def style_properties(self) -> frozenset[str]:
        """The keys of ``[style]`` that it supports, besides those that every engraver supports."""

    @property
    def takes_font_files(self) -> bool:
        """Whether it can draw with the user's SMuFL font files (``--font``)."""

    @property
    def takes_font_folder(self) -> bool:
        """Whether it can load more music fonts from a folder (``--font-dir``)."""

    @property
    def relative_cost(self) -> float:
        """How many times Verovio's time limit it gets."""

    def is_installed(self) -> bool:
        """Whether it can be used on this machine."""

    def versions(self, font_folder: str) -> dict[str, str]:
        """Versions that its output depends on; raise RecipeError if its program is missing."""

    def music_fonts(self, font_folder: str) -> tuple[str, ...]:
        """Its own music fonts, then those in *font_folder*, unless that is "".

        Raise RecipeError for a folder without fonts.
        """

    def engrave(self, score: Score, styles: Sequence[Style], /) -> Engraving:
        """Read *score* once; raise EngravingError if the engine refuses it."""

    def read_font(self, style: Style) -> FontContents:
        """The content of the music font of *style*."""
