"""A training run, from claiming its folder to the exported model; the same call resumes it."""

import json
from dataclasses import asdict, dataclass, replace
from hashlib import file_digest
from pathlib import Path
from typing import Any

import torch

from deepscores.building.plan import make_plan
from deepscores.dataset.layout import require_dataset
from deepscores.inference.models.card import parse_card
from deepscores.inference.models.file import MODEL
from deepscores.runs.claim import Claim
from deepscores.runs.files import write_file
from deepscores.runs.progress import NullProgress, Progress
from deepscores.runs.streams import key_hash
from deepscores.training.loop.checkpoints import STATE, WEIGHTS, save_weights
from deepscores.training.loop.devices import (
    choose_device,
    default_workers,
    describe_device,
    prepare,
)
from deepscores.training.loop.exporting import check_export, to_onnx
from deepscores.training.loop.logs import EVENTS, TRAINING, VALIDATION
from deepscores.training.loop.loop import Loop
from deepscores.training.loop.options import TrainOptions
from deepscores.training.loop.outcome import Trained
from deepscores.training.loop.protocol import Task
from deepscores.training.loop.registry import task_maker
from deepscores.training.loop.schedule import Budget, budget_of
from deepscores.training.loop.stopping import stop_asked
from deepscores.version import __version__

_RUN = "run.json"
_ELSEWHERE = ("device", "workers")  # may differ when a run is resumed


def train(
    name: str,
    dataset: Path,
    folder: Path,
    options: TrainOptions,
    *,
    force: bool = False,
    progress: Progress | None = None,
) -> Trained:
    """Train the task *name* on *dataset* into *folder*, or resume a run that was stopped.

    Ctrl-C ends with the checkpoint written, by KeyboardInterrupt. Raise RecipeError for invalid
    arguments, DatasetError for a dataset that cannot be used and a folder that holds another run.
    """
    maker = task_maker(name)
    device = choose_device(options.device)
    require_dataset(dataset)
    identity = run_identity(name, dataset, options)
    claim = _claim(folder, identity, force=force)
    claim.check()
    with claim.locked():
        if claim.is_finished():
            return _finished_run(folder, claim.record() or {})
        claim.begin()
        prepare(device)
        workers = default_workers(device) if options.workers is None else options.workers
        torch.manual_seed(key_hash(options.seed, "weights") >> 1)
        watched = progress or NullProgress()
        watched.stage("read data", None)
        task = maker(dataset, replace(options, device=device.type, workers=workers))
        return _Run(task, folder, identity, device, options, watched).complete()


@dataclass(frozen=True)
class _Run:
    """A run with its data open."""

    task: Task
    folder: Path
    identity: dict[str, Any]
    device: torch.device
    options: TrainOptions
    progress: Progress

    def complete(self) -> Trained:
        """Train to the end of the budget, and export."""
        budget = budget_of(self.options, self.task.plan)
        table = {**self.identity, **self._circumstances(budget)}
        _write_json(self.folder / _RUN, table)
        loop = Loop(self.task, budget, self.device, self.options.seed, self.folder, self.progress)
        if loop.place.step:
            self.progress.note(f"resumed at step {loop.place.step:,}")
        with stop_asked() as stop_requested:
            if not loop.run(stop_requested):
                self.progress.note(f"stopped at step {loop.place.step:,}, which is saved")
                raise KeyboardInterrupt
        trained = self._export(loop)
        _write_json(self.folder / _RUN, {**table, "finished": _outcome(trained)})
        return trained

    def _export(self, loop: Loop) -> Trained:
        """Write the averaged weights as a model file."""
        self.progress.stage("export", None)
        place, task = loop.place, self.task
        parameters = sum(weight.numel() for weight in task.model.parameters())
        facts = {
            "dataset": self.identity["dataset"]["name"], "seed": self.options.seed,
            "steps": place.step, "samples": place.samples,
            "minutes": round(place.elapsed / 60, 2), "device": describe_device(self.device),
            "parameters": parameters, "figures": place.figures,
        }  # fmt: skip
        task_card = task.card()
        card = replace(task_card, training={**task_card.training, **facts})
        with loop.averaged():
            task.model.cpu()
            save_weights(self.folder, task.model, {"deepscores": card.as_json()})
            exportable = task.exportable()
            content = to_onnx(exportable, card)
            difference = check_export(content, exportable)
        write_file(self.folder / MODEL, content, durable=True)
        return Trained(
            self.folder, card, parameters, place.step, place.samples, place.elapsed,
            describe_device(self.device), place.figures, difference,
        )  # fmt: skip

    def _circumstances(self, budget: Budget) -> dict[str, Any]:
        return {
            "budget": str(budget),
            "plan": asdict(self.task.plan),
            "device": describe_device(self.device),
            "torch": torch.__version__,
            "deepscores": __version__,
        }


def run_identity(name: str, dataset: Path, options: TrainOptions) -> dict[str, Any]:
    """What must be equal for a run to be resumed."""
    table = options.as_table()
    manifest = dataset / "manifest.tsv"
    with open(manifest if manifest.exists() else dataset / "dataset.json", "rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    if options.recipe is not None:
        table["recipe"] = _synthetic(options)
    return {
        "task": name,
        "dataset": {"name": dataset.resolve().name, "sha256": digest},
        "options": {key: value for key, value in table.items() if key not in _ELSEWHERE},
        "label_set": options.labels.as_identity() if options.labels else None,
    }


def _synthetic(options: TrainOptions) -> dict[str, Any]:
    """All that the fresh pages of the recipe depend on, with the content of its scores."""
    assert options.recipe is not None
    recipe = replace(options.recipe, labels=options.labels or options.recipe.labels)
    plan = make_plan(recipe)
    return {**plan.as_table(), "label_set": recipe.labels.as_identity()}


def _claim(folder: Path, identity: dict[str, Any], *, force: bool) -> Claim:
    return Claim(
        folder,
        "training run",
        identity,
        _RUN,
        _RUN,
        frozenset({"task", "options"}),
        lambda _: (STATE, WEIGHTS, MODEL, TRAINING, VALIDATION, f"{EVENTS}/events.*"),
        lock=".lock",
        force=force,
    )


def _finished_run(folder: Path, record: dict[str, Any]) -> Trained:
    table = {**record["finished"], "folder": folder, "already_there": True}
    card = parse_card(json.dumps(table["card"]), str(folder / _RUN))
    return Trained(**{**table, "card": card})


def _outcome(trained: Trained) -> dict[str, Any]:
    table = asdict(trained)
    del table["folder"], table["already_there"]
    return table


def _write_json(path: Path, table: dict[str, Any]) -> None:
    text = json.dumps(table, ensure_ascii=False, indent=1, sort_keys=True)
    write_file(path, (text + "\n").encode())
