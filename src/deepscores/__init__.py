"""Labelled sheet-music pages from MusicXML: build datasets, look at scores, read datasets back."""

from typing import TYPE_CHECKING, Any

from deepscores.recipe import deprecations
from deepscores.version import __version__

if TYPE_CHECKING:
    from deepscores.api import (
        build,
        check,
        engrave,
        evaluate,
        export,
        fonts,
        gallery,
        import_dataset,
        predict,
        report,
        statistics,
        train,
        verify,
        view,
    )
    from deepscores.dataset.reader import open_dataset
    from deepscores.recipe.recipe import Recipe

__all__ = [
    "Recipe",
    "__version__",
    "build",
    "check",
    "engrave",
    "evaluate",
    "export",
    "fonts",
    "gallery",
    "import_dataset",
    "open_dataset",
    "predict",
    "report",
    "statistics",
    "train",
    "verify",
    "view",
]

_MODULES = {"Recipe": "deepscores.recipe.recipe", "open_dataset": "deepscores.dataset.reader"}

deprecations.install()


def __getattr__(name: str) -> Any:
    # Importing the package loads nothing heavy; the parts are imported when they are used.
    if name in deprecations.RENAMED_FUNCTIONS:
        current_name = deprecations.RENAMED_FUNCTIONS[name]
        deprecations.warn_of_rename(
            f"deepscores.{name}", f"deepscores.{current_name}", stacklevel=2
        )
        return __getattr__(current_name)
    if name not in __all__:
        raise AttributeError(f"module 'deepscores' has no attribute {name!r}")
    from importlib import import_module

    attribute = getattr(import_module(_MODULES.get(name, "deepscores.api")), name)
    globals()[name] = attribute
    return attribute
