"""Options of training, prediction and evaluation."""

from deepscores.recipe.options.declaration import Option
from deepscores.recipe.options.values import FLAG, NUMBER, PATH, WHOLE_NUMBER

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
THRESHOLD = Option(
    name="threshold",
    commands=("predict",),
    help="Minimum score of a box",
    kind=NUMBER,
    metavar="SCORE",
    low=0,
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
