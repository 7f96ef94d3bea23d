"""The tasks there are, by name; each is one file, loaded on use."""

from importlib import import_module

from deepscores.errors import RecipeError
from deepscores.training.loop.protocol import MakeTask

_HOMES = {
    "classify": "deepscores.training.classify.task:Classify",
    "detect": "deepscores.training.detect.task:Detect",
    "segment": "deepscores.training.segment.task:Segment",
}


def task_maker(name: str) -> MakeTask:
    """What makes a task of its dataset and options; raise RecipeError for no such task."""
    if name not in _HOMES:
        raise RecipeError(f"task: {name!r} is none of {', '.join(_HOMES)}")
    module, _, maker = _HOMES[name].partition(":")
    found: MakeTask = getattr(import_module(module), maker)
    return found
