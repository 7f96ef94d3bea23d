"""Options of recipes: what the pages and labels of a dataset depend on."""

from deepscores.recipe.options.declaration import Option
from deepscores.recipe.options.values import (
    ENGRAVER_NAMES,
    FLAG,
    FONT_FILES,
    FONT_PATHS,
    LABEL_SET,
    NAMES,
    NUMBER,
    PAGE_LIMIT,
    PATH,
    QUOTA,
    READABILITY,
    SIZE,
    STYLE,
    WHOLE_NUMBER,
)

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
    default_text="pages keep their size",
)
INPUT_STAFF_SPACE = Option(
    name="staff-space",
    commands=("predict",),
    help="Distance between two staff lines of the inputs: pixels, or points in PDFs",
    kind=NUMBER,
    metavar="PX",
    unit="px",
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
    low=0,
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
