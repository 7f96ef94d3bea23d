"""The engravers by name, built in or from other distributions; an engine is imported when used."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from deepscores.engraving.protocol import Engraved, Engraver, Engraving
from deepscores.errors import RecipeError
from deepscores.page.model import Music, Score, Style
from deepscores.runs.plugins import load_plugin, origin_version, plugin_names, plugins

GROUP = "deepscores.engravers"
_BUILT_IN = {
    "verovio": "deepscores.engraving.verovio.engraver:VEROVIO",
    "lilypond": "deepscores.engraving.lilypond.engraver:LILYPOND",
}


def engraver_names() -> tuple[str, ...]:
    """The names of all engravers, Verovio and LilyPond first."""
    return plugin_names(GROUP, _BUILT_IN)


@cache
def find_engraver(name: str) -> Engraver:
    """The engraver of that *name*; raise RecipeError where there is none."""
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        engraver: Engraver = getattr(import_module(module), attribute)
        return engraver
    external = plugins(GROUP, frozenset(_BUILT_IN))
    if name not in external:
        raise RecipeError(f"no engraver {name!r}; there are {', '.join(engraver_names())}")
    loaded: Engraver = load_plugin(external[name])
    return loaded


def music_fonts(engraver: str, folder: str = "") -> tuple[str, ...]:
    """The music fonts of *engraver*, its own first; some take more from a *folder*.

    Raise RecipeError for an unknown engraver, or a folder without fonts.
    """
    chosen = find_engraver(engraver)
    if folder and not chosen.takes_font_folder:
        takers = [name for name in engraver_names() if find_engraver(name).takes_font_folder]
        names = " or ".join(map(repr, takers))
        raise RecipeError(f"font-dir: only the engraver {names} takes fonts from a folder")
    return chosen.music_fonts(folder)


def installed_engravers() -> tuple[str, ...]:
    """The engravers that can be used on this machine."""
    return tuple(name for name in engraver_names() if find_engraver(name).is_installed())


def engrave(score: Score, styles: Sequence[Style]) -> Engraving:
    """Let the engraver of each of *styles* read *score*; raise EngravingError if one refuses it."""
    places: dict[str, list[int]] = {}
    for place, style in enumerate(styles):
        places.setdefault(style.engraver, []).append(place)
    parts = {
        tuple(indices): find_engraver(name).engrave(score, [styles[place] for place in indices])
        for name, indices in places.items()
    }
    return next(iter(parts.values())) if len(parts) == 1 else _Engravings(parts)


@dataclass(frozen=True)
class _Engravings:
    """What several engravers understood of one score, by the places of their styles."""

    parts: Mapping[tuple[int, ...], Engraving]

    @property
    def music(self) -> Music:
        return next(iter(self.parts.values())).music  # all read Verovio's

    def pages(self, most: int | None = None) -> Iterator[Engraved]:
        for places, engraving in self.parts.items():
            for engraved in engraving.pages(most):
                yield engraved._replace(style=places[engraved.style])


def engine_versions(engravers: Sequence[str], folder: str = "") -> dict[str, str]:
    """What a dataset's bytes depend on with these, besides Verovio, which reads the scores.

    Raise RecipeError if a program is not there.
    """
    external = plugins(GROUP, frozenset(_BUILT_IN))
    versions: dict[str, str] = {}
    for name in engravers:
        versions |= find_engraver(name).versions(folder)
        if name in external:
            versions |= origin_version(external[name])
    return versions
