"""Options of what is done with finished datasets: viewing, checking, exporting, importing."""

from deepscores.recipe.options.declaration import Option
from deepscores.recipe.options.values import FLAG, NUMBER, PATH, SIZE, WHOLE_NUMBER

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
EXPORT_SPLITS = Option(
    name="split",
    commands=("export",),
    help="Splits to export: train, val, test, separated by commas",
    metavar="A,B",
    default_text="all",
)
CLASSES = Option(
    name="classes",
    commands=("export", "evaluate"),
    help="Only these classes: names or patterns, separated by commas",
    metavar="A,B*",
    default=(),
    default_text="all",
)
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
    low=0,
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
LAYOUT = Option(
    name="from",
    commands=("import",),
    help="Layout of the source",
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
RERENDER = Option(
    name="rerender",
    commands=("verify",),
    help="Share of the pages to engrave again and compare",
    kind=NUMBER,
    metavar="SHARE",
    low=0,
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
