"""Label sets of other distributions, declared as entry points of ``deepscores.label_sets``.

An entry point names a TOML file of the distribution (``files("mine") / "set.toml"``, or a path), or
a function without arguments that returns the same as plain values.
"""

import tomllib
from collections.abc import Collection, Mapping
from importlib.metadata import EntryPoint
from importlib.resources.abc import Traversable
from typing import Any

from deepscores.runs.plugins import load_plugin, plugin_error, plugins

GROUP = "deepscores.label_sets"


def external_label_sets(built_in: Collection[str]) -> dict[str, EntryPoint]:
    """The label sets that other distributions add, by name; none of them is loaded."""
    return plugins(GROUP, frozenset(built_in))


def read_table(point: EntryPoint) -> Mapping[str, Any]:
    """The plain values of a label set; raise RecipeError, naming its distribution, without."""
    source = load_plugin(point)
    try:
        if isinstance(source, Traversable):
            return tomllib.loads(source.read_text(encoding="utf-8"))
        table = source() if callable(source) else source
    except Exception as error:
        raise plugin_error(point, f"{type(error).__name__}: {error}") from error
    if not isinstance(table, Mapping):
        raise plugin_error(point, f"{point.value} is neither a TOML file nor gives a table")
    return table
