"""The completed share of a run, and the learning rate at it."""

from dataclasses import dataclass
from math import cos, pi

from deepscores.training.loop.options import TrainOptions
from deepscores.training.loop.protocol import Plan

_DEFAULT_MINUTES = 10.0


@dataclass(frozen=True, slots=True)
class Budget:
    """The length of a run: a number of steps, or of seconds."""

    steps: int | None = None
    seconds: float | None = None

    def share(self, step: int, elapsed: float) -> float:
        """The completed share after *step* steps in *elapsed* seconds, 0 to 1."""
        if self.steps is not None:
            return min(step / self.steps, 1.0)
        assert self.seconds is not None
        return min(elapsed / self.seconds, 1.0)

    def __str__(self) -> str:
        if self.steps is not None:
            return f"{self.steps:,} steps"
        return f"{(self.seconds or 0) / 60:g} minutes"


def budget_of(options: TrainOptions, plan: Plan) -> Budget:
    """The budget in *options*, or else that of the task's plan."""
    if options.steps is not None:
        return Budget(steps=options.steps)
    if options.minutes is not None:
        return Budget(seconds=options.minutes * 60)
    if plan.steps is not None:
        return Budget(steps=plan.steps)
    return Budget(seconds=(plan.minutes or _DEFAULT_MINUTES) * 60)


def rate_at(share: float, plan: Plan) -> float:
    """The share of the plan's learning rate at a *share* of the run: a rise, then half a cosine.

    >>> plan = Plan(1e-3, warmup=0.1)
    >>> [round(rate_at(share, plan), 3) for share in (0, 0.05, 0.1, 0.55, 1)]
    [0.01, 0.5, 1.0, 0.5, 0.0]
    """
    if share < plan.warmup:
        return max(share / plan.warmup, 0.01)
    progress = (share - plan.warmup) / (1 - plan.warmup)
    return plan.floor + (1 - plan.floor) * 0.5 * (1 + cos(pi * progress))


def due(share: float, count: int) -> int:
    """How many of *count* validations, evenly over a run, should be done at *share* of it.

    >>> [due(share, 4) for share in (0, 0.24, 0.25, 0.8, 1)]
    [0, 0, 1, 3, 4]
    """
    return int(share * count + 1e-9)
