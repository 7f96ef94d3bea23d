"""Pages that no one can read have a reason; pages as they should be have none."""

import numpy as np
import pytest

from deepscores.page.labels.readability import Readability, unreadable


def spread(count: int, step: float = 20) -> np.ndarray:
    """Heads of 10 px in a row."""
    x = 10 + step * np.arange(count)
    return np.stack([x, np.full(count, 50.0), x + 10, np.full(count, 60.0)], axis=1)


def test_a_good_page_has_no_reason() -> None:
    assert unreadable(spread(30), ["noteheadBlack"] * 30, 800, 600) is None


@pytest.mark.parametrize(
    ("boxes", "kinds", "reason"),
    [
        (np.empty((0, 4)), [], "empty: no symbol"),
        (spread(2), ["staffLine"] * 2, "empty: neither notes nor rests"),
        (spread(2), ["restWhole", "staffLine"], "rests only: 1"),
        (spread(30, step=2), ["noteheadBlack"] * 30, "piled up: 28 of 30"),
        (spread(30, step=27.2), ["noteheadBlack"] * 30, None),
        (spread(40), ["noteheadBlack"] * 40, "cut off: "),
    ],
)
def test_reasons(boxes: np.ndarray, kinds: list[str], reason: str | None) -> None:
    width = 600 if reason and reason.startswith("cut") else 1000
    found = unreadable(boxes, kinds, width, 600)
    assert found is None if reason is None else str(found).startswith(reason)


def test_two_voices_in_one_place_are_no_pile() -> None:
    boxes = np.repeat(spread(20), 2, axis=0)
    assert unreadable(boxes, ["noteheadBlack"] * 40, 800, 600) is None


def test_slanted_lines_and_texts_at_the_edge_are_no_reason() -> None:
    boxes = np.concatenate([spread(30, step=1), spread(1) + 300])
    assert unreadable(boxes, [*["beam"] * 30, "noteheadBlack"], 800, 600) is None
    assert unreadable(spread(40), ["noteheadBlack", *["pageHeader"] * 39], 600, 600) is None


def test_limits_can_be_set() -> None:
    limits = Readability(most_at_edge=100)
    assert unreadable(spread(40), ["noteheadBlack"] * 40, 600, 600, limits) is None


@pytest.mark.parametrize(("at_edge", "is_readable"), [(4, True), (5, False)])
def test_a_page_is_cut_off_beyond_its_limit_of_symbols_at_the_edge(
    at_edge: int, is_readable: bool
) -> None:
    boxes = spread(20)
    boxes[:at_edge, 0] = 0
    reason = unreadable(boxes, ["noteheadBlack"] * 20, 800, 600)
    assert (reason is None) == is_readable
