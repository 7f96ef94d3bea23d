"""The formats by name; each is loaded when it is asked for."""

from functools import cache
from importlib import import_module

from deepscores.errors import RecipeError
from deepscores.exporting.protocol import Format

# Name → module and class; what it is, for help.
FORMATS: dict[str, tuple[str, str]] = {
    "coco": ("coco.Coco", "COCO JSON: boxes and masks"),
    "webdataset": ("webdataset.WebDataset", "tar shards for streaming, with boxes and masks"),
    "parquet": ("parquet.HuggingFace", "Parquet for Hugging Face datasets, with a dataset card"),
    "patches": ("patches.Patches", "pictures of single objects in class folders (ImageFolder)"),
    "patch-mosaics": ("mosaics.PatchMosaics", "the same as the paper published them"),
    "mung": ("mung.Mung", "Music Notation Graphs: masks and relations"),
}


@cache
def format_named(name: str) -> Format:
    """The format called *name*; raise RecipeError where there is none."""
    if name not in FORMATS:
        raise RecipeError(f"no format {name!r}; there are {', '.join(FORMATS)}")
    module, _, kind = FORMATS[name][0].partition(".")
    made: Format = getattr(import_module(f"deepscores.exporting.{module}"), kind)()
    return made
