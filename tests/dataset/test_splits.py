"""Splits: by work and seed alone."""

from collections import Counter

from deepscores.dataset.splits import split_of

PINNED = {"test": 977, "train": 8006, "val": 1017}
WORKS = [f"composer | work {number}" for number in range(10_000)]


def test_shares_are_eight_one_one() -> None:
    assert abs(PINNED["train"] - 8000) < 200
    assert abs(PINNED["val"] - 1000) < 150
    assert abs(PINNED["test"] - 1000) < 150


def test_a_work_stays_where_it_is_and_another_seed_moves_works() -> None:
    assert [split_of(work, 0) for work in WORKS[:50]] == [split_of(work, 0) for work in WORKS[:50]]
    assert [split_of(work, 0) for work in WORKS] != [split_of(work, 1) for work in WORKS]


def test_works_are_split_as_in_earlier_versions() -> None:
    assert Counter(split_of(work, 0) for work in WORKS) == PINNED
