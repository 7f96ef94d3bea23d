"""Verovio's data folders: its own, and one to which fonts can be added.

The second is a cache: links to all of Verovio's data, and the user's fonts as converted by
`fonts.install`. It can be deleted whenever no command runs.
"""

import contextlib
import hashlib
import os
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from deepscores.errors import RecipeError
from deepscores.page.model import FontFile
from deepscores.runs.caches import cache_folders

MUSIC_FONTS = ("Bravura", "Leland", "Leipzig", "Petaluma", "Gootville")
LICENCE = "OFL-1.1"  # of all of them
FALLBACK = "Leipzig"  # Verovio's own default for glyphs that a font lacks

_CONVERTER = 1  # increased when the conversion of fonts changes
_KEY = 16  # hexadecimal digits of a converted font's hash


def data_folder() -> Path:
    """Verovio's data folder, found without importing the engine."""
    spec = find_spec("verovio")
    if spec is None or not spec.submodule_search_locations:
        raise RecipeError("the package 'verovio' is not installed")
    return Path(spec.submodule_search_locations[0]) / "data"


def loaded_name(file: FontFile) -> str:
    """Verovio's name for *file*: the font's name and a hash."""
    content = f"{file.sha256} {file.metadata_sha256}"
    return f"{file.name}-{hashlib.sha256(content.encode()).hexdigest()[:_KEY]}"


def shown_name(loaded: str) -> str:
    """The name in pages and rows of the font that Verovio calls *loaded*.

    >>> shown_name("Sebastian-00112233aabbccdd"), shown_name("Leland")
    ('Sebastian', 'Leland')
    """
    return loaded if loaded in MUSIC_FONTS else loaded[: -_KEY - 1]


def home(loaded: str) -> Path:
    """The folder in which Verovio finds the font *loaded*."""
    return data_folder() if loaded in MUSIC_FONTS else fonts_folder()


@cache
def fonts_folder() -> Path:
    """A data folder for Verovio to which fonts can be added; its own data are linked.

    It is in the user's cache, or with the temporary files if that is not writable.
    """
    key = f"{_CONVERTER} {version('verovio')} {data_folder()}"
    name = f"verovio-{hashlib.sha256(key.encode()).hexdigest()[:_KEY]}"
    for place in cache_folders():
        folder = place / name
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _link_data(folder)
            if os.access(folder, os.W_OK):
                return folder
    raise RecipeError("no folder can be written to in which to keep fonts; set XDG_CACHE_HOME")


def _link_data(folder: Path) -> None:
    for path in data_folder().iterdir():
        with contextlib.suppress(FileExistsError):
            (folder / path.name).symlink_to(path)
