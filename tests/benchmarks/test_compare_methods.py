"""The figures that the comparison prints, and what it says of a score that LilyPond refuses.

Nothing here runs LilyPond or CairoSVG, so nothing of the extra ``bench`` is needed.
"""

from benchmarks.common import cpu, sample
from benchmarks.compare_methods import (
    CACHED,
    OURS_FIVE,
    OURS_ONE,
    PICTURE,
    SHIPPED,
    Tally,
    sides,
    summary,
)
from benchmarks.paper_method import reason


def one_round(cached: float) -> dict[str, Tally]:
    return {
        OURS_FIVE: Tally(pages=10, seconds=0.5),
        OURS_ONE: Tally(pages=2, seconds=0.2),
        CACHED: Tally(pages=4, engraving=cached / 2, seconds=cached),
        SHIPPED: Tally(pages=4, seconds=12.0),
        PICTURE: Tally(pages=2, seconds=1.0),
    }


def test_the_sides_are_those_of_the_table() -> None:
    assert list(sides()) == list(one_round(1.0))


def test_the_median_round_counts() -> None:
    table = summary([one_round(4.0), one_round(100.0), one_round(8.0)])
    assert table[CACHED]["cpu_ms_a_page"] == 2000
    assert table[CACHED]["engraving_ms_a_page"] == 1000
    assert table[CACHED]["times_five_fonts"] == 40
    assert table[CACHED]["times_one_font"] == 20


def test_the_same_music_may_fill_more_pages() -> None:
    table = summary([one_round(4.0)])
    assert table[SHIPPED]["times_one_font"] == 30
    assert table[SHIPPED]["times_one_font_same_music"] == 60


def test_a_traceback_is_told_by_its_last_line() -> None:
    lines = ["Traceback (most recent call last):", '  File "x"', "ZeroDivisionError: zero"]
    assert reason(lines) == "ZeroDivisionError: zero"


def test_an_error_is_told_without_its_path() -> None:
    lines = ["/tmp/a.ly:46:24: error: syntax error", "fatal error: failed files"]
    assert reason(lines) == "syntax error"


def test_the_sample_is_the_same_every_time() -> None:
    assert sample(5) == sample(7)[:5]


def test_the_cpu_of_idle_work_is_nothing_much() -> None:
    assert 0 <= cpu(lambda: None) < 0.1
