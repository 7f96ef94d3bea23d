"""Pages of a recipe that are engraved while training runs."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar, cast

from deepscores.dataset.labelled import LabelledPage, rescale
from deepscores.errors import RecipeError
from deepscores.training.loaders import SyntheticPages
from deepscores.training.loop.options import TrainOptions

Sample = TypeVar("Sample")


class FreshPages(Generic[Sample]):
    """Pages of the options' recipe, of scores that a build would train on: others in each epoch.

    *form* makes a sample of a page, rescaled as the options say; it must be picklable. Raise
    RecipeError where the recipe labels other *classes*.
    """

    def __init__(
        self,
        options: TrainOptions,
        classes: Sequence[str],
        form: Callable[[LabelledPage, int], Sample],
    ) -> None:
        changes: dict[str, Any] = {"labels": options.labels} if options.labels else {}
        self._pages = SyntheticPages(
            form=_Rescaled(form, options.staff_space), recipe=options.recipe, split="train",
            seed=options.seed, **changes,
        )  # fmt: skip
        if self._pages.classes[1:] != tuple(classes):
            raise RecipeError(
                "synthetic: the recipe labels other classes than the dataset does; see --labels"
            )

    def epoch(self, number: int, pages: int) -> list[Sample]:
        """The samples of *pages* pages; the same for the same epoch."""
        self._pages.set_epoch(number)
        stream = cast("Generator[Sample]", iter(self._pages))
        with closing(stream):  # closed, it ends the engraver
            return list(islice(stream, pages))


@dataclass(frozen=True, slots=True)
class _Rescaled(Generic[Sample]):
    """Another form, applied to pages rescaled to one staff space."""

    form: Callable[[LabelledPage, int], Sample]
    staff_space: float | None

    def __call__(self, page: LabelledPage, image_id: int, /) -> Sample:
        if self.staff_space is not None:
            page = rescale(page, self.staff_space)
        return self.form(page, image_id)
