"""The loop: it learns, goes on exactly where it was, keeps to its budget, and says what fails."""

from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import torch

from deepscores.errors import DatasetError, DeepScoresError
from deepscores.runs.progress import NullProgress
from deepscores.training.loop.averaging import WeightAverage
from deepscores.training.loop.checkpoints import STATE
from deepscores.training.loop.loop import Loop, make_optimiser
from deepscores.training.loop.protocol import Plan
from deepscores.training.loop.schedule import Budget


def loop_of(task: Any, folder: Path, steps: int = 12, progress: Any = None) -> Loop:
    return Loop(
        task, Budget(steps=steps), torch.device("cpu"), 7, folder, progress or NullProgress()
    )


def state(loop: Loop) -> dict[str, torch.Tensor]:
    return {name: one.clone() for name, one in loop.parts.tensors()}


def stopped(task: Any, after: int) -> Event:
    """An event that is set while the step *after* others is taken."""
    asked, count = Event(), [0]

    def look() -> None:
        count[0] += 1
        if count[0] > after:
            asked.set()

    task.on_loss = look
    return asked


def test_a_run_learns_and_ends_with_its_budget(line: Any, tmp_path: Path, notes: Any) -> None:
    loop = loop_of(line(Plan(0.05, average=0.9)), tmp_path, 300, notes)
    assert loop.run(Event())
    assert (loop.place.step, loop.place.epoch, loop.place.validated) == (300, 60, 4)
    assert loop.place.figures["off"] < 0.3
    assert notes.done == 100


@pytest.mark.parametrize("after", [0, 3, 4, 5, 10])
def test_a_run_that_was_stopped_ends_with_the_same_bits(
    line: Any, tmp_path: Path, after: int
) -> None:
    whole = loop_of(line(), tmp_path / "whole")
    assert whole.run(Event())
    first = line()
    assert not loop_of(first, tmp_path / "parts").run(stopped(first, after))
    again = line()
    second = loop_of(again, tmp_path / "parts")
    assert second.place.step == after + 1
    assert second.run(Event())
    assert again.asked <= 12 - after + 1  # batches that were done are not made again
    expected, found = state(whole), state(second)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert any("exp_avg_sq" in name for name in expected)
    assert whole.place.figures == second.place.figures
    rows = [(tmp_path / one / "validation.csv").read_text() for one in ("whole", "parts")]
    assert rows[0] == rows[1]


def test_other_seeds_take_other_steps(line: Any, tmp_path: Path) -> None:
    ends = []
    for seed in (1, 2):
        loop = replace(loop_of(line(), tmp_path / str(seed)), seed=seed)
        loop.run(Event())
        ends.append(state(loop)["model.0.weight"])
    assert not torch.equal(*ends)


def test_rows_of_steps_that_were_lost_are_dropped(line: Any, tmp_path: Path) -> None:
    first = line()
    loop_of(first, tmp_path).run(stopped(first, 6))
    kept = (tmp_path / STATE).read_bytes()
    loop_of(line(), tmp_path).run(Event())
    before = (tmp_path / "validation.csv").read_text()
    (tmp_path / STATE).write_bytes(kept)  # as after a power cut
    loop_of(line(), tmp_path).run(Event())
    assert (tmp_path / "validation.csv").read_text() == before
    rows = [one.split(",")[0] for one in (tmp_path / "log.csv").read_text().splitlines()]
    assert rows == ["step", "7", "12"]


def test_minutes_end_a_run_and_its_time_is_kept(line: Any, tmp_path: Path) -> None:
    def loop() -> Loop:
        budget = Budget(seconds=0.3)
        return Loop(line(), budget, torch.device("cpu"), 7, tmp_path, NullProgress())

    first = loop()
    assert first.run(Event())
    assert first.place.elapsed >= 0.3
    assert first.place.validated == 4
    second = loop()
    assert second.run(Event())
    assert second.place.step == first.place.step


def test_a_loss_that_is_no_number_ends_the_run(line: Any, tmp_path: Path) -> None:
    task = line(Plan(1e30))
    with pytest.raises(DeepScoresError, match="the loss is not a number any more"):
        loop_of(task, tmp_path).run(Event())
    assert not (tmp_path / STATE).exists()


@pytest.mark.parametrize("damage", [b"", b"\x10" * 40, "short"])
def test_a_damaged_checkpoint_is_told(line: Any, tmp_path: Path, damage: Any) -> None:
    loop_of(line(), tmp_path).run(Event())
    content = (tmp_path / STATE).read_bytes()
    (tmp_path / STATE).write_bytes(content[:-9] if damage == "short" else damage)
    with pytest.raises(DatasetError, match="checkpoint cannot be read"):
        loop_of(line(), tmp_path)


def test_a_checkpoint_of_another_network_is_told(line: Any, tmp_path: Path) -> None:
    loop_of(line(), tmp_path).run(Event())
    other = line()
    other.model[0] = torch.nn.Linear(2, 4)
    with pytest.raises(DatasetError, match=r"is \(4, 1\), not \(4, 2\)"):
        loop_of(other, tmp_path)


def test_an_epoch_without_a_batch_is_told(line: Any, tmp_path: Path) -> None:
    with pytest.raises(DeepScoresError, match="an epoch has no batch"):
        loop_of(line(batches=0), tmp_path).run(Event())


def test_averaged_weights_are_in_place_for_a_block_only() -> None:
    model = torch.nn.Linear(1, 1)
    with torch.no_grad():
        model.weight.fill_(0)
    average = WeightAverage(model, 0.5)
    with torch.no_grad():
        model.weight.fill_(8)
    average.update(100)
    with average.in_place():
        assert model.weight.detach().item() == 4
    assert model.weight.detach().item() == 8
    assert average.tensors["weight"].item() == 4


def test_vectors_do_not_decay() -> None:
    model = torch.nn.Linear(3, 2)
    groups = make_optimiser(model, Plan(0.1, weight_decay=0.5)).param_groups
    assert [(len(one["params"]), one["weight_decay"]) for one in groups] == [(1, 0.5), (1, 0)]
