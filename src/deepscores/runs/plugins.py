"""Plug-ins that other distributions add through their entry points.

A distribution declares, in its ``pyproject.toml``::

    [project.entry-points."deepscores.engravers"]
    my_engraver = "my_package.engraver:MY_ENGRAVER"

The groups are ``deepscores.engravers``, ``deepscores.formats`` and ``deepscores.label_sets``.
"""

import warnings
from collections.abc import Collection
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from deepscores.errors import RecipeError


@cache
def plugins(group: str, built_in: frozenset[str]) -> dict[str, EntryPoint]:
    """The entry points of *group* by name, sorted; nothing is imported.

    If several distributions declare a name, built-in names win, then the distribution that comes
    first in the alphabet. A RuntimeWarning names each that is not used.
    """
    declared: dict[str, EntryPoint] = {}
    points = sorted(entry_points(group=group), key=lambda point: (point.name, _origin(point)))
    for point in points:
        if point.name in built_in or point.name in declared:
            owner = "deepscores" if point.name in built_in else _origin(declared[point.name])
            message = f"{group}: {point.name!r} of {_origin(point)} is not used: {owner} has it"
            warnings.warn(message, RuntimeWarning, stacklevel=2)
        else:
            declared[point.name] = point
    return declared


def plugin_names(group: str, built_in: Collection[str]) -> tuple[str, ...]:
    """The built-in names in their order, then the names of plug-ins."""
    return (*built_in, *plugins(group, frozenset(built_in)))


def load_plugin(point: EntryPoint) -> Any:
    """Import what *point* refers to; raise RecipeError with its distribution if that fails."""
    try:
        return point.load()
    except Exception as error:
        raise plugin_error(point, f"{type(error).__name__}: {error}") from error


def plugin_error(point: EntryPoint, reason: str) -> RecipeError:
    """An error with the name of *point* and its distribution."""
    return RecipeError(f"{point.group}: {point.name!r} of {_origin(point)}: {reason}")


def origin_version(point: EntryPoint) -> dict[str, str]:
    """The distribution that declares *point*, and its version."""
    return {point.dist.name: point.dist.version} if point.dist else {}


def _origin(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value
