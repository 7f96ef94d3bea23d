"""The formats by name; each is loaded when it is asked for."""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from deepscores.errors import RecipeError

if TYPE_CHECKING:  # the command line's help lists the formats, and should not load them
    from deepscores.formats.protocol import Format

# Name → module and class; what it is, for help.
FORMATS: dict[str, tuple[str, str]] = {
    "coco": ("coco.exporting:Coco", "COCO JSON: boxes and masks"),
    "yolo": ("yolo.exporting:Yolo", "YOLO: boxes"),
    "yolo-seg": ("yolo.exporting:YoloSegments", "YOLO: polygons"),
    "yolo-obb": ("yolo.exporting:YoloOriented", "YOLO: oriented boxes"),
    "voc": ("voc.exporting:Voc", "PASCAL VOC XML: boxes of whole pixels"),
    "deepscores-v1": (
        "deepscores_v1.exporting:DeepScoresV1",
        "DeepScores V1: XML and maps of classes",
    ),
    "deepscores-v2": (
        "deepscores_v2.exporting:DeepScoresV2",
        "DeepScoresV2 JSON: boxes, oriented boxes, maps of classes and instances",
    ),
    "dota": ("dota.exporting:Dota", "DOTA: oriented boxes"),
    "webdataset": (
        "webdataset.exporting:WebDataset",
        "tar shards for streaming, with boxes and masks",
    ),
    "parquet": (
        "parquet.exporting:HuggingFace",
        "Parquet for Hugging Face datasets, with a dataset card",
    ),
    "patches": (
        "patches.exporting:Patches",
        "pictures of single objects in class folders (ImageFolder)",
    ),
    "patch-mosaics": ("patches.mosaics:PatchMosaics", "the same as the paper published them"),
    "mung": ("mung.exporting:Mung", "Music Notation Graphs: masks and relations"),
    "sequences": ("sequences.exporting:Sequences", "systems with MEI, MusicXML, **kern and ABC"),
    "sequences-mei": (
        "sequences.exporting:MeiSequences",
        "the same with MEI alone, which needs no extra",
    ),
}


@cache
def format_named(name: str) -> "Format":
    """The format called *name*; raise RecipeError where there is none."""
    if name not in FORMATS:
        raise RecipeError(f"no format {name!r}; there are {', '.join(FORMATS)}")
    module, _, kind = FORMATS[name][0].partition(":")
    made: Format = getattr(import_module(f"deepscores.formats.{module}"), kind)()
    return made
