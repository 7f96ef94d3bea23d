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
from deepscores.dataset.labelled.page import of_classes
from deepscores.errors import RecipeError
from deepscores.page.labels.label_sets import LabelClass, LabelSet
from deepscores.recipe.deprecations import heed_old_logger
from deepscores.recipe.recipe import Recipe
from deepscores.runs.executors.choice import choose_executor
from deepscores.runs.executors.protocol import Failed, Outcome
from deepscores.runs.streams import key_hash, stream
from deepscores.scores import Source
from deepscores.training.loaders.fresh import Leaf, Made, Work, make_pages
from deepscores.training.loaders.views import View

_LOG = logging.getLogger("deepscores.training.loaders")
heed_old_logger(_LOG)

State = dict[str, Any]
Results = Generator[tuple[int, Work, Outcome[Made]]]


@dataclass(frozen=True)
class Plan:
    """All that a stream's samples depend on; the same for every worker and rank."""

    sources: tuple[tuple[Source, int], ...]  # with their bytes
    recipe: Recipe
    labels: LabelSet
    chosen: tuple[LabelClass, ...] | None  # classes; None: all
    view: View
    split: str | None
    mixed: int  # samples among which the next is drawn
    endless: bool

    @cached_property
    def identity(self) -> str:
        """What tells this plan from others, wherever the scores lie."""
        table = {**self.recipe.as_table(), "scores": [one.id for one, _ in self.sources]}
        chosen = [one.name for one in self.chosen or ()]
        parts = (table, self.labels.as_table(), chosen, self.view, self.split, self.mixed)
        return sha256(repr(parts).encode()).hexdigest()[:16]

    def order(self, epoch: int) -> NDArray[np.int64]:
        """All pairs of a score and a font, in this epoch's order."""
        count = len(self.sources) * len(self.recipe.fonts)
        return stream(self.recipe.seed, "order", epoch).permutation(count)

    def work(self, epoch: int, place: int, pair: int) -> Work:
        """A score in a font: in epoch 0 as a build has it, later in other styles."""
        source, size = self.sources[pair % len(self.sources)]
        font = self.recipe.fonts[pair // len(self.sources)]
        return Work(
            epoch, place, source, size, self._recipe(epoch, font), self.labels, self.split,
            self.recipe.seed,
        )  # fmt: skip

    def _recipe(self, epoch: int, font: str) -> Recipe:
        own = self.recipe
        return replace(
            own,
            engravers=(own.engraver_of(font),),
            fonts=(font,),
            pages=None,
            quota=(),
            pages_per_score=replace(own, pages=None, quota=()).most_of_a_font(),
            seed=own.seed if epoch == 0 else key_hash(own.seed, "epoch", epoch) >> 1,
        )


@dataclass(frozen=True, slots=True)
class Shard:
    """One worker's part of the stream."""

    number: int = 0
    of: int = 1


class Waiting(NamedTuple):
    """A sample that is ready to be drawn."""

    epoch: int
    place: int
    nth: int  # among the samples of its score
    content: Leaf | LabelledPage  # a whole page stays packed until it is drawn

    @property
    def key(self) -> tuple[int, int, int]:
        return self.epoch, self.place, self.nth

    def page(self) -> LabelledPage:
        return self.content.page() if isinstance(self.content, Leaf) else self.content


class Stream(Iterator[tuple[LabelledPage, int]]):
    """The samples of one shard, each with an id, from the beginning of an epoch or from a state.

    Samples wait in a pool of which one at a time is drawn, so that a score's do not come in a row.
    The engraver is at work on the next score meanwhile, in a process of its own. A score that fails
    is logged, told to *skip* and passed over.
    """

    def __init__(
        self,
        plan: Plan,
        shard: Shard,
        *,
        epoch: int = 0,
        state: State | None = None,
        skip: Callable[[], None] = lambda: None,
    ) -> None:
        self._plan, self._shard, self._skip = plan, shard, skip
        self._pool: list[Waiting] = []
        self._next = (epoch, 0)  # the next score's epoch and place there
        self._drawn = 0
        self._barren = 0  # scores in a row that gave nothing, before the first that did
        again: list[tuple[int, int, int]] = []
        if state is not None:
            again = self._restored(state)
        self._results: Results = choose_executor(None, 1).run(
            make_pages, self._works(again), limits=limits, start=warm_up
        )
        self._again = again

    def state(self) -> State:
        """What the samples from the next one on follow from; plain values."""
        waiting = [list(one) for one in self._again] or [list(one.key) for one in self._pool]
        return {
            "plan": self._plan.identity,
            "shard": [self._shard.number, self._shard.of],
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
        dice = key_hash(self._plan.recipe.seed, "draw", shard.number, shard.of, self._drawn)
        place = dice % len(self._pool)
        drawn, self._pool[place] = self._pool[place], self._pool[-1]
        self._pool.pop()
        self._drawn += 1
        page = drawn.page()
        name = (self._plan.recipe.seed, drawn.epoch, page.name, drawn.nth)
        return page, key_hash(*name) >> 1

    def _restored(self, state: State) -> list[tuple[int, int, int]]:
        """Take a state over; the samples that waited then."""
        if state.get("plan") != self._plan.identity:
            raise RecipeError("this state is of other scores or another recipe")
        if list(state["shard"]) != [self._shard.number, self._shard.of]:
            mine = f"{self._shard.number} of {self._shard.of}"
            theirs = "{} of {}".format(*state["shard"])
            raise RecipeError(f"this state is of worker {theirs}, not {mine}")
        epoch, place = state["next"]
        self._next = (int(epoch), int(place))
        self._drawn = int(state["drawn"])
        return [(int(one[0]), int(one[1]), int(one[2])) for one in state["waiting"]]

    def _works(self, again: list[tuple[int, int, int]]) -> Iterator[Work]:
        """Scores to make: those of samples that waited once more, then on from the next."""
        plan, shard = self._plan, self._shard
        epoch, first = self._next
        for old, place in sorted({one[:2] for one in again}):
            yield plan.work(old, place, int(plan.order(old)[shard.number :: shard.of][place]))
        while True:
            mine = plan.order(epoch)[shard.number :: shard.of]
            for place in range(first, len(mine)):
                yield plan.work(epoch, place, int(mine[place]))
            if not plan.endless or not len(mine):
                return
            epoch, first = epoch + 1, 0

    def _remake(self) -> None:
        """Fill the pool with what waited when the state was taken, in the same order."""
        wanted = set(self._again)
        found: dict[tuple[int, int, int], Waiting] = {}
        for _ in range(len({one[:2] for one in self._again})):
            _, work, outcome = next(self._results)
            leaves, _ = _leaves_of(outcome)
            found.update((one.key, one) for one in self._samples(work, leaves) if one.key in wanted)
        self._pool = [found[key] for key in self._again if key in found]
        self._again = []

    def _take(self, result: tuple[int, Work, Outcome[Made]]) -> None:
        _, work, outcome = result
        leaves, why = _leaves_of(outcome)
        if why:
            _LOG.warning("skipped %s: %s", work.source.name, why)
            self._skip()
        before = len(self._pool)
        self._pool.extend(self._samples(work, leaves))
        self._next = (work.epoch, work.place + 1)
        if self._barren >= 0:
            self._barren = -1 if len(self._pool) > before else self._barren + 1
        pairs = len(self._plan.sources) * len(self._plan.recipe.fonts)
        if self._plan.endless and self._barren >= max(pairs // self._shard.of, 1):
            raise RecipeError(
                f"none of the scores gives a page; the last: {why or 'none in split'}"
            )

    def _samples(self, work: Work, leaves: tuple[Leaf, ...]) -> Iterator[Waiting]:
        nth = 0
        for leaf in leaves:
            if self._plan.view.tiles is None and self._plan.chosen is None:
                yield Waiting(work.epoch, work.place, nth, leaf)
                nth += 1
                continue
            page = leaf.page()
            if self._plan.chosen is not None:
                page = of_classes(page, self._plan.chosen)
            for part in self._plan.view.parts(page, work.epoch):
                yield Waiting(work.epoch, work.place, nth, part)
                nth += 1


def _leaves_of(outcome: Outcome[Made]) -> tuple[tuple[Leaf, ...], str]:
    """The pages of a score, and why there are none if it failed."""
    if isinstance(outcome, Failed):
        return (), f"{outcome.reason}: {outcome.detail}"
    return outcome.value.leaves, outcome.value.why
