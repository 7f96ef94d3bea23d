"""The engravers by name, built in or plug-ins; an engine is imported when it is used."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint

from deepscores.engraving.protocol import EngravedPage, Engraver, Engraving
from deepscores.errors import RecipeError
from deepscores.page.model import Music, Score, Style
from deepscores.runs.plugins import load_plugin, origin_version, plugin_names, plugins

GROUP = "deepscores.engravers"
_BUILT_IN = {
    "verovio": EntryPoint("verovio", "deepscores.engraving.verovio.engraver:VEROVIO", GROUP),
    "lilypond": EntryPoint("lilypond", "deepscores.engraving.lilypond.engraver:LILYPOND", GROUP),
}


def _plugins() -> dict[str, EntryPoint]:
    return plugins(GROUP, frozenset(_BUILT_IN))


def engraver_names() -> tuple[str, ...]:
    """The names of all engravers, Verovio and LilyPond first."""
    return plugin_names(GROUP, _BUILT_IN)


@cache
def find_engraver(name: str) -> Engraver:
    """The engraver called *name*; raise RecipeError if it is unknown."""
    point = _BUILT_IN.get(name) or _plugins().get(name)
    if point is None:
        raise RecipeError(f"unknown engraver {name!r}; there are {', '.join(engraver_names())}")
    engraver: Engraver = load_plugin(point)
    return engraver


def music_fonts(engraver: str, folder: str = "") -> tuple[str, ...]:
    """The music fonts of *engraver*, its own first, then those in *folder*.

    Raise RecipeError for an unknown engraver, one that takes no folder, or a folder without fonts.
    """
    selected = find_engraver(engraver)
    if folder and not selected.takes_font_folder:
        takers = [name for name in engraver_names() if find_engraver(name).takes_font_folder]
        names = " or ".join(map(repr, takers))
        raise RecipeError(f"font-dir: only the engraver {names} takes fonts from a folder")
    return selected.music_fonts(folder)


def installed_engravers() -> tuple[str, ...]:
    """The engravers that can be used on this machine."""
    return tuple(name for name in engraver_names() if find_engraver(name).is_installed())


def engrave(score: Score, styles: Sequence[Style]) -> Engraving:
    """Let the engraver of each style read *score*; raise EngravingError if one refuses it."""
    indices_by_engraver: dict[str, list[int]] = {}
    for index, style in enumerate(styles):
        indices_by_engraver.setdefault(style.engraver, []).append(index)
    engravings = {
        tuple(indices): find_engraver(name).engrave(score, [styles[index] for index in indices])
        for name, indices in indices_by_engraver.items()
    }
    if len(engravings) == 1:
        return next(iter(engravings.values()))
    return _CombinedEngraving(engravings)


@dataclass(frozen=True)
class _CombinedEngraving:
    """The engravings of one score by several engravers, by the indices of their styles."""

    engravings: Mapping[tuple[int, ...], Engraving]

    @property
    def music(self) -> Music:
        return next(iter(self.engravings.values())).music  # all read Verovio's

    def pages(self, max_pages: int | None = None) -> Iterator[EngravedPage]:
        for indices, engraving in self.engravings.items():
            for page in engraving.pages(max_pages):
                yield page._replace(style=indices[page.style])


def engine_versions(engravers: Sequence[str], folder: str = "") -> dict[str, str]:
    """The versions that a dataset's bytes depend on with *engravers*, besides Verovio's.

    Raise RecipeError if a program is missing.
    """
    points = _BUILT_IN | _plugins()
    versions: dict[str, str] = {}
    for name in engravers:
        versions |= find_engraver(name).versions(folder) | origin_version(points[name])
    return versions
