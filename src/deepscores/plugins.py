"""What other distributions add through entry points: listed by name, loaded when used."""

import warnings
from collections.abc import Container
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from deepscores.errors import RecipeError


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry point, and the distribution that declares it."""

    kind: str  # "format", for messages
    entry_point: EntryPoint

    @property
    def name(self) -> str:
        return self.entry_point.name

    @property
    def distribution(self) -> str:
        """Name and version of the distribution."""
        distribution = self.entry_point.dist
        return f"{distribution.name} {distribution.version}" if distribution else "unknown"

    def error(self, reason: object) -> RecipeError:
        """The error that names this plug-in and its distribution."""
        return RecipeError(
            f"{self.kind} {self.name!r} of distribution {self.distribution}: {reason}"
        )

    def load(self) -> Any:
        """The object that the entry point refers to; raise RecipeError where that fails."""
        try:
            return self.entry_point.load()
        except Exception as error:
            raise self.error(f"cannot be loaded: {type(error).__name__}: {error}") from error


def find_plugins(group: str, kind: str, taken: Container[str]) -> dict[str, Plugin]:
    """The plug-ins of a *group* of entry points by name, in alphabetical order; none is loaded.

    A name that is *taken*, or declared twice, is refused with a warning.
    """
    plugins: dict[str, Plugin] = {}
    declared = [Plugin(kind, entry_point) for entry_point in entry_points(group=group)]
    for plugin in sorted(declared, key=lambda plugin: (plugin.name, plugin.distribution)):
        if plugin.name in taken:
            _refuse(plugin, "the name is that of a built-in one")
        elif plugin.name in plugins:
            _refuse(plugin, f"{plugins[plugin.name].distribution} declares the name, too")
        else:
            plugins[plugin.name] = plugin
    return plugins


def _refuse(plugin: Plugin, reason: str) -> None:
    warnings.warn(f"{plugin.error(reason)}; it is not used", stacklevel=4)
