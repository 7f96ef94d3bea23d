"""Options of a training run."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from deepscores.errors import RecipeError
from deepscores.page.labels.label_sets import LabelSet, resolve_label_set
from deepscores.page.measuring.staff_space import SCALABLE, check_staff_space
from deepscores.recipe.recipe import Recipe, read_recipe

PRESETS = ("small", "base", "paper")
PROTOCOLS = ("works", "paper")
_DEVICES = ("auto", "cpu", "cuda")
_OF_CLASSIFY = ("box_channel", "protocol")
_MAX_MINUTES = 60 * 24 * 7


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """Options of one training run; None: the default of the task or the machine."""

    preset: str = "small"
    seed: int = 0
    device: str = "auto"  # auto, cpu, cuda; a task receives the resolved one
    batch_size: int | None = None
    workers: int | None = None  # processes that make batches; 0: none
    labels: LabelSet | None = None  # another label set than the dataset's
    staff_space: float | None = None  # pixels that pages are rescaled to
    recipe: Recipe | None = None  # train on SyntheticPages of it, instead of the split `train`
    minutes: float | None = None  # of training; the learning rate follows the clock
    steps: int | None = None  # exact number; the learning rate follows them
    box_channel: bool | None = None  # classify: a second channel shows the object's box
    protocol: str = "works"  # classify: splits by work, or the paper's: 80/20 at random

    def as_table(self) -> dict[str, Any]:
        """Plain values, as JSON has them; of label set and recipe what tells them from others."""
        table = {field.name: getattr(self, field.name) for field in fields(self)}
        table["labels"] = self.labels.name if self.labels else None
        table["recipe"] = self.recipe.as_table() if self.recipe else None
        return table


def train_options(task: str, arguments: Mapping[str, Any]) -> TrainOptions:
    """Parse the options of a command or a call; raise RecipeError for invalid ones."""
    table = {name: value for name, value in arguments.items() if value is not None}
    option_names = [option.name for option in fields(TrainOptions)]
    for name in table:
        if name not in option_names:
            raise RecipeError(
                f"no option {name!r} of training; there are {', '.join(option_names)}"
            )
        if name in _OF_CLASSIFY and task != "classify":
            raise RecipeError(f"{name.replace('_', '-')}: of 'train classify' alone")
    table["labels"] = resolve_label_set(table.get("labels"))
    if not isinstance(recipe := table.get("recipe"), Recipe | None):
        table["recipe"] = read_recipe(Path(recipe))
    return _check(TrainOptions(**table))


def _check(options: TrainOptions) -> TrainOptions:
    for name, value, choice in (
        ("preset", options.preset, PRESETS),
        ("device", options.device, _DEVICES),
        ("protocol", options.protocol, PROTOCOLS),
    ):
        if value not in choice:
            raise RecipeError(f"{name}: {value!r} is none of {', '.join(choice)}")
    for name, number, minimum in (
        ("steps", options.steps, 1),
        ("batch-size", options.batch_size, 1),
        ("workers", options.workers, 0),
        ("seed", options.seed, 0),
    ):
        if number is not None and number < minimum:
            raise RecipeError(f"{name}: {number} is not at least {minimum}")
    check_staff_space(options.staff_space, SCALABLE)
    if options.minutes is not None and not 0 < options.minutes <= _MAX_MINUTES:
        raise RecipeError(f"minutes: {options.minutes:g} is not between 0 and a week")
    if options.minutes is not None and options.steps is not None:
        raise RecipeError("minutes and steps: give one of them")
    return options
