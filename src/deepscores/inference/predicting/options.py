"""Options of a prediction run."""

from dataclasses import asdict, dataclass
from typing import Any

from deepscores.dataset.splits import SPLITS
from deepscores.errors import RecipeError
from deepscores.inference.models.card import TASKS
from deepscores.page.measuring.staff_space import SCALABLE, check_staff_space


@dataclass(frozen=True, slots=True)
class Options:
    """Options of one run over pages, for any model."""

    task: str | None = None  # the model must be for it; None: any
    split: str = "test"  # of datasets, or "all"
    threshold: float = 0.3  # minimum score of a box
    staff_space: float | None = None  # pixels, for PDFs points; None: the page's, or estimated
    overlay: bool = True

    def as_table(self) -> dict[str, Any]:
        """The options that change a page's files, as plain values."""
        table = asdict(self)
        del table["task"]
        return table


def checked(options: Options) -> Options:
    """*options*, if they make sense; else raise RecipeError."""
    if options.task is not None and options.task not in TASKS:
        raise RecipeError(f"task: {options.task!r} is none of {', '.join(TASKS)}")
    if options.split not in (*SPLITS, "all"):
        raise RecipeError(f"split: {options.split!r} is none of {', '.join(SPLITS)}, all")
    if not 0 <= options.threshold <= 1:
        raise RecipeError(f"threshold: {options.threshold:g} is not between 0 and 1")
    check_staff_space(options.staff_space, SCALABLE)
    return options
