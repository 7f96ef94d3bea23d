"""Merging in parts that know nothing of each other comes to the same as merging at once."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepscores import build
from deepscores.building.parts import Portion, group_portions
from deepscores.building.patches import share_out
from deepscores.dataset.manifest import check_manifest, read_manifest
from deepscores.dataset.selection import Selection, page_priorities, priorities


@given(st.lists(st.integers(0, 9)), st.integers(1, 20))
def test_parts_hold_all_in_order_and_are_full(counts: list[int], rows: int) -> None:
    portions = [Portion(shard, 0, ("a",), count, True) for shard, count in enumerate(counts)]
    parts = list(group_portions(portions, rows))
    assert [one for part in parts for one in part] == portions
    sizes = [sum(one.symbols for one in part) for part in parts]
    for size, part in zip(sizes, parts, strict=True):
        assert size <= rows or sum(one.symbols > 0 for one in part) == 1
    for part, after in pairwise(parts):
        assert sum(one.symbols for one in part) + after[0].symbols > rows


def test_a_dataset_of_nothing_has_one_part() -> None:
    assert list(group_portions([], 10)) == [()]


def test_priorities_of_several_pages_are_those_of_each() -> None:
    numbers = np.array([1, 2, 9, 1, 4])
    places = np.array([0, 0, 0, 2, 2])
    found = page_priorities(5, ["a", "b", "c"], places, numbers)
    assert found.tolist() == [
        *priorities(5, "a", numbers[:3]).tolist(),
        *priorities(5, "c", numbers[3:]).tolist(),
    ]


@given(st.lists(st.integers(0, 60), max_size=12), st.randoms())
def test_every_chosen_object_is_shared_out_once_and_to_its_page(
    pages: list[int], random: Any
) -> None:
    portions, items, first = [], [], 0
    for shard, count in enumerate(pages):
        if count:
            stems = tuple(f"{shard}-{place}" for place in range(count))
            portions.append(Portion(shard, first, stems, 0, True))
            items += [(first + place, random.randint(1, 99)) for place in range(count)]
            first += count
    items = sorted(set(items))
    shuffled = random.sample(items, len(items))
    at = np.array([page for page, _ in shuffled], np.int64)
    numbers = np.array([number for _, number in shuffled], np.int64)
    nothing = np.zeros(len(shuffled), np.int32)
    chosen = Selection(nothing, nothing.astype(np.uint64), at, numbers)
    tasks = list(share_out(chosen, portions)) if items else []
    found = [
        (one.portion.first + place, number)
        for task in tasks
        for one in task
        for place, number in zip(one.places.tolist(), one.numbers.tolist(), strict=True)
    ]
    assert found == items
    assert all(
        0 <= place < len(one.portion.stems)
        for task in tasks
        for one in task
        for place in one.places
    )


def test_small_parts_made_by_workers_hold_what_one_part_does(
    built: Path,
    quick: dict[str, Any],
    differences: Callable[[Path, Path], list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("deepscores.building.merge.ROWS", 1)
    one, two = tmp_path / "one", tmp_path / "two"
    build(built.parent / "tunes", one, **quick)
    build(built.parent / "tunes", two, jobs=2, executor="local", **quick)
    assert differences(one, two) == []
    assert check_manifest(two) == []
    assert len(list((two / "symbols").iterdir())) > 1
    assert pq.read_table(two / "symbols").equals(pq.read_table(built / "symbols"))
    listed = [list(read_manifest(folder / "manifest.tsv")) for folder in (two, built)]
    others = [[one for one in entries if not one.path.startswith("symbols/")] for entries in listed]
    assert others[0] == others[1]
