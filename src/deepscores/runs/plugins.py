"""What other distributions add to this one, through their entry points.

A distribution declares, in its ``pyproject.toml``::

    [project.entry-points."deepscores.engravers"]
    mine = "my_package.engraver:MY_ENGRAVER"

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
    """The entry points of *group* by name, in the order of their names; nothing is imported.

    A name that is *built_in*, or that two distributions declare, is not taken: built-in names win,
    then the distribution that comes first. A RuntimeWarning says which.
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
    """The built-in names in their order, then those that other distributions add."""
    return (*built_in, *plugins(group, frozenset(built_in)))


def load_plugin(point: EntryPoint) -> Any:
    """What *point* names; raise RecipeError, naming its distribution, where it cannot be loaded."""
    try:
        return point.load()
    except Exception as error:
        raise plugin_error(point, f"{type(error).__name__}: {error}") from error


def plugin_error(point: EntryPoint, reason: str) -> RecipeError:
    """The error that names *point* and its distribution."""
    return RecipeError(f"{point.group}: {point.name!r} of {_origin(point)}: {reason}")


def origin_version(point: EntryPoint) -> dict[str, str]:
    """The distribution that declares *point*, and its version."""
    return {point.dist.name: point.dist.version} if point.dist else {}


def _origin(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value
