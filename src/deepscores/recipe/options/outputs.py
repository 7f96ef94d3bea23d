"""Where the commands write results, and in which form."""

from deepscores.recipe.options.declaration import Option
from deepscores.recipe.options.values import FLAG, PATH

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
