"""The formats by name, built in or from other distributions; each is loaded when it is used."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from deepscores.errors import RecipeError
from deepscores.runs.plugins import load_plugin, origin_version, plugin_error, plugins

if TYPE_CHECKING:  # the command line's help lists the formats, and should not load them
    from deepscores.formats.protocol import Exporter, Reader

GROUP = "deepscores.formats"  # of entry points


@dataclass(frozen=True, slots=True)
class Format:
    """One format: what it is, and what writes and reads it.

    *exporter* and *reader* are references ``package.module:Class`` to an `Exporter` and a `Reader`
    (see `deepscores.formats.protocol`), made without arguments when they are used; "" where
    datasets are not written or not read in this format.
    """

    name: str
    title: str
    exporter: str = ""
    reader: str = ""
    source: str = ""  # what its reader recognises, for messages: "YOLO (labels/)"


def _built_in(name: str, title: str, exporter: str, reader: str = "", source: str = "") -> Format:
    package = "deepscores.formats"
    return Format(
        name, title, f"{package}.{exporter}", f"{package}.{reader}" if reader else "", source
    )


FORMATS: dict[str, Format] = {
    row.name: row
    for row in (
        _built_in(
            "coco",
            "COCO JSON: boxes and masks",
            "coco.exporter:Coco",
            "coco.reader:CocoReader",
            "COCO JSON",
        ),
        _built_in(
            "yolo",
            "YOLO: boxes",
            "yolo.exporter:Yolo",
            "yolo.reader:YoloReader",
            "YOLO (labels/)",
        ),
        _built_in("yolo-seg", "YOLO: polygons", "yolo.exporter:YoloSegments"),
        _built_in("yolo-obb", "YOLO: oriented boxes", "yolo.exporter:YoloOriented"),
        _built_in(
            "voc",
            "PASCAL VOC XML: boxes of whole pixels",
            "voc.exporter:Voc",
            "voc.reader:VocReader",
            "PASCAL VOC (Annotations/)",
        ),
        _built_in(
            "deepscores-v1",
            "DeepScores V1: XML and class maps",
            "deepscores_v1.exporter:DeepScoresV1",
            "deepscores_v1.reader:DeepScoresV1Reader",
            "a folder of DeepScores V1",
        ),
        _built_in(
            "deepscores-v2",
            "DeepScoresV2 JSON: boxes, oriented boxes, class and instance maps",
            "deepscores_v2.exporter:DeepScoresV2",
            "deepscores_v2.reader:DeepScoresV2Reader",
            "DeepScoresV2 JSON",
        ),
        _built_in("dota", "DOTA: oriented boxes", "dota.exporter:Dota"),
        _built_in(
            "webdataset",
            "tar shards for streaming, with boxes and masks",
            "webdataset.exporter:WebDataset",
        ),
        _built_in(
            "parquet",
            "Parquet for Hugging Face datasets, with a dataset card",
            "parquet.exporter:HuggingFace",
        ),
        _built_in(
            "patches",
            "pictures of single objects in class folders (ImageFolder)",
            "patches.exporter:Patches",
        ),
        _built_in(
            "patch-mosaics",
            "pictures of single objects as the paper published them",
            "patches.mosaics:PatchMosaics",
        ),
        _built_in(
            "mung",
            "Music Notation Graphs: masks and relations",
            "mung.exporter:Mung",
            "mung.reader:MungReader",
            "notation graphs (MuNG)",
        ),
        _built_in(
            "sequences",
            "systems with MEI, MusicXML, **kern and ABC",
            "sequences.exporter:Sequences",
        ),
        _built_in(
            "sequences-mei",
            "systems with MEI alone, which needs no extra",
            "sequences.exporter:MeiSequences",
        ),
    )
}


def external_formats() -> dict[str, EntryPoint]:
    """The formats that other distributions add, by name; none of them is loaded."""
    return plugins(GROUP, frozenset(FORMATS))


def format_version(name: str) -> dict[str, str]:
    """Of an external format, its distribution and version, on which the bytes of exports depend."""
    external = external_formats() if name not in FORMATS else {}
    return origin_version(external[name]) if name in external else {}


def writable_names() -> list[str]:
    """What `export --to` takes. What external formats can do is known once they are loaded."""
    return [*(name for name, row in FORMATS.items() if row.exporter), *external_formats()]


def readable_names() -> list[str]:
    """What `import --from` takes. What external formats can do is known once they are loaded."""
    return [*(name for name, row in FORMATS.items() if row.reader), *external_formats()]


def find_format(name: str, names: Sequence[str] | None = None) -> Format:
    """The format called *name*; *names* are those to choose from, for the message.

    Raise RecipeError where there is none, and for an external one that cannot be loaded.
    """
    if name in FORMATS:
        return FORMATS[name]
    external = external_formats()
    if name not in external:
        choices = ", ".join(names or [*FORMATS, *external])
        raise RecipeError(f"unknown format {name!r}; there are {choices}")
    return _load_external(external[name])


def _load_external(point: EntryPoint) -> Format:
    loaded = load_plugin(point)
    if not isinstance(loaded, Format):
        raise plugin_error(point, f"{point.value} is a {type(loaded).__name__}, not a Format")
    if loaded.name != point.name:
        raise plugin_error(point, f"the format calls itself {loaded.name!r}")
    return loaded


def find_exporter(name: str) -> "Exporter":
    """What writes the format called *name*; raise RecipeError where nothing does."""
    row = FORMATS.get(name) or find_format(name, writable_names())
    if not row.exporter:
        names = ", ".join(writable_names())
        raise RecipeError(f"{name} ({row.title}) cannot be written; formats to write: {names}")
    exporter: Exporter = _instance(row, row.exporter)
    return exporter


def find_reader(name: str) -> "Reader":
    """What reads the format called *name*; raise RecipeError where nothing does."""
    row = FORMATS.get(name) or find_format(name, readable_names())
    if not row.reader:
        names = ", ".join(readable_names())
        raise RecipeError(f"{name} ({row.title}) cannot be read; formats to read: {names}")
    reader: Reader = _instance(row, row.reader)
    return reader


@cache
def _instance(row: Format, reference: str) -> Any:
    if row.name in FORMATS:
        return resolve_name(reference)()
    try:
        return resolve_name(reference)()
    except Exception as error:
        point = external_formats()[row.name]
        raise plugin_error(point, f"{reference}: {type(error).__name__}: {error}") from error
