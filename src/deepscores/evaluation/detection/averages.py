"""Averages over classes: each alike, by their numbers, glyphs and lines apart."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.detection.intervals import Resampled
from deepscores.evaluation.detection.lines import is_line
from deepscores.evaluation.matching.curves import Judged, Quality, quality
from deepscores.evaluation.matching.judging import Material
from deepscores.evaluation.request import Request

LEAST = 10  # objects of a class that counts in macro averages
AT_50, AT_75 = 0, 5  # places in the matching's thresholds
_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of each class, by its place among those that count; NaN without objects."""

    precision: NDArray[np.float64]  # (classes, thresholds) average precision
    recall: NDArray[np.float64]  # (classes, thresholds)

    def averages(self, chosen: NDArray[np.bool_]) -> dict[str, float]:
        """AP, AP50, AP75 and AR, the mean over *chosen* classes."""
        return {
            "AP": mean(self.precision[chosen]),
            "AP50": mean(self.precision[chosen, AT_50]),
            "AP75": mean(self.precision[chosen, AT_75]),
            "AR": mean(self.recall[chosen]),
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """Which classes count in which average."""

    objects: NDArray[np.int64]  # (classes,) in the truth
    macro: NDArray[np.bool_]  # (classes,) with enough objects
    line: NDArray[np.bool_]  # (classes,)


def choose_classes(request: Request, material: Material) -> Choice:
    """What the truth of *material* lets count."""
    most = max(material.classes) + 1
    objects = np.bincount(material.truth.class_id, minlength=most)[list(material.classes)]
    line = np.array([is_line(one) for one in request.classes], np.bool_)
    return Choice(objects, objects >= LEAST, line)


def figures_of(judged: Mapping[int, Judged]) -> Figures:
    """Figures of classes from their judged detections."""
    found = [quality(one) for one in judged.values()]
    columns = Quality(*(np.array(one) for one in zip(*found, strict=True)))
    return Figures(columns.precision, columns.recall)


def mean(values: NDArray[np.float64]) -> float:
    """The mean of what is not NaN; NaN for nothing."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else _NAN


def headline(figures: Figures, choice: Choice) -> dict[str, float]:
    """The figures of the whole: macro, weighted by objects, of glyphs and of lines."""
    objects = choice.objects[None].astype(np.float64)
    found = figures.averages(choice.macro)
    found["weighted AP"] = float(weighted_rows(figures.precision.mean(axis=1)[None], objects)[0])
    found["weighted AP50"] = float(weighted_rows(figures.precision[None, :, AT_50], objects)[0])
    for name, chosen in (("glyph", ~choice.line), ("line", choice.line)):
        some = figures.averages(choice.macro & chosen)
        found |= {f"{name} {key}": some[key] for key in ("AP", "AP50")}
    return found


def headline_again(
    resampled: Resampled, figures: Figures, choice: Choice
) -> dict[str, NDArray[np.float64]]:
    """(resamples,) the same figures as `headline` of every resample.

    A class of which a resample has no object keeps its own of the whole, *figures*: otherwise a
    resample without the hard rare classes would seem better.
    """
    precision = known_or(resampled.precision, figures.precision)
    recall = known_or(resampled.recall, figures.recall)
    objects = resampled.positives
    overall = precision.mean(axis=2)
    found = {
        "AP": mean_rows(overall[:, choice.macro]),
        "AP50": mean_rows(precision[:, choice.macro, AT_50]),
        "AP75": mean_rows(precision[:, choice.macro, AT_75]),
        "AR": mean_rows(recall.mean(axis=2)[:, choice.macro]),
        "weighted AP": weighted_rows(overall, objects),
        "weighted AP50": weighted_rows(precision[:, :, AT_50], objects),
    }
    for name, chosen in (("glyph", ~choice.line), ("line", choice.line)):
        some = choice.macro & chosen
        found[f"{name} AP"] = mean_rows(overall[:, some])
        found[f"{name} AP50"] = mean_rows(precision[:, some, AT_50])
    return found


def known_or(values: NDArray[np.float64], instead: NDArray[np.float64]) -> NDArray[np.float64]:
    """*values* (resamples, …), where they are NaN those of *instead* (…)."""
    return np.where(np.isnan(values), instead[None], values)


def mean_rows(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of what is not NaN in each row; NaN for nothing."""
    return weighted_rows(values, np.ones_like(values))


def weighted_rows(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weighted mean of what is not NaN in each row; NaN for nothing."""
    known = ~np.isnan(values)
    sums = (np.where(known, values, 0) * weights).sum(axis=1)
    totals = np.where(known, weights, 0).sum(axis=1)
    means = np.full(len(values), np.nan)
    np.divide(sums, totals, out=means, where=totals > 0)
    return means
