import numpy as np
import pytest

from deepscores.evaluation.detection.caps import cut_at, reachable
from deepscores.evaluation.detection.lines import is_line
from deepscores.evaluation.matching.boxes import Boxes, Pages, from_columns, without_doubles
from deepscores.page.labels.label_sets import LabelClass, load_label_set


def boxes(counts: list[int], seed: int = 0) -> tuple[Boxes, Pages]:
    """So many boxes on each page; each page is of a work of its own."""
    page = np.repeat(np.arange(len(counts)), counts)
    rng = np.random.default_rng(seed)
    found = from_columns(
        page,
        rng.integers(1, 9, len(page)),
        rng.uniform(1, 50, (len(page), 4)),
        rng.random(len(page)),
    )
    names = tuple(map(str, range(len(counts))))
    return found, Pages(names, np.full(len(counts), 16.0), np.arange(len(counts)), len(counts))


def test_an_output_cut_at_a_constant_is_told() -> None:
    found, pages = boxes([300, 300, 120, 300, 299, 300])
    truth, _ = boxes([310, 200, 120, 305, 299, 300], seed=1)
    (warning,) = cut_at(found, truth, pages)
    assert "per page stop at 300 in 4 cases" in warning
    assert "at least 15 objects could not" in warning
    assert not cut_at(found, found, pages)


@pytest.mark.parametrize("counts", [[300, 299, 120, 301], [5, 5, 5, 5], [300, 300], []])
def test_an_output_that_is_not_cut_is_not_blamed(counts: list[int]) -> None:
    found, pages = boxes(counts)
    truth, _ = boxes([400] * len(counts), seed=1)
    assert not cut_at(found, truth, pages)


def test_copies_of_one_work_are_no_cut() -> None:
    found, pages = boxes([300, 300, 300, 300])
    same = Pages(pages.names, pages.staff_space, np.zeros(4, np.int64), 1)
    truth, _ = boxes([400] * 4, seed=1)
    assert not cut_at(found, truth, same)


def test_a_cut_of_each_class_is_told() -> None:
    page = np.repeat(np.arange(4), [130, 140, 150, 100])
    class_id = np.concatenate(
        [np.repeat([1, 2], [100, 30 + 10 * more]) for more in range(3)] + [[1] * 100]
    )
    found = from_columns(page, class_id, np.ones((len(page), 4)), np.ones(len(page)))
    _, pages = boxes([1, 1, 1, 1])
    (warning,) = cut_at(
        found, from_columns([0] * 101, [1] * 101, np.ones((101, 4)), [1] * 101), pages
    )
    assert "per page and class stop at 100 in 4 cases" in warning


def test_what_a_cap_leaves_within_reach() -> None:
    truth = from_columns([0] * 150 + [1] * 50, [3] * 200, np.ones((200, 4)), np.ones(200))
    assert reachable(truth, (100, 1000)) == [0.75, 1.0]


def test_a_double_of_the_truth_may_be_found_twice_but_not_more() -> None:
    place, other = [5.0, 5.0, 4.0, 4.0], [40.0, 5.0, 4.0, 4.0]
    truth = from_columns([0, 0], [1, 1], np.array([place, other]), [1, 1])
    truth = Boxes(*(getattr(truth, name) for name in Boxes.__slots__[:-1]), np.array([2, 1]))
    found = from_columns(
        [0] * 5, [1] * 5, np.array([place, place, place, other, other]), [0.5, 0.9, 0.7, 0.8, 0.6]
    )
    assert without_doubles(found, truth).score.tolist() == [0.5, 0.9, 0.8, 0.6]


LINES = {
    "deepscores-118": {"arpeggiato", "restHBar"},
    "deepscores-v2": {
        "stem", "beam", "slur", "tie", "staff", "ledgerLine", "arpeggiato", "tupletBracket",
        "ottavaBracket", "dynamicCrescendoHairpin", "dynamicDiminuendoHairpin", "restHBar",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_lines_of_a_label_set(name: str) -> None:
    lines = {one.name for one in load_label_set(name).classes if is_line(one)}
    assert lines == LINES[name]


def test_a_line_stays_one_under_another_name() -> None:
    assert is_line(LabelClass(1, "stroke", of=("stem", "barlineSingle")))
    assert not is_line(LabelClass(1, "mixture", of=("stem", "noteheadBlack")))


def test_no_glyph_of_the_full_set_is_a_line() -> None:
    for one in load_label_set("full").classes:
        if one.name.startswith(("notehead", "accidental", "clef", "flag", "timeSig", "ornament")):
            assert not is_line(one), one.name
