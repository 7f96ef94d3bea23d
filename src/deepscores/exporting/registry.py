"""The formats by name; each is loaded when it is asked for."""

from functools import cache
from importlib import import_module

from deepscores.errors import RecipeError
from deepscores.exporting.protocol import Format

# Name → module and class; what it is, for help.
FORMATS: dict[str, tuple[str, str]] = {
    "coco": ("coco.Coco", "COCO JSON: boxes and masks"),
    "sequences": ("sequences.Sequences", "systems with MEI, MusicXML, **kern and ABC"),
    "sequences-mei": ("sequences.MeiSequences", "the same with MEI alone, which needs no extra"),
}


@cache
def format_named(name: str) -> Format:
    """The format called *name*; raise RecipeError where there is none."""
    if name not in FORMATS:
        raise RecipeError(f"no format {name!r}; there are {', '.join(FORMATS)}")
    module, _, kind = FORMATS[name][0].partition(".")
    made: Format = getattr(import_module(f"deepscores.exporting.{module}"), kind)()
    return made
