"""Look-alikes: found by shape and size, whatever crosses them; told apart by their context."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores.inspection.report.lookalikes import describe_context, look_alikes
from deepscores.inspection.report.specimens import Specimen
from deepscores.inspection.report.survey import Sample

SPACE = 16.0
Y, X = np.mgrid[:64, :64]


def disc(radius: float) -> NDArray[np.bool_]:
    side = int(2 * radius)
    return np.asarray((X[:side, :side] - radius) ** 2 + (Y[:side, :side] - radius) ** 2 < radius**2)


def specimen(mask: NDArray[np.bool_], place: int, **facts: Any) -> Specimen:
    height, width = mask.shape
    sample = Sample(0, "page", 1, place, (0.0, 0.0, float(width), float(height)), SPACE)
    blank = np.full((170, 45), 255, np.uint8)
    given = {"belongs_to": "", "offset": (0.0, 0.0), "position": None, **facts}
    return Specimen(sample, "Bravura", blank, blank, mask, **given)


def classes_of(*some: NDArray[np.bool_]) -> dict[int, list[Specimen]]:
    return {place: [specimen(mask, place)] for place, mask in enumerate(some)}


def test_equal_shapes_of_equal_size_look_alike() -> None:
    (pair,) = look_alikes(classes_of(disc(5), disc(5)))
    assert pair.likeness == 1


def test_a_dot_and_a_disc_do_not() -> None:
    assert look_alikes(classes_of(disc(4), disc(12))) == []


def test_a_disc_and_its_box_do_not() -> None:
    assert look_alikes(classes_of(disc(8), np.triu(np.ones((16, 16), bool)))) == []


def test_what_has_no_pixels_is_like_nothing() -> None:
    assert look_alikes(classes_of(disc(5), np.zeros((10, 10), bool))) == []


def test_a_line_that_takes_pixels_away_hides_no_likeness() -> None:
    crossed = disc(10)
    crossed[9:11] = False
    (pair,) = look_alikes(classes_of(disc(10), crossed))
    assert 0.8 < pair.likeness < 1


def test_the_context_is_where_most_stand_and_what_they_belong_to() -> None:
    dots = [specimen(disc(4), 0, belongs_to="noteheadBlack", offset=(1.25, 0.1)) for _ in range(3)]
    dots.append(specimen(disc(4), 0, belongs_to="restQuarter", offset=(9.0, 9.0)))
    assert describe_context(dots) == "1.2 sp right of its noteheadBlack (3 of 4)"
    rests = [specimen(disc(4), 0, position=6)] * 2
    assert describe_context(rests) == "at staff position 6, belongs to no other symbol (each)"
