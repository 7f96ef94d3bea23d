"""The training loop: steps, learning rate, validation, logs and checkpoints, the same for any task.

A run that is stopped and resumed takes the same steps as one that is not: batches follow from seed
and epoch, random numbers from seed and step, and all else is in the checkpoint. On a CPU the
weights are then equal bit for bit, where the budget is in steps.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import perf_counter

import torch
from torch import nn

from deepscores.errors import DeepScoresError
from deepscores.runs.progress import Progress
from deepscores.runs.streams import key_hash
from deepscores.training.loop.averaging import WeightAverage
from deepscores.training.loop.checkpoints import STATE, Parts, Place, load_state, save_state
from deepscores.training.loop.feeding import samples_in, to_device
from deepscores.training.loop.logs import Log
from deepscores.training.loop.protocol import Batch, Plan, Task
from deepscores.training.loop.schedule import Budget, due, rate_at

_LOG_SECONDS = 10.0
_SAVE_SECONDS = 60.0


@dataclass
class Loop:
    """One run of a task on a device, resumed from its state in *folder*."""

    task: Task
    budget: Budget
    device: torch.device
    seed: int
    folder: Path
    progress: Progress
    place: Place = field(default_factory=Place)

    def __post_init__(self) -> None:
        plan, model = self.task.plan, self.task.model
        model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimiser = make_optimiser(model, plan)
        average = None if plan.average is None else WeightAverage(model, plan.average)
        self.parts = Parts(model, optimiser, average)
        if (self.folder / STATE).exists():
            self.place = load_state(self.folder, self.parts)

    @property
    def share(self) -> float:
        """The completed share of the run, 0 to 1."""
        return self.budget.share(self.place.step, self.place.elapsed)

    def run(self, stop_requested: Event) -> bool:
        """Train to the end, or until *stop_requested* is set; return whether the end is reached.

        Either way the checkpoint is written. Raise DeepScoresError if the loss is not a number.
        """
        log = Log(self.folder, self.place.step)
        watch = _Watch(self, log)
        try:
            for batch in self._batches():
                if self.share >= 1 or stop_requested.is_set():
                    break
                self._step(batch, watch)
                if due(self.share, self.task.plan.validations) > self.place.validated:
                    self.validate(log)
                watch.look()
            if self.share >= 1 and self.place.validated < self.task.plan.validations:
                self.validate(log)  # time ran out during the last one
            watch.save()
        finally:
            log.close()
        return self.share >= 1

    def averaged(self) -> AbstractContextManager[None]:
        """A block in which the model has the averaged weights, if the plan averages."""
        return nullcontext() if self.parts.average is None else self.parts.average.in_place()

    def validate(self, log: Log) -> None:
        """Figures of the weights as they would be exported now."""
        self.place.validated = due(self.share, self.task.plan.validations)
        self.parts.model.eval()
        with self.averaged(), torch.inference_mode():
            self.place.figures = self.task.validate()
        log.validation(self.place.step, self.place.figures)
        figures = ", ".join(f"{name} {value:.4g}" for name, value in self.place.figures.items())
        self.progress.note(f"step {self.place.step:,}: val {figures}")

    def _batches(self) -> Iterator[Batch]:
        """Batches from the current place on, without end."""
        if self.share >= 1:
            return
        while True:
            yield from self.task.batches(self.place.epoch, self.place.batch)
            if not self.place.batch:
                raise DeepScoresError(f"{self.task.name}: an epoch has no batch")
            self.place.epoch, self.place.batch = self.place.epoch + 1, 0

    def _step(self, batch: Batch, watch: "_Watch") -> None:
        model, optimiser, plan = self.parts.model, self.parts.optimiser, self.task.plan
        rate = plan.learning_rate * rate_at(self.share, plan)
        for group in optimiser.param_groups:
            group["lr"] = rate
        model.train()
        torch.manual_seed(key_hash(self.seed, "step", self.place.step) >> 1)
        batch = to_device(batch, self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            losses = self.task.loss(batch)
        optimiser.zero_grad(set_to_none=True)
        losses["loss"].backward()  # type: ignore[no-untyped-call]
        if plan.clip is not None:
            torch.nn.utils.clip_grad_norm_(model.parameters(), plan.clip)
        optimiser.step()
        self._count(batch)
        watch.add(losses, rate)

    def _count(self, batch: Batch) -> None:
        self.place.step += 1
        self.place.batch += 1
        self.place.samples += samples_in(batch)
        if self.parts.average is not None:
            self.parts.average.update(self.place.step)


class _Watch:
    """Keeps time; at intervals writes a row of the log, reports it, and saves a checkpoint."""

    def __init__(self, loop: Loop, log: Log) -> None:
        self.loop, self.log = loop, log
        self.sums: dict[str, torch.Tensor] = {}
        self.rate = 0.0
        self.began = perf_counter() - loop.place.elapsed
        self.logged = self.saved = perf_counter()
        self.steps, self.samples = loop.place.step, loop.place.samples  # at the last row of the log
        self.shown_percent = 0  # of the run, as reported
        loop.progress.stage(f"train {loop.budget}", 100)
        self.look()

    def add(self, losses: Mapping[str, torch.Tensor], rate: float) -> None:
        """Add the losses of a step; on a graphics card nothing waits for them."""
        self.rate = rate
        self.loop.place.elapsed = perf_counter() - self.began
        for name, loss in losses.items():
            value = loss.detach().float()
            self.sums[name] = self.sums[name] + value if name in self.sums else value

    def look(self) -> None:
        """Do what is due."""
        time = perf_counter()
        self.loop.place.elapsed = time - self.began
        if time - self.logged > _LOG_SECONDS:
            self.write()
        if time - self.saved > _SAVE_SECONDS:
            self.save()
        percent = int(self.loop.share * 100)
        self.loop.progress.advance(percent - self.shown_percent)
        self.shown_percent = percent

    def write(self) -> None:
        """Write a row of the log, and report it in one line."""
        place, steps = self.loop.place, self.loop.place.step - self.steps
        if not steps:
            return
        means = {name: float(total) / steps for name, total in self.sums.items()}
        if not math.isfinite(means["loss"]):
            raise DeepScoresError(
                f"step {place.step}: the loss is not a number any more; the last checkpoint is "
                "of an earlier step; try another --seed or --batch"
            )
        speed = (place.samples - self.samples) / (perf_counter() - self.logged)
        row = {
            "epoch": place.epoch, "seconds": place.elapsed, "samples_per_second": speed,
            "learning_rate": self.rate, **means,
        }  # fmt: skip
        self.log.training(place.step, row)
        losses = ", ".join(f"{name} {value:.4g}" for name, value in means.items())
        self.loop.progress.note(
            f"step {place.step:,} ({self.loop.share:.0%}): {losses}; {speed:,.0f} samples/s"
        )
        self.sums, self.logged = {}, perf_counter()
        self.steps, self.samples = place.step, place.samples

    def save(self) -> None:
        """Write the checkpoint, after the row of the log on the steps before it."""
        self.write()
        save_state(self.loop.folder, self.loop.parts, self.loop.place)
        self.saved = perf_counter()


def make_optimiser(model: nn.Module, plan: Plan) -> torch.optim.Optimizer:
    """Adam or AdamW; weights that are vectors (of norms, biases) do not decay."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    groups = [
        {
            "params": [weight for weight in weights if weight.ndim >= 2],
            "weight_decay": plan.weight_decay,
        },
        {"params": [weight for weight in weights if weight.ndim < 2], "weight_decay": 0.0},
    ]
    kind = torch.optim.Adam if plan.optimiser == "adam" else torch.optim.AdamW
    return kind([group for group in groups if group["params"]], lr=plan.learning_rate, fused=True)
