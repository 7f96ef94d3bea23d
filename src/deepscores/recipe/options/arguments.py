"""Arguments of the commands: what they read."""

from deepscores.recipe.options.declaration import Option
from deepscores.recipe.options.values import NAMES, PATH, PATHS

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
