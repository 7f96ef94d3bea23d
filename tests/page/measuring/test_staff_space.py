"""The staff space: ranges that hold everywhere, and one meaning of unknown."""

import re

import pytest

from deepscores.engraving.styling import parse_styling
from deepscores.engraving.verovio.engine import engrave
from deepscores.errors import RecipeError
from deepscores.formats import options as exporting
from deepscores.inference.predicting import options as predicting
from deepscores.page.measuring.staff_space import (
    ENGRAVABLE,
    SCALABLE,
    check_staff_space,
    common_staff_space,
    known_staff_space,
)
from deepscores.page.model import Score, Style
from deepscores.recipe.recipe import Recipe, apply
from deepscores.training.loop.options import train_options


@pytest.mark.parametrize("value", [3.9, 64.5, float("nan")])
def test_what_engravers_do_not_draw_is_refused_wherever_it_is_asked_for(value: float) -> None:
    message = re.escape(f"{value:g}") + ".* is not between 4 and 64"
    for ask in (
        lambda: apply(Recipe(), {"staff-space": value}),
        lambda: parse_styling("style", {"staff-space": value}),
        lambda: engrave(Score("a", "a", "", "", "mei", ""), [Style(staff_space=value)]),
    ):
        with pytest.raises(RecipeError, match=message):
            ask()


@pytest.mark.parametrize("value", [0, 0.9, 201, float("nan")])
def test_what_pages_cannot_be_rescaled_to_is_refused_wherever_it_is_asked_for(value: float) -> None:
    message = f"^staff-space: {value:g} px is not between 1 and 200$"
    for ask in (
        lambda: exporting.check_options(
            exporting.ExportOptions("coco", staff_space=value), cuts_patches=False
        ),
        lambda: predicting.checked(predicting.Options(staff_space=value)),
        lambda: train_options("detect", {"staff_space": value}),
    ):
        with pytest.raises(RecipeError, match=message):
            ask()


def test_the_ends_of_a_range_and_none_pass() -> None:
    for limits in (ENGRAVABLE, SCALABLE):
        for value in (*limits, None):
            check_staff_space(value, limits)


@pytest.mark.parametrize("stored", [None, 0, 0.0, -1.0, float("nan")])
def test_what_tables_hold_for_unknown_is_none(stored: float | None) -> None:
    assert known_staff_space(stored) is None
    assert common_staff_space([stored, stored]) is None
    assert common_staff_space([16.0, stored]) is None
