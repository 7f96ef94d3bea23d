"""Every option of every command, declared once.

From this table follow the parameters of the command line, the keys of recipe files, the keywords
and defaults of `deepscores.api`, and docs/commands.md. The order is that of the help. Options of
one name that mean different things for different commands are declared once for each meaning.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from deepscores.recipe.option import Option
from deepscores.recipe.values import (
    ENGRAVER_NAMES,
    FLAG,
    FONT_FILES,
    FONT_PATHS,
    LABEL_SET,
    NAMES,
    NUMBER,
    PAGE_LIMIT,
    PATH,
    PATHS,
    QUOTA,
    READABILITY,
    SIZE,
    STYLE,
    WHOLE_NUMBER,
)

COMMANDS = (
    "build", "engrave", "classes", "gallery", "stats", "train", "predict", "view", "report",
    "export", "evaluate", "import", "fonts", "verify", "check",
)  # fmt: skip

# Arguments.
SCORES = Option(
    name="scores",
    commands=("build",),
    help="Score files, folders or glob patterns",
    kind=PATHS,
    metavar="[SCORE|FOLDER|GLOB]...",
    default_text="the corpus of music21",
    positional=True,
    repeated=True,
    file_section="recipe",
)
SCORE = Option(
    name="score",
    commands=("engrave",),
    help="Score file",
    metavar="SCORE",
    required=True,
    positional=True,
)
TRAIN_TASK = Option(
    name="task",
    commands=("train",),
    help="Task: classify, detect or segment",
    metavar="TASK",
    required=True,
    positional=True,
)
INPUTS = Option(
    name="inputs",
    commands=("predict",),
    help="A training run's folder, a model file or a bundled model (classify, detect, segment; by "
    "default detect), followed by pictures, PDFs, folders of them, or datasets",
    kind=PATHS,
    metavar="[MODEL] INPUT...",
    required=True,
    positional=True,
    repeated=True,
)
PREDICTIONS = Option(
    name="predictions",
    commands=("evaluate",),
    help="Detections as COCO JSON, labels of patches as CSV, or a folder of masks",
    kind=PATH,
    metavar="PREDICTIONS",
    required=True,
    positional=True,
)
DATASET = Option(
    name="dataset",
    commands=("stats", "train", "view", "report", "export", "evaluate", "verify"),
    help="Folder of a finished dataset",
    kind=PATH,
    metavar="DATASET",
    required=True,
    positional=True,
)
CHECKED_DATASET = Option(
    name="dataset",
    commands=("check",),
    help="A dataset of this program, a DeepScores V1 folder, or a DeepScoresV2 or COCO JSON file",
    kind=PATH,
    metavar="DATASET",
    required=True,
    positional=True,
)
SOURCE = Option(
    name="source",
    commands=("import",),
    help="A folder in DeepScores V1, YOLO, VOC or MuNG layout, or a DeepScoresV2 or COCO JSON file",
    kind=PATH,
    metavar="PATH",
    required=True,
    positional=True,
)
FONT_NAMES = Option(
    name="names",
    commands=("fonts",),
    help="Music fonts: names or SMuFL font files",
    kind=NAMES,
    metavar="[FONT|FILE]...",
    default=(),
    default_text="those of every installed engraver",
    positional=True,
    repeated=True,
)

# Where results go, and in which form.
EXPORT_FORMAT = Option(
    name="to", commands=("export",), help="Output format", metavar="FORMAT", required=True
)
OUTPUT = Option(
    name="output",
    commands=("engrave", "gallery", "train", "predict", "export", "import"),
    help="Output folder",
    kind=PATH,
    metavar="FOLDER",
    required=True,
    short="-o",
)
DATASET_OUTPUT = Option(
    name="output",
    commands=("build",),
    help="Output folder",
    kind=PATH,
    metavar="FOLDER",
    default_text="the recipe's, or dataset",
    short="-o",
    file_section="run",
)
REPORT_OUTPUT = Option(
    name="output",
    commands=("report",),
    help="Output folder",
    kind=PATH,
    metavar="FOLDER",
    default="report",
    short="-o",
)
OPTIONAL_OUTPUT = Option(
    name="output",
    commands=("evaluate", "fonts"),
    help="Output folder for a page with pictures and tables",
    kind=PATH,
    metavar="FOLDER",
    default_text="none is written",
    short="-o",
)
JSON_FILE = Option(
    name="json",
    commands=("evaluate", "check"),
    help="Write the complete result as JSON to a file, or to standard output (-)",
    metavar="FILE|-",
    in_python=False,
)
JSON_FLAG = Option(
    name="json",
    commands=("stats", "fonts"),
    help="Print the complete result as JSON",
    kind=FLAG,
    default=False,
    in_python=False,
)
CSV_FLAG = Option(
    name="csv",
    commands=("classes",),
    help="Print as CSV",
    kind=FLAG,
    default=False,
    in_python=False,
)

# Recipes: what a dataset's pages and labels depend on.
RECIPE_FILE = Option(
    name="recipe",
    commands=("build", "engrave"),
    help="Recipe file with any of these options; the command line takes precedence",
    kind=PATH,
    metavar="FILE.toml",
)
ENGRAVER = Option(
    name="engraver",
    commands=("build", "engrave"),
    help="Engraver: verovio, lilypond or both",
    kind=ENGRAVER_NAMES,
    metavar="NAME",
    default="verovio",
    file_section="recipe",
)
FONTS_ENGRAVER = Option(
    name="engraver",
    commands=("fonts",),
    help="Engraver: verovio, lilypond or both",
    kind=ENGRAVER_NAMES,
    metavar="NAME",
    default_text="verovio for named fonts, otherwise every installed one",
)
FONTS = Option(
    name="fonts",
    commands=("build", "engrave", "gallery"),
    help="Music fonts: names or SMuFL font files, separated by commas",
    kind=NAMES,
    metavar="A,B,…",
    default_text="all five of Verovio's",
    file_section="recipe",
)
FONT = Option(
    name="font",
    commands=("build", "engrave", "gallery"),
    help="SMuFL font file to use in addition to --fonts; may be repeated",
    kind=FONT_PATHS,
    metavar="FILE",
    default=(),
    repeated=True,
    file_section="recipe",
)
VERIFY_FONT = Option(
    name="font",
    commands=("verify",),
    help="SMuFL font file that the dataset was built with; may be repeated",
    kind=FONT_PATHS,
    metavar="FILE",
    default=(),
    repeated=True,
)
FONT_DIR = Option(
    name="font-dir",
    commands=("build", "engrave", "fonts", "verify"),
    help="Folder with additional music fonts for LilyPond",
    metavar="FOLDER",
    default="",
    file_section="recipe",
)
FONT_DIGESTS = Option(name="font-files", kind=FONT_FILES, file_section="recipe")
PAGES = Option(
    name="pages",
    commands=("build",),
    help="Maximum number of pages, or all",
    kind=PAGE_LIMIT,
    metavar="N|all",
    default=300,
    file_section="recipe",
)
PAGES_PER_SCORE = Option(
    name="pages-per-score",
    commands=("build",),
    help="Maximum pages per score, or all",
    kind=PAGE_LIMIT,
    metavar="N|all",
    default_text="a twentieth of --pages",
    file_section="recipe",
)
LABELS = Option(
    name="labels",
    commands=("build", "engrave", "classes", "gallery", "fonts"),
    help="Label set: a name or a TOML file",
    kind=LABEL_SET,
    metavar="SET",
    default="deepscores-118",
    file_section="recipe",
)
OTHER_LABELS = Option(
    name="labels",
    commands=("train", "export", "evaluate"),
    help="Label set of the classes: a name or a TOML file",
    kind=LABEL_SET,
    metavar="SET",
    default_text="the dataset's",
)
PAGE_SIZE = Option(
    name="page-size",
    commands=("build", "engrave"),
    help="Page width and height in pixels",
    kind=SIZE,
    metavar="WxH",
    unit="px",
    default=(1894, 2668),
    file_section="recipe",
)
STAFF_SPACE = Option(
    name="staff-space",
    commands=("build", "engrave"),
    help="Distance between two staff lines",
    kind=NUMBER,
    metavar="PX",
    unit="px",
    low=4,
    high=64,
    default=16.0,
    file_section="recipe",
)
RESCALED_STAFF_SPACE = Option(
    name="staff-space",
    commands=("train", "export"),
    help="Rescale pages so that two staff lines are this many pixels apart",
    kind=NUMBER,
    metavar="PX",
    unit="px",
    low=1,
    high=200,
    default_text="pages keep their size",
)
INPUT_STAFF_SPACE = Option(
    name="staff-space",
    commands=("predict",),
    help="Distance between two staff lines of the inputs: pixels, or points in PDFs",
    kind=NUMBER,
    metavar="PX",
    unit="px",
    low=1,
    high=200,
    default_text="auto-detected",
)
STYLING = Option(
    name="style",
    commands=("build", "engrave"),
    help="Variation of the engraving: plain, publisher-varied, dense, airy or early-print",
    kind=STYLE,
    metavar="PRESET",
    default=(),
    default_text="plain",
    file_section="recipe",
)
MARGIN = Option(
    name="margin",
    commands=("build", "engrave"),
    help="Margin on all four sides",
    kind=WHOLE_NUMBER,
    metavar="PX",
    unit="px",
    high=500,
    default=100,
    file_section="recipe",
)
PATCHES = Option(
    name="patches",
    commands=("build", "import"),
    help="Patch width and height in pixels",
    kind=SIZE,
    metavar="WxH",
    unit="px",
    default=(45, 170),
    file_section="recipe",
)
PATCHES_PER_CLASS = Option(
    name="patches-per-class",
    commands=("build", "import"),
    help="Maximum number of patches per class",
    kind=WHOLE_NUMBER,
    metavar="N",
    default=5000,
    file_section="recipe",
)
CLASS_QUOTA = Option(
    name="quota",
    commands=("build",),
    help="Select pages, at most --pages, so that each class occurs at least this often",
    kind=QUOTA,
    metavar="N",
    default=(),
    file_section="recipe",
)
MAX_LOST_NOTES = Option(
    name="max-lost-notes",
    commands=("build",),
    help="Skip scores whose engraving loses more than this share of their notes",
    kind=NUMBER,
    metavar="SHARE",
    high=1,
    default=0.02,
    file_section="recipe",
)
READABILITY_LIMITS = Option(name="readability", kind=READABILITY, file_section="recipe")
WHOLE_MASKS = Option(
    name="whole-masks",
    commands=("build", "engrave"),
    help="Store each symbol's own mask in the symbol table",
    kind=FLAG,
    default=False,
    file_section="recipe",
)

# Training.
PRESET = Option(
    name="preset",
    commands=("train",),
    help="Size of network and run: small, base or paper",
    metavar="NAME",
    default="small",
)
MINUTES = Option(
    name="minutes",
    commands=("train",),
    help="Training time in minutes",
    kind=NUMBER,
    metavar="M",
    unit="minutes",
    default_text="the preset's",
)
STEPS = Option(
    name="steps",
    commands=("train",),
    help="Exact number of training steps, instead of --minutes",
    kind=WHOLE_NUMBER,
    metavar="N",
    low=1,
)
DEVICE = Option(
    name="device",
    commands=("train",),
    help="Device: auto, cpu or cuda",
    metavar="NAME",
    default="auto",
)
SYNTHETIC = Option(
    name="synthetic",
    commands=("train",),
    help="Train on pages engraved on the fly from this recipe instead of the dataset's pages",
    kind=PATH,
    metavar="RECIPE.toml",
    keyword="recipe",
)
BATCH = Option(
    name="batch",
    commands=("train",),
    help="Batch size",
    kind=WHOLE_NUMBER,
    metavar="N",
    low=1,
    default_text="the preset's",
    keyword="batch_size",
)
WORKERS = Option(
    name="workers",
    commands=("train",),
    help="Number of processes that prepare batches",
    kind=WHOLE_NUMBER,
    metavar="N",
    default_text="chosen for the machine",
)
TRAIN_PROTOCOL = Option(
    name="protocol",
    commands=("train",),
    help="classify: split by works, or the paper's random 80/20 split (paper)",
    metavar="NAME",
    default="works",
)
BOX_CHANNEL = Option(
    name="box-channel",
    commands=("train",),
    help="classify: add an input channel that shows the object's box",
    kind=FLAG,
    default_text="the preset's",
    negatable=True,
)

# Selection of pages and classes.
TASK = Option(
    name="task",
    commands=("predict",),
    help="Bundled model to use if none is named; otherwise the task the model must be for",
    metavar="TASK",
)
EVALUATED_TASK = Option(
    name="task",
    commands=("evaluate",),
    help="Task: detect, segment or classify",
    metavar="TASK",
    default_text="auto-detected",
)
EXPORT_SPLITS = Option(
    name="split",
    commands=("export",),
    help="Splits to export: train, val, test, separated by commas",
    metavar="A,B",
    default_text="all",
)
PREDICT_SPLIT = Option(
    name="split",
    commands=("predict",),
    help="Split of datasets to predict on: train, val, test or all",
    metavar="NAME",
    default="test",
)
EVALUATED_SPLIT = Option(
    name="split",
    commands=("evaluate",),
    help="Split to evaluate: train, val or test",
    metavar="NAME",
    default="test",
)
CLASSES = Option(
    name="classes",
    commands=("export", "evaluate"),
    help="Only these classes: names or patterns, separated by commas",
    metavar="A,B*",
    default=(),
    default_text="all",
)
THRESHOLD = Option(
    name="threshold",
    commands=("predict",),
    help="Minimum score of a box",
    kind=NUMBER,
    metavar="SCORE",
    high=1,
    default=0.3,
)
OVERLAY = Option(
    name="overlay",
    commands=("predict",),
    help="Write pictures that show the predictions on the pages",
    kind=FLAG,
    default=True,
    negatable=True,
)

# Viewing and reporting.
PORT = Option(
    name="port",
    commands=("view",),
    help="Port on this machine",
    kind=WHOLE_NUMBER,
    metavar="N",
    default_text="8118, or a free one",
)
FINDINGS = Option(
    name="findings",
    commands=("view",),
    help="Report written by check --json",
    kind=PATH,
    metavar="FILE",
    default_text="DATASET.findings.json, if it exists",
)
OPEN = Option(
    name="open",
    commands=("view",),
    help="Open the viewer in the browser, if there is a screen",
    kind=FLAG,
    default=True,
    negatable=True,
    in_python=False,
)
AGAINST = Option(
    name="against",
    commands=("report",),
    help="Dataset to compare with; may be repeated",
    kind=PATH,
    metavar="PATH",
    default=(),
    repeated=True,
)
AUDIT = Option(
    name="audit",
    commands=("report",),
    help="Number of pages to check as the command check does; 0 for none",
    kind=WHOLE_NUMBER,
    metavar="N",
    default=50,
    keyword="audited",
)

# Exports.
TILES = Option(
    name="tiles",
    commands=("export",),
    help="Cut pages into square tiles of this side length in pixels",
    kind=WHOLE_NUMBER,
    metavar="PX",
    unit="px",
    low=16,
    default_text="whole pages",
)
OVERLAP = Option(
    name="overlap",
    commands=("export",),
    help="Overlap of neighbouring tiles",
    kind=WHOLE_NUMBER,
    metavar="PX",
    unit="px",
    default=128,
)
VISIBILITY = Option(
    name="visibility",
    commands=("export",),
    help="Mark objects as ignorable of which a tile shows a smaller share",
    kind=NUMBER,
    metavar="SHARE",
    high=1,
    default=0.5,
)
IMAGES = Option(
    name="images",
    commands=("export",),
    help="Copy or link the image files of whole pages",
    metavar="copy|link",
    default="copy",
)
EXPORTED_PATCHES = Option(
    name="patches",
    commands=("export",),
    help="Patch width and height in pixels",
    kind=SIZE,
    metavar="WxH",
    unit="px",
    default_text="the format's",
)
EXPORTED_PATCHES_PER_CLASS = Option(
    name="patches-per-class",
    commands=("export",),
    help="Maximum number of patches per class",
    kind=WHOLE_NUMBER,
    metavar="N",
    low=1,
    default_text="all",
)

# Evaluation.
EVALUATION_PROTOCOL = Option(
    name="protocol",
    commands=("evaluate",),
    help="Protocol: deepscores, or deepscores-v2 for that toolkit's own, not comparable, figure",
    metavar="NAME",
    default="deepscores",
)
RESAMPLES = Option(
    name="resamples",
    commands=("evaluate",),
    help="Number of resamples of the works for confidence intervals; 0 for none",
    kind=WHOLE_NUMBER,
    metavar="N",
    default=1000,
)

# Imports.
LAYOUT = Option(
    name="from",
    commands=("import",),
    help="Layout: deepscores-v1, deepscores-v2, coco, yolo, mung or voc",
    metavar="LAYOUT",
    default_text="auto-detected",
    keyword="layout",
)
ANNOTATION_SET = Option(
    name="annotation-set",
    commands=("import",),
    help="Annotation set of DeepScoresV2",
    metavar="SET",
    default="",
    default_text="the first",
)

# Checks.
RERENDER = Option(
    name="rerender",
    commands=("verify",),
    help="Share of the pages to engrave again and compare",
    kind=NUMBER,
    metavar="SHARE",
    high=1,
    default=0.01,
)
SAMPLE = Option(
    name="sample",
    commands=("check",),
    help="Share of the pages (below 1) or number of pages to check",
    kind=NUMBER,
    metavar="SHARE|N",
    default_text="all pages",
)
ALIKE = Option(
    name="alike",
    commands=("check",),
    help="Report scores of different splits that have this share of their music in common",
    kind=NUMBER,
    metavar="SHARE",
    default=0.5,
)

# Runs: no result depends on them, but for the seed.
SEED = Option(
    name="seed",
    commands=("build", "train", "evaluate", "import"),
    help="Random seed",
    kind=WHOLE_NUMBER,
    metavar="N",
    default=0,
    file_section="recipe",
)
JOBS = Option(
    name="jobs",
    commands=("build", "predict", "report", "export", "evaluate", "import", "verify", "check"),
    help="Number of parallel workers",
    kind=WHOLE_NUMBER,
    metavar="N",
    low=1,
    default_text="one per core",
    file_section="run",
)
EXECUTOR = Option(
    name="executor",
    commands=(
        "build",
        "engrave",
        "report",
        "export",
        "evaluate",
        "import",
        "verify",
        "check",
    ),
    help="Executor: local (worker processes that contain crashes) or inline (this process)",
    metavar="NAME",
    default_text="$DEEPSCORES_EXECUTOR, or local",
    file_section="run",
)
FORCE = Option(
    name="force",
    commands=(
        "build",
        "engrave",
        "gallery",
        "train",
        "predict",
        "report",
        "export",
        "evaluate",
        "import",
        "fonts",
    ),
    help="Replace earlier results of this command, made with other inputs or options",
    kind=FLAG,
    default=False,
    file_section="run",
)

OPTIONS: tuple[Option, ...] = tuple(
    declaration for declaration in [*globals().values()] if isinstance(declaration, Option)
)


def options_of(command: str) -> tuple[Option, ...]:
    """The arguments and options of a command, in the order of its help."""
    return tuple(option for option in OPTIONS if command in option.commands)


def keys_of(section: str) -> dict[str, Option]:
    """The keys that a recipe file may hold for the ``recipe`` itself or for a ``run`` of it."""
    return {option.name: option for option in OPTIONS if option.file_section == section}


_Function = TypeVar("_Function", bound=Callable[..., Any])


def takes_options(command: str) -> Callable[[_Function], _Function]:
    """Let the signature of a function show the options of *command* that it takes as ``**``."""

    def decorate(function: _Function) -> _Function:
        signature = inspect.signature(function)
        function.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[*_parameters(signature, command)]
        )
        return function

    return decorate


def _parameters(signature: inspect.Signature, command: str) -> Iterator[inspect.Parameter]:
    for parameter in signature.parameters.values():
        if parameter.kind is not parameter.VAR_KEYWORD:
            yield parameter
            continue
        for option in options_of(command):
            if option.in_python and option.python_name not in signature.parameters:
                yield parameter.replace(
                    name=option.python_name,
                    kind=parameter.KEYWORD_ONLY,
                    default=inspect.Parameter.empty if option.required else option.default,
                )
