import numpy as np
import pytest

from deepscores.evaluation.detection.averages import Choice, Figures, headline, headline_again
from deepscores.evaluation.detection.intervals import Resampled

NAN = float("nan")
# Two glyphs, a line, a rare glyph, a class without objects.
CHOICE = Choice(
    np.array([30, 10, 60, 4, 0]),
    np.array([True, True, True, False, False]),
    np.array([False, False, True, False, False]),
)
AT_50 = np.array([0.9, 0.6, 0.3, 0.2, NAN])
PRECISION = np.repeat(AT_50[:, None], 10, axis=1)
PRECISION[:, 5:] /= 3
FIGURES = Figures(PRECISION, np.full((5, 10), [[0.5], [0.4], [0.3], [0.2], [NAN]]))


def test_every_class_with_ten_objects_counts_alike() -> None:
    found = headline(FIGURES, CHOICE)
    assert found["AP50"] == pytest.approx(0.6)
    assert found["AP75"] == pytest.approx(0.2)
    assert found["AP"] == pytest.approx(0.4)
    assert found["AR"] == pytest.approx(0.4)
    assert found["glyph AP50"] == pytest.approx(0.75)
    assert found["line AP50"] == pytest.approx(0.3)


def test_weights_are_numbers_of_objects_of_all_classes() -> None:
    found = headline(FIGURES, CHOICE)
    expected = (0.9 * 30 + 0.6 * 10 + 0.3 * 60 + 0.2 * 4) / 104
    assert found["weighted AP50"] == pytest.approx(expected)
    assert found["weighted AP"] == pytest.approx(expected * 2 / 3)


def test_a_class_that_a_resample_lacks_keeps_its_figure() -> None:
    precision = np.stack([PRECISION, PRECISION])
    precision[0, 1] = NAN  # the resample has none of these
    precision[0, 0] = 0.3
    objects = np.array([[30, 0, 60, 4, 0], [30, 10, 60, 4, 0]], float)
    recall = np.stack([FIGURES.recall] * 2)
    found = headline_again(Resampled(precision, recall, recall, objects), FIGURES, CHOICE)
    assert found["AP50"].tolist() == pytest.approx([0.4, 0.6])
    assert found["weighted AP50"][0] == pytest.approx((0.3 * 30 + 0.3 * 60 + 0.2 * 4) / 94)
    whole = headline(FIGURES, CHOICE)
    assert {name: values[1] for name, values in found.items()} == pytest.approx(whole)


def test_no_class_gives_no_figure() -> None:
    none = Choice(CHOICE.objects * 0, CHOICE.macro & False, CHOICE.line)
    assert all(np.isnan(value) for value in headline(FIGURES, none).values())
