"""Averages over classes: macro, weighted by objects, of glyphs and of lines."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.detection.intervals import Resampled
from deepscores.evaluation.detection.lines import is_line
from deepscores.evaluation.matching.curves import JudgedDetections, Quality, quality
from deepscores.evaluation.matching.judging import DetectionMaterial
from deepscores.evaluation.request import Request

MIN_OBJECTS = 10  # objects of a class that counts in macro averages
AT_50, AT_75 = 0, 5  # places in the matching's thresholds
_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of each class, by its place among those that count; NaN without objects."""

    precision: NDArray[np.float64]  # (classes, thresholds) average precision
    recall: NDArray[np.float64]  # (classes, thresholds)

    def averages(self, mask: NDArray[np.bool_]) -> dict[str, float]:
        """AP, AP50, AP75 and AR, the mean over the classes in *mask*."""
        return {
            "AP": mean(self.precision[mask]),
            "AP50": mean(self.precision[mask, AT_50]),
            "AP75": mean(self.precision[mask, AT_75]),
            "AR": mean(self.recall[mask]),
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """Which classes count in which average."""

    objects: NDArray[np.int64]  # (classes,) in the truth
    macro: NDArray[np.bool_]  # (classes,) with enough objects
    line: NDArray[np.bool_]  # (classes,)


def choose_classes(request: Request, material: DetectionMaterial) -> Choice:
    """The classes with enough objects in the truth of *material*."""
    id_count = max(material.classes) + 1
    objects = np.bincount(material.truth.class_id, minlength=id_count)[list(material.classes)]
    line = np.array([is_line(label_class) for label_class in request.classes], np.bool_)
    return Choice(objects, objects >= MIN_OBJECTS, line)


def figures_of(judged: Mapping[int, JudgedDetections]) -> Figures:
    """Figures of classes from their judged detections."""
    qualities = [quality(judgement) for judgement in judged.values()]
    columns = Quality(*(np.array(column) for column in zip(*qualities, strict=True)))
    return Figures(columns.precision, columns.recall)


def mean(values: NDArray[np.float64]) -> float:
    """The mean of what is not NaN; NaN for nothing."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else _NAN


def headline(figures: Figures, choice: Choice) -> dict[str, float]:
    """The figures of the whole: macro, weighted by objects, of glyphs and of lines."""
    objects = choice.objects[None].astype(np.float64)
    averages = figures.averages(choice.macro)
    averages["weighted AP"] = float(weighted_rows(figures.precision.mean(axis=1)[None], objects)[0])
    averages["weighted AP50"] = float(weighted_rows(figures.precision[None, :, AT_50], objects)[0])
    for name, group in (("glyph", ~choice.line), ("line", choice.line)):
        group_averages = figures.averages(choice.macro & group)
        averages |= {f"{name} {key}": group_averages[key] for key in ("AP", "AP50")}
    return averages


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
    averages = {
        "AP": mean_rows(overall[:, choice.macro]),
        "AP50": mean_rows(precision[:, choice.macro, AT_50]),
        "AP75": mean_rows(precision[:, choice.macro, AT_75]),
        "AR": mean_rows(recall.mean(axis=2)[:, choice.macro]),
        "weighted AP": weighted_rows(overall, objects),
        "weighted AP50": weighted_rows(precision[:, :, AT_50], objects),
    }
    for name, group in (("glyph", ~choice.line), ("line", choice.line)):
        mask = choice.macro & group
        averages[f"{name} AP"] = mean_rows(overall[:, mask])
        averages[f"{name} AP50"] = mean_rows(precision[:, mask, AT_50])
    return averages


def known_or(values: NDArray[np.float64], instead: NDArray[np.float64]) -> NDArray[np.float64]:
    """*values* (resamples, …), where they are NaN those of *instead* (…)."""
    return np.where(np.isnan(values), instead[None], values)


def mean_rows(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of what is not NaN in each row; NaN for nothing."""
    return weighted_rows(values, np.ones_like(values))


def weighted_rows(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weighted mean of what is not NaN in each row; NaN for nothing."""
    defined = ~np.isnan(values)
    sums = (np.where(defined, values, 0) * weights).sum(axis=1)
    totals = np.where(defined, weights, 0).sum(axis=1)
    means = np.full(len(values), np.nan)
    np.divide(sums, totals, out=means, where=totals > 0)
    return means
