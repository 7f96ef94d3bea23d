"""An endless stream of fresh samples: shared out, mixed, and resumable at any sample."""

import logging
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.building.shards import limits, warm_up
from deepscores.dataset.labelled import LabelledPage
from deepscores.dataset.labelled.page import select_classes
from deepscores.errors import RecipeError
from deepscores.page.labels.label_sets import LabelClass, LabelSet
from deepscores.recipe.deprecations import heed_old_logger
from deepscores.recipe.recipe import Recipe
from deepscores.runs.executors.choice import choose_executor
from deepscores.runs.executors.protocol import Failed, Outcome
from deepscores.runs.streams import key_hash, stream
from deepscores.scores import Source
from deepscores.training.loaders.fresh import EngravingResult, EngravingTask, PackedPage, make_pages
from deepscores.training.loaders.views import View

_LOG = logging.getLogger("deepscores.training.loaders")
heed_old_logger(_LOG)

State = dict[str, Any]
Results = Generator[tuple[int, EngravingTask, Outcome[EngravingResult]]]


@dataclass(frozen=True)
class StreamPlan:
    """All that a stream's samples depend on; the same for every worker and rank."""

    sources: tuple[tuple[Source, int], ...]  # with their sizes in bytes
    recipe: Recipe
    labels: LabelSet
    classes: tuple[LabelClass, ...] | None  # those to keep; None: all
    view: View
    split: str | None
    mixed: int  # samples among which the next is drawn
    endless: bool

    @cached_property
    def identity(self) -> str:
        """A digest of all that samples depend on, but not of where the scores are stored."""
        table = {**self.recipe.as_table(), "scores": [source.id for source, _ in self.sources]}
        class_names = [label_class.name for label_class in self.classes or ()]
        parts = (table, self.labels.as_table(), class_names, self.view, self.split, self.mixed)
        return sha256(repr(parts).encode()).hexdigest()[:16]

    def order(self, epoch: int) -> NDArray[np.int64]:
        """All pairs of a score and a font, in this epoch's order."""
        count = len(self.sources) * len(self.recipe.fonts)
        return stream(self.recipe.seed, "order", epoch).permutation(count)

    def task(self, epoch: int, place: int, pair: int) -> EngravingTask:
        """A score in a font: in epoch 0 as a build makes it, later in other styles."""
        source, size = self.sources[pair % len(self.sources)]
        font = self.recipe.fonts[pair // len(self.sources)]
        return EngravingTask(
            epoch, place, source, size, self._recipe(epoch, font), self.labels, self.split,
            self.recipe.seed,
        )  # fmt: skip

    def _recipe(self, epoch: int, font: str) -> Recipe:
        recipe = self.recipe
        return replace(
            recipe,
            engravers=(recipe.engraver_of(font),),
            fonts=(font,),
            pages=None,
            quota=(),
            pages_per_score=replace(recipe, pages=None, quota=()).max_pages_per_font(),
            seed=recipe.seed if epoch == 0 else key_hash(recipe.seed, "epoch", epoch) >> 1,
        )


@dataclass(frozen=True, slots=True)
class StreamShard:
    """One worker's part of the stream."""

    number: int = 0
    count: int = 1


class PendingSample(NamedTuple):
    """A sample that is ready to be drawn."""

    epoch: int
    place: int
    nth: int  # among the samples of its score
    content: PackedPage | LabelledPage  # a whole page stays packed until it is drawn

    @property
    def key(self) -> tuple[int, int, int]:
        return self.epoch, self.place, self.nth

    def page(self) -> LabelledPage:
        return self.content.page() if isinstance(self.content, PackedPage) else self.content


class Stream(Iterator[tuple[LabelledPage, int]]):
    """The samples of one shard, each with an id, from the beginning of an epoch or from a state.

    Samples are drawn at random from a pool, so that those of one score do not come in a row. The
    engraver works on the next score meanwhile, in a process of its own. A score that fails is
    logged, reported to *skip* and skipped.
    """

    def __init__(
        self,
        plan: StreamPlan,
        shard: StreamShard,
        *,
        epoch: int = 0,
        state: State | None = None,
        skip: Callable[[], None] = lambda: None,
    ) -> None:
        self._plan, self._shard, self._skip = plan, shard, skip
        self._pool: list[PendingSample] = []
        self._next = (epoch, 0)  # the next score's epoch and place there
        self._drawn = 0
        self._barren = (
            0  # scores in a row without a page, before the first with one; -1: there was one
        )
        again: list[tuple[int, int, int]] = []
        if state is not None:
            again = self._restore(state)
        self._results: Results = choose_executor(None, 1).run(
            make_pages, self._tasks(again), limits=limits, start=warm_up
        )
        self._again = again

    def state(self) -> State:
        """The state that all further samples follow from, as plain values."""
        waiting = [list(key) for key in self._again] or [list(sample.key) for sample in self._pool]
        return {
            "plan": self._plan.identity,
            "shard": [self._shard.number, self._shard.count],
            "next": list(self._next),
            "drawn": self._drawn,
            "waiting": waiting,
        }

    def close(self) -> None:
        """End the engraver's process."""
        self._results.close()

    def __next__(self) -> tuple[LabelledPage, int]:
        if self._again:
            self._remake()
        while len(self._pool) < self._plan.mixed:
            result = next(self._results, None)
            if result is None:
                break
            self._take(result)
        if not self._pool:
            self.close()
            raise StopIteration
        shard = self._shard
        dice = key_hash(self._plan.recipe.seed, "draw", shard.number, shard.count, self._drawn)
        place = dice % len(self._pool)
        drawn, self._pool[place] = self._pool[place], self._pool[-1]
        self._pool.pop()
        self._drawn += 1
        page = drawn.page()
        name = (self._plan.recipe.seed, drawn.epoch, page.name, drawn.nth)
        return page, key_hash(*name) >> 1

    def _restore(self, state: State) -> list[tuple[int, int, int]]:
        """Restore a state; return the keys of the samples that were pending."""
        if state.get("plan") != self._plan.identity:
            raise RecipeError("this state is of other scores or another recipe")
        if list(state["shard"]) != [self._shard.number, self._shard.count]:
            own_worker = f"{self._shard.number} of {self._shard.count}"
            state_worker = "{} of {}".format(*state["shard"])
            raise RecipeError(f"this state is of worker {state_worker}, not {own_worker}")
        epoch, place = state["next"]
        self._next = (int(epoch), int(place))
        self._drawn = int(state["drawn"])
        return [(int(key[0]), int(key[1]), int(key[2])) for key in state["waiting"]]

    def _tasks(self, again: list[tuple[int, int, int]]) -> Iterator[EngravingTask]:
        """Scores to make: again those of pending samples, then all from the next one on."""
        plan, shard = self._plan, self._shard
        epoch, first = self._next
        for earlier_epoch, place in sorted({key[:2] for key in again}):
            yield plan.task(
                earlier_epoch,
                place,
                int(plan.order(earlier_epoch)[shard.number :: shard.count][place]),
            )
        while True:
            pairs = plan.order(epoch)[shard.number :: shard.count]
            for place in range(first, len(pairs)):
                yield plan.task(epoch, place, int(pairs[place]))
            if not plan.endless or not len(pairs):
                return
            epoch, first = epoch + 1, 0

    def _remake(self) -> None:
        """Fill the pool with the samples that were pending in the state, in the same order."""
        pending_keys = set(self._again)
        samples_by_key: dict[tuple[int, int, int], PendingSample] = {}
        for _ in range(len({key[:2] for key in self._again})):
            _, task, outcome = next(self._results)
            pages, _ = _unpack(outcome)
            samples_by_key.update(
                (sample.key, sample)
                for sample in self._samples(task, pages)
                if sample.key in pending_keys
            )
        self._pool = [samples_by_key[key] for key in self._again if key in samples_by_key]
        self._again = []

    def _take(self, result: tuple[int, EngravingTask, Outcome[EngravingResult]]) -> None:
        _, task, outcome = result
        pages, failure = _unpack(outcome)
        if failure:
            _LOG.warning("skipped %s: %s", task.source.name, failure)
            self._skip()
        pool_size = len(self._pool)
        self._pool.extend(self._samples(task, pages))
        self._next = (task.epoch, task.place + 1)
        if self._barren >= 0:
            self._barren = -1 if len(self._pool) > pool_size else self._barren + 1
        pairs = len(self._plan.sources) * len(self._plan.recipe.fonts)
        if self._plan.endless and self._barren >= max(pairs // self._shard.count, 1):
            raise RecipeError(
                f"none of the scores gives a page; the last: {failure or 'none in split'}"
            )

    def _samples(
        self, task: EngravingTask, pages: tuple[PackedPage, ...]
    ) -> Iterator[PendingSample]:
        nth = 0
        for packed in pages:
            if self._plan.view.tiles is None and self._plan.classes is None:
                yield PendingSample(task.epoch, task.place, nth, packed)
                nth += 1
                continue
            page = packed.page()
            if self._plan.classes is not None:
                page = select_classes(page, self._plan.classes)
            for part in self._plan.view.parts(page, task.epoch):
                yield PendingSample(task.epoch, task.place, nth, part)
                nth += 1


def _unpack(outcome: Outcome[EngravingResult]) -> tuple[tuple[PackedPage, ...], str]:
    """The pages of a score, and why there are none if it failed."""
    if isinstance(outcome, Failed):
        return (), f"{outcome.reason}: {outcome.detail}"
    return outcome.value.pages, outcome.value.failure
