"""Recognise the format of a dataset at a path, and open it."""

import warnings
from pathlib import Path

from deepscores.dataset.layout import DATASET
from deepscores.errors import DatasetError, RecipeError
from deepscores.formats.reading.sources import Source
from deepscores.formats.registry import FORMATS, external_formats, find_format, find_reader
from deepscores.runs.plugins import plugin_error


def recognise(path: Path) -> list[str]:
    """The formats in which a dataset lies at *path*, in the order of the table.

    An external format that fails is ignored, with a warning.
    """
    names = [name for name in _built_in() if find_reader(name).recognises(path)]
    return names + [name for name in external_formats() if _recognises_external(name, path)]


def require_recognised(path: Path) -> list[str]:
    """As `recognise`; raise DatasetError where there is none."""
    if not path.exists():
        raise DatasetError(f"{path}: no such file or folder")
    names = recognise(path)
    if not names:
        explain(path)
        titles = ", ".join(FORMATS[name].source for name in _built_in())
        raise DatasetError(f"{path}: no dataset of a known format: {titles}")
    return names


def explain(path: Path) -> None:
    """Raise DatasetError for a damaged file at *path*, where no format is recognised."""
    for name in _built_in():
        find_reader(name).explain(path)


def _built_in() -> list[str]:
    return [name for name, row in FORMATS.items() if row.reader]


def _recognises_external(name: str, path: Path) -> bool:
    try:
        return bool(find_format(name).reader) and find_reader(name).recognises(path)
    except DatasetError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the code of others raises
        if not isinstance(error, RecipeError):
            error = plugin_error(external_formats()[name], f"{type(error).__name__}: {error}")
        warnings.warn(f"{error}; it is ignored", RuntimeWarning, stacklevel=3)
        return False


def source_title(name: str) -> str:
    """What a dataset in the format called *name* is called in messages."""
    row = find_format(name)
    return row.source or row.title


def open_source(path: Path, name: str | None = None, annotation_set: str = "") -> Source:
    """The dataset at *path*, in the format called *name*, by default the one that is recognised.

    Raise DatasetError where there is none, or several, RecipeError for a format that is not read.
    """
    name = _recognised_as(path, name)
    reader = find_reader(name)
    if annotation_set and not reader.has_annotation_sets:
        raise RecipeError(f"annotation-set: {source_title(name)} has none")
    source = reader.open(path, annotation_set)
    if not source.pages:
        raise DatasetError(f"{path}: has no page ({source_title(name)})")
    if not source.classes:
        raise DatasetError(f"{path}: has no class, and so no object")
    return source


def _recognised_as(path: Path, name: str | None) -> str:
    reader = find_reader(name) if name else None
    if (path / DATASET).exists():
        raise DatasetError(f"{path}: is a deepscores dataset already")
    if name and reader:
        if not path.exists():
            raise DatasetError(f"{path}: no such file or folder")
        if not reader.recognises(path):
            raise DatasetError(f"{path}: holds no {source_title(name)}")
        return name
    names = require_recognised(path)
    if len(names) > 1:
        raise DatasetError(
            f"{path}: holds {' and '.join(map(source_title, names))}; name one with "
            f"--from: {', '.join(names)}"
        )
    return names[0]
