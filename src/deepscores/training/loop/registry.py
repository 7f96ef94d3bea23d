"""All tasks by name; each is one module, loaded on use."""

from importlib import import_module

from deepscores.errors import RecipeError
from deepscores.training.loop.protocol import MakeTask

_HOMES = {
    "classify": "deepscores.training.classify.task:Classify",
    "detect": "deepscores.training.detect.task:Detect",
    "segment": "deepscores.training.segment.task:Segment",
}


def task_maker(name: str) -> MakeTask:
    """The function that makes a task of a dataset and options. Raise RecipeError if unknown."""
    if name not in _HOMES:
        raise RecipeError(f"task: {name!r} is none of {', '.join(_HOMES)}")
    module, _, maker = _HOMES[name].partition(":")
    make_task: MakeTask = getattr(import_module(module), maker)
    return make_task
