"""What is asked for wrongly is told before anything is read."""

from pathlib import Path
from typing import Any

import pytest

from deepscores.errors import RecipeError
from deepscores.recipe.recipe import read_recipe
from deepscores.training.loop.options import TrainOptions, train_options
from deepscores.training.loop.protocol import Plan
from deepscores.training.loop.registry import task_maker
from deepscores.training.loop.schedule import Budget, budget_of


@pytest.mark.parametrize(
    ("task", "given", "told"),
    [
        ("classify", {"preset": "huge"}, "preset: 'huge' is none of small, base, paper"),
        ("classify", {"device": "tpu"}, "device: 'tpu' is none of auto, cpu, cuda"),
        ("classify", {"protocol": "lucky"}, "protocol: 'lucky' is none of works, paper"),
        ("classify", {"minutes": 0.0}, "minutes: 0 is not between 0 and a week"),
        ("classify", {"minutes": float("nan")}, "minutes: nan is not between"),
        ("classify", {"steps": 0}, "steps: 0 is not at least 1"),
        ("classify", {"steps": 5, "minutes": 1.0}, "minutes and steps: give one of them"),
        ("classify", {"batch_size": 0}, "batch-size: 0 is not at least 1"),
        ("classify", {"workers": -1}, "workers: -1 is not at least 0"),
        ("classify", {"seed": -1}, "seed: -1 is not at least 0"),
        ("classify", {"colour": 1}, "no option 'colour' of training; there are preset, "),
        ("detect", {"box_channel": True}, "box-channel: of 'train classify' alone"),
        ("segment", {"protocol": "paper"}, "protocol: of 'train classify' alone"),
    ],
)
def test_nonsense_is_told(task: str, given: dict[str, Any], told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        train_options(task, given)


def test_what_is_not_given_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("seed = 3\n")
    given = {"recipe": tmp_path / "a.toml", "seed": None, "box_channel": False}
    expected = TrainOptions(recipe=read_recipe(tmp_path / "a.toml"), box_channel=False)
    assert train_options("classify", given) == expected


def test_no_such_task_is_told() -> None:
    with pytest.raises(RecipeError, match="task: 'sing' is none of classify, detect, segment"):
        task_maker("sing")


def test_what_is_asked_for_comes_before_the_plan() -> None:
    plan = Plan(1.0, steps=7, minutes=3)
    assert budget_of(TrainOptions(minutes=2), plan) == Budget(seconds=120)
    assert budget_of(TrainOptions(steps=2), plan) == Budget(steps=2)
    assert budget_of(TrainOptions(), plan) == Budget(steps=7)
    assert budget_of(TrainOptions(), Plan(1.0, minutes=3)) == Budget(seconds=180)
