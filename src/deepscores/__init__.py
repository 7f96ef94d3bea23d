"""Labelled sheet-music pages from MusicXML: build datasets, look at scores, read datasets back."""

from typing import TYPE_CHECKING, Any

from deepscores.version import __version__

if TYPE_CHECKING:
    from deepscores.api import (
        build,
        check,
        engrave,
        evaluate,
        export,
        fonts,
        import_dataset,
        predict,
        report,
        statistics,
        train,
        verify,
        view,
        zoo,
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
    "import_dataset",
    "open_dataset",
    "predict",
    "report",
    "statistics",
    "train",
    "verify",
    "view",
    "zoo",
]

_HOMES = {
    "build": "deepscores.api",
    "check": "deepscores.api",
    "engrave": "deepscores.api",
    "evaluate": "deepscores.api",
    "export": "deepscores.api",
    "statistics": "deepscores.api",
    "fonts": "deepscores.api",
    "import_dataset": "deepscores.api",
    "predict": "deepscores.api",
    "report": "deepscores.api",
    "train": "deepscores.api",
    "verify": "deepscores.api",
    "view": "deepscores.api",
    "zoo": "deepscores.api",
    "open_dataset": "deepscores.dataset.reader",
    "Recipe": "deepscores.recipe.recipe",
}


def __getattr__(name: str) -> Any:
    # Importing the package loads nothing heavy; the parts come when they are used.
    if name not in _HOMES:
        raise AttributeError(f"module 'deepscores' has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return found
