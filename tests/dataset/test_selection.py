"""Choosing is fair, and depends on seed and names alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepscores.dataset.selection import PrioritySampler, Selection, priorities, splitmix64

PAGES = 40


def page(number: int, seed: int = 0) -> Selection:
    """A page of 0 to 60 symbols in 6 classes, some rare."""
    rng = np.random.default_rng(number)
    count = int(rng.integers(0, 61))
    numbers = np.arange(1, count + 1)
    classes = 1 + rng.geometric(0.5, count).clip(max=6)
    return Selection(
        classes.astype(np.int32),
        priorities(seed, f"page {number}", numbers),
        np.full(count, number),
        numbers,
    )


ALL = Selection(
    *(np.concatenate(columns) for columns in zip(*map(page, range(PAGES)), strict=True))
)


def naive(items: Selection, cap: int) -> list[tuple[int, ...]]:
    rows = sorted(zip(*(column.tolist() for column in items), strict=True))
    return [row for row in rows if sum(other[0] == row[0] and other < row for other in rows) < cap]


def rows(chosen: Selection) -> list[tuple[int, ...]]:
    return list(zip(*(column.tolist() for column in chosen), strict=True))


def choose(pages: list[int], cap: int) -> PrioritySampler:
    lowest = PrioritySampler(cap)
    for number in pages:
        classes, order, _, numbers = page(number)
        lowest.add(classes, order, number, numbers)
    return lowest


@pytest.mark.parametrize("cap", [0, 1, 7, 1000])
def test_the_lowest_of_each_class_are_chosen(cap: int) -> None:
    assert rows(choose(list(range(PAGES)), cap).result()) == naive(ALL, cap)


@given(st.permutations(range(PAGES)), st.sets(st.integers(1, PAGES - 1)), st.integers(0, 50))
def test_neither_order_nor_shards_matter(order: list[int], cuts: set[int], cap: int) -> None:
    whole = PrioritySampler(cap)
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), PAGES], strict=True):
        whole.merge(choose(order[start:end], cap).result())
    assert rows(whole.result()) == rows(choose(list(range(PAGES)), cap).result())


@given(st.integers(0, 30), st.integers(0, 30))
def test_a_smaller_cap_chooses_a_part_of_a_larger_one(one: int, two: int) -> None:
    fewer, more = (rows(choose(list(range(PAGES)), cap).result()) for cap in sorted([one, two]))
    for class_id in range(7):
        first = [row for row in fewer if row[0] == class_id]
        assert first == [row for row in more if row[0] == class_id][: len(first)]


def test_results_can_be_asked_for_in_between() -> None:
    lowest = PrioritySampler(5)
    for number in range(PAGES):
        lowest.add(*page(number))
        lowest.result()
    assert rows(lowest.result()) == naive(ALL, 5)


def test_nothing_added_nothing_chosen() -> None:
    assert rows(PrioritySampler(5).result()) == []
    lowest = PrioritySampler(5)
    lowest.add([], [], 3, [])
    assert rows(lowest.result()) == []


def test_a_negative_cap_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        PrioritySampler(-1)


def test_equal_priorities_are_told_apart_by_page_and_number() -> None:
    for order in ([0, 1, 2, 3], [3, 1, 2, 0]):
        lowest = PrioritySampler(2)
        for i in order:
            lowest.add([1], [9], [i // 2], [1 + i % 2])
            lowest.result()
        assert rows(lowest.result()) == [(1, 9, 0, 1), (1, 9, 0, 2)]


def test_memory_is_bounded() -> None:
    lowest = PrioritySampler(10)
    count = 20_000
    for number in range(50):
        order = priorities(0, str(number), np.arange(count))
        lowest.add(np.arange(count) % 4, order, number, np.arange(count))
        assert lowest._new_items + len(lowest._selected.numbers) <= 2**16 + count
    assert len(lowest.result().numbers) == 40
    lowest.add(np.ones(count), priorities(0, "one more", np.arange(count)), 50, np.arange(count))
    assert lowest._new_items < 200  # hopeless ones are not even kept until sorted


# --- priorities ---


def test_splitmix64_equals_published_values() -> None:
    # The first outputs for seed 1234567, as listed at Rosetta Code.
    assert splitmix64(np.uint64(1234567), np.arange(1, 6, dtype=np.uint64)).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_priorities_depend_on_seed_page_and_number() -> None:
    numbers = np.arange(1, 1001)
    drawn = [priorities(seed, stem, numbers) for seed in (0, 1) for stem in ("a_p1", "a_p2")]
    assert len(np.unique(drawn)) == 4000
    assert (priorities(0, "a_p1", numbers[::-1]) == drawn[0][::-1]).all()


def test_choosing_is_uniform() -> None:
    # 300 pages of 10 symbols, 500 chosen under each of 80 seeds. Chi-square over pages and over
    # numbers: the sum has about that mean and standard deviation if all are equally likely.
    by_page, by_number = np.zeros(300), np.zeros(10)
    for seed in range(80):
        lowest = PrioritySampler(500)
        for number in range(300):
            numbers = np.arange(1, 11)
            lowest.add(np.ones(10), priorities(seed, f"page {number}", numbers), number, numbers)
        chosen = lowest.result()
        by_page += np.bincount(chosen.pages, minlength=300)
        by_number += np.bincount(chosen.numbers - 1, minlength=10)
    for counts in (by_page, by_number):
        expected = counts.sum() / len(counts)
        freedom = len(counts) - 1
        # Selection without repetition: a little less spread than chi-square's.
        chi_square = ((counts - expected) ** 2 / expected).sum() / (1 - 500 / 3000)
        assert abs(chi_square - freedom) < 4 * np.sqrt(2 * freedom)
