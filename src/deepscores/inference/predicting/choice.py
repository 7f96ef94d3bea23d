"""Find a model by name: the folder of a training run, a model file, or a bundled model."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from deepscores.errors import RecipeError
from deepscores.inference.models.card import TASKS
from deepscores.inference.models.file import MODEL

SHIPPED = TASKS  # one model each


def split_arguments(arguments: Sequence[str], task: str | None) -> tuple[str, list[str]]:
    """The model that a command names first, or the bundled one for *task*; the other arguments.

    >>> split_arguments(["page.png"], None)
    ('detect', ['page.png'])
    >>> split_arguments(["runs/mine.onnx", "page.png"], None)
    ('runs/mine.onnx', ['page.png'])
    """
    first, *rest = arguments
    if first in SHIPPED or first.endswith(".onnx") or (Path(first) / MODEL).is_file():
        return first, rest
    return task or "detect", [*arguments]


def model_path(model: str | Path) -> Path:
    """The model file that *model* names; raise RecipeError if there is none."""
    if str(model) in SHIPPED:
        path = Path(str(files("deepscores.inference.models"))) / "shipped" / f"{model}.onnx"
        if not path.is_file():
            raise RecipeError(
                f"model {model!r} does not come with this installation; give a model file or the "
                "folder of a training run, or ./NAME for a path of that name"
            )
        return path
    path = Path(model) / MODEL if Path(model).is_dir() else Path(model)
    if not path.is_file():
        raise RecipeError(
            f"model {str(model)!r}: neither a model file, nor a folder with {MODEL}, nor one of "
            f"{', '.join(SHIPPED)}"
        )
    return path
