"""Options of how a command runs; no result depends on them, except on the seed."""

from deepscores.recipe.options.declaration import Option
from deepscores.recipe.options.values import FLAG, WHOLE_NUMBER

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
