"""What an engraver offers to the rest: pages of marks, and the music behind their element ids."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from deepscores.engraving.smufl.fontfile import Facts
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


class FontContents(NamedTuple):
    """What a music font holds, as one engraver draws it."""

    facts: Facts  # what its file says of itself
    glyphs: frozenset[str]  # SMuFL names of the glyphs that it draws itself
    lender: str = ""  # the font that draws what this one lacks
    lent: frozenset[str] = frozenset()  # SMuFL names of the lender's glyphs
    file: str = ""  # the file's name, without the folder; "" if it comes with the engraver
    sha256: str = ""  # of that file


class Engraver(Protocol):
    """An engine that reads a score and draws it; nothing is imported until it is used.

    Another distribution can add one through the entry-point group ``deepscores.engravers``.
    """

    @property
    def name(self) -> str:
        """As recipes and pages call it: ``verovio``."""

    @property
    def title(self) -> str:
        """As people call it: ``Verovio``."""

    @property
    def style_properties(self) -> frozenset[str]:
        """The keys of ``[style]`` that it can draw, besides those that every engraver draws."""

    @property
    def takes_font_files(self) -> bool:
        """Whether it draws with SMuFL font files of the user (``--font``)."""

    @property
    def takes_font_folder(self) -> bool:
        """Whether it finds more music fonts in a folder (``--font-dir``)."""

    @property
    def relative_cost(self) -> float:
        """How many times longer than Verovio it may take before it counts as hanging."""

    def is_installed(self) -> bool:
        """Whether it can be used on this machine."""

    def versions(self, font_folder: str) -> dict[str, str]:
        """What a dataset's bytes depend on with it; raise RecipeError if its program is missing."""

    def music_fonts(self, font_folder: str) -> tuple[str, ...]:
        """Its own music fonts, then those in *font_folder*, if that is not empty.

        Raise RecipeError for a folder without fonts.
        """

    def engrave(self, score: Score, styles: Sequence[Style], /) -> Engraving:
        """Read *score* once; raise EngravingError if the engine refuses it."""

    def read_font(self, style: Style) -> FontContents:
        """What the music font of *style* holds."""
