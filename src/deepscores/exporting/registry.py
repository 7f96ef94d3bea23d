"""The formats by name; each is loaded when it is asked for."""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from deepscores.errors import RecipeError

if TYPE_CHECKING:  # the command line's help lists the formats, and should not load them
    from deepscores.exporting.protocol import Format

# Name → module and class; what it is, for help.
FORMATS: dict[str, tuple[str, str]] = {
    "coco": ("coco.Coco", "COCO JSON: boxes and masks"),
    "yolo": ("yolo.Yolo", "YOLO: boxes"),
    "yolo-seg": ("yolo.YoloSegments", "YOLO: polygons"),
    "yolo-obb": ("yolo.YoloOriented", "YOLO: oriented boxes"),
    "voc": ("voc.Voc", "PASCAL VOC XML: boxes of whole pixels"),
    "deepscores-v1": ("deepscores_v1.DeepScoresV1", "DeepScores V1: XML and maps of classes"),
    "deepscores-v2": (
        "deepscores_v2.DeepScoresV2",
        "DeepScoresV2 JSON: boxes, oriented boxes, maps of classes and instances",
    ),
    "dota": ("dota.Dota", "DOTA: oriented boxes"),
    "webdataset": ("webdataset.WebDataset", "tar shards for streaming, with boxes and masks"),
    "parquet": ("parquet.HuggingFace", "Parquet for Hugging Face datasets, with a dataset card"),
    "patches": ("patches.Patches", "pictures of single objects in class folders (ImageFolder)"),
    "patch-mosaics": ("mosaics.PatchMosaics", "the same as the paper published them"),
    "mung": ("mung.Mung", "Music Notation Graphs: masks and relations"),
    "sequences": ("sequences.Sequences", "systems with MEI, MusicXML, **kern and ABC"),
    "sequences-mei": ("sequences.MeiSequences", "the same with MEI alone, which needs no extra"),
}


@cache
def format_named(name: str) -> "Format":
    """The format called *name*; raise RecipeError where there is none."""
    if name not in FORMATS:
        raise RecipeError(f"no format {name!r}; there are {', '.join(FORMATS)}")
    module, _, kind = FORMATS[name][0].partition(".")
    made: Format = getattr(import_module(f"deepscores.exporting.{module}"), kind)()
    return made
