"""Measure detections: no cap, every class alike, sizes in staff spaces, intervals over works."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluating.boxes import pages_of, read_truth
from deepscores.evaluating.curves import Best, Judged, Quality, best_f1, quality
from deepscores.evaluating.detections import read_detections
from deepscores.evaluating.evaluator import Averages, coco_averages, evaluator_name
from deepscores.evaluating.groups import groups_of
from deepscores.evaluating.intervals import Resampled, resample
from deepscores.evaluating.judging import (
    AWAY,
    CAPS,
    MOST,
    PADDING,
    RANGES,
    THIN,
    Material,
    cut_at,
    reachable,
    without_doubles,
)
from deepscores.evaluating.lines import is_line
from deepscores.evaluating.matching import THRESHOLDS
from deepscores.evaluating.pictures import confusion, curves, outcomes
from deepscores.evaluating.request import Request
from deepscores.evaluating.resampling import FEW_WORKS, measure, work_weights
from deepscores.evaluating.results import Cell, Evaluation, Measure, Table
from deepscores.evaluating.toolkit import evaluate_as_toolkit

LEAST = 10  # objects of a class that counts in macro averages
_AGREE = 1e-6
_AT = {"50": 0, "75": 5}  # places in THRESHOLDS


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of each class of a `Material`, by its place there; NaN without objects."""

    precision: NDArray[np.float64]  # (classes, thresholds)
    recall: NDArray[np.float64]  # (classes, thresholds)

    def averages(self, chosen: NDArray[np.bool_]) -> dict[str, float]:
        """AP, AP50, AP75 and AR, the mean over *chosen* classes."""
        return {
            "AP": _mean(self.precision[chosen]),
            "AP50": _mean(self.precision[chosen, _AT["50"]]),
            "AP75": _mean(self.precision[chosen, _AT["75"]]),
            "AR": _mean(self.recall[chosen]),
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """Which classes count in which average."""

    objects: NDArray[np.int64]  # (classes,) in the truth
    macro: NDArray[np.bool_]  # (classes,) with enough objects
    line: NDArray[np.bool_]  # (classes,)

    @property
    def weights(self) -> NDArray[np.float64]:
        """(classes,) shares of all objects."""
        return self.objects / max(int(self.objects.sum()), 1)


@dataclass(frozen=True, slots=True)
class _Ways:
    """The classes' judged detections, by way of matching."""

    upright: dict[int, Judged]
    padded: dict[int, Judged]
    oriented: dict[int, Judged]
    centred: dict[int, Judged]


def evaluate_detection(request: Request) -> Evaluation:
    """The evaluation of a list of detections in COCO's format.

    Raise DatasetError for what the list has wrong, RecipeError without the extra ``evaluate``.
    """
    evaluator = evaluator_name()
    found = read_detections(request)
    pages, truth = pages_of(request), read_truth(request)
    found = without_doubles(found, truth)
    material = Material(truth, found, pages, tuple(request.names))
    if request.protocol == "deepscores-v2":
        return evaluate_as_toolkit(request, material)
    request.progress.stage("Measuring", None)
    averages = coco_averages(truth, found, pages, material.classes, THRESHOLDS, CAPS)
    ways = _Ways(
        material.upright(), material.padded(), material.oriented(), material.centred()
    )
    choice = _choice(request, material)
    best = {one: _best(judged) for one, judged in ways.upright.items()}
    return Evaluation(
        task="detect",
        protocol=request.protocol,
        dataset=request.dataset.folder.resolve().name,
        predictions=request.predictions.name,
        split=request.split,
        label_set=request.label_set.name,
        counts=_counts(material),
        measures=_measures(request, material, averages, ways, choice),
        tables=_tables(request, material, averages, ways, choice, best),
        warnings=_warnings(request, material, averages, ways, choice),
        settings=_settings(request, evaluator, choice),
        curves=curves(ways.upright, request.names),
        confusion=confusion(material, best, request.names),
        outcomes=outcomes(material, best),
    )


def _choice(request: Request, material: Material) -> Choice:
    most = max(material.classes) + 1
    objects = np.bincount(material.truth.class_id, minlength=most)[list(material.classes)]
    line = np.array([is_line(one) for one in request.classes], np.bool_)
    return Choice(objects, objects >= LEAST, line)


def _best(judged: Judged) -> Best:
    """The best F1 at the first threshold."""
    counts = judged.counts[0]
    return best_f1(judged.right[0][counts], judged.score[counts], int(judged.positives.sum()))


def figures_of(judged: Mapping[int, Judged]) -> Figures:
    """Figures of classes from their judged detections."""
    found = [quality(one) for one in judged.values()]
    columns = Quality(*(np.array(one) for one in zip(*found, strict=True)))
    return Figures(columns.precision, columns.recall)


def _mean(values: NDArray[np.float64]) -> float:
    """The mean of what is not NaN; NaN for nothing."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _weighted(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    known = ~np.isnan(values) & (weights > 0)
    return float((values[known] * weights[known]).sum() / weights[known].sum()) if known.any() else float("nan")


def _counts(material: Material) -> dict[str, int]:
    truth = material.truth
    return {
        "pages": len(material.pages),
        "works": material.pages.works,
        "objects": len(truth),
        "drawn twice or more": int((truth.multiplicity > 1).sum()),
        "detections": len(material.found),
        "classes": len(material.classes),
        "classes with objects": len(np.unique(truth.class_id)),
    }


def _measures(
    request: Request, material: Material, averages: Averages, ways: _Ways, choice: Choice
) -> dict[str, Measure]:
    """The headline: by the evaluator; with intervals from our own matches, which agree with it."""
    upright = Figures(averages.precision[-1], averages.recall[-1])
    others = {"padded": ways.padded, "oriented": ways.oriented}
    values = _headline(upright, choice)
    for name, way in others.items():
        values |= {f"{name} {key}": value for key, value in _macro(figures_of(way), choice).items()}
    values["centre F1"] = _mean(
        np.array([_best(one).f1 for one in ways.centred.values()])[choice.macro]
    )
    capped = Figures(averages.precision[0], averages.recall[0]).averages(choice.macro)
    values |= {f"{name} at {CAPS[0]}": capped[name] for name in ("AP", "AP50")}
    resampled = _resampled(request, material, ways, choice)
    return {name: measure(value, resampled.get(name)) for name, value in values.items()}


def _headline(figures: Figures, choice: Choice) -> dict[str, float]:
    values = figures.averages(choice.macro)
    precision = figures.precision.mean(axis=1)
    values["weighted AP"] = _weighted(precision, choice.weights)
    values["weighted AP50"] = _weighted(figures.precision[:, _AT["50"]], choice.weights)
    for name, chosen in (("glyph", ~choice.line), ("line", choice.line)):
        some = figures.averages(choice.macro & chosen)
        values |= {f"{name} {key}": some[key] for key in ("AP", "AP50")}
    return values


def _macro(figures: Figures, choice: Choice) -> dict[str, float]:
    some = figures.averages(choice.macro)
    return {key: some[key] for key in ("AP", "AP50")}


def _resampled(
    request: Request, material: Material, ways: _Ways, choice: Choice
) -> dict[str, NDArray[np.float64]]:
    """(resamples,) of each headline figure; of none where there is no second work to draw."""
    pages = material.pages
    if pages.works < 2 or not request.resamples:
        return {}
    weights = work_weights(pages.works, request.resamples, request.seed)
    request.progress.stage("Resampling works", 4)

    def again(way: Mapping[int, Judged]) -> Resampled:
        request.progress.advance()
        return resample(list(way.values()), pages.work, weights, request.jobs)

    upright = again(ways.upright)
    found = _each(upright, choice)
    for name, way in (("padded", ways.padded), ("oriented", ways.oriented)):
        some = _each(again(way), choice)
        found |= {f"{name} {key}": some[key] for key in ("AP", "AP50")}
    found["centre F1"] = _mean_rows(again(ways.centred).f1[:, choice.macro, 0])
    return found


def _each(resampled: Resampled, choice: Choice) -> dict[str, NDArray[np.float64]]:
    """The same figures as `_headline` of every resample."""
    precision, weights = resampled.precision, resampled.positives
    overall = precision.mean(axis=2)
    found = {
        "AP": _mean_rows(overall[:, choice.macro]),
        "AP50": _mean_rows(precision[:, choice.macro, _AT["50"]]),
        "AP75": _mean_rows(precision[:, choice.macro, _AT["75"]]),
        "AR": _mean_rows(resampled.recall.mean(axis=2)[:, choice.macro]),
        "weighted AP": _weighted_rows(overall, weights),
        "weighted AP50": _weighted_rows(precision[:, :, _AT["50"]], weights),
    }
    for name, chosen in (("glyph", ~choice.line), ("line", choice.line)):
        some = choice.macro & chosen
        found[f"{name} AP"] = _mean_rows(overall[:, some])
        found[f"{name} AP50"] = _mean_rows(precision[:, some, _AT["50"]])
    return found


def _mean_rows(values: NDArray[np.float64]) -> NDArray[np.float64]:
    known = ~np.isnan(values)
    sums = np.where(known, values, 0).sum(axis=1)
    counts = known.sum(axis=1)
    return np.divide(sums, counts, out=np.full(len(values), np.nan), where=counts > 0)


def _weighted_rows(
    values: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    sums = (np.where(np.isnan(values), 0, values) * weights).sum(axis=1)
    totals = weights.sum(axis=1)
    return np.divide(sums, totals, out=np.full(len(values), np.nan), where=totals > 0)


def _tables(
    request: Request,
    material: Material,
    averages: Averages,
    ways: _Ways,
    choice: Choice,
    best: Mapping[int, Best],
) -> tuple[Table, ...]:
    return (
        _class_table(request, material, averages, ways, choice, best),
        _range_table(material, choice),
        _cap_table(material, averages, choice),
        _group_table(request, ways.upright, choice),
    )


def _class_table(
    request: Request,
    material: Material,
    averages: Averages,
    ways: _Ways,
    choice: Choice,
    best: Mapping[int, Best],
) -> Table:
    upright = Figures(averages.precision[-1], averages.recall[-1])
    capped, padded, oriented = averages.precision[0], figures_of(ways.padded), figures_of(ways.oriented)
    ids = np.array(material.classes)
    detections = np.bincount(material.found.class_id, minlength=int(ids.max()) + 1)[ids]
    pages = [int((one.positives > 0).sum()) for one in ways.upright.values()]
    rows: list[tuple[Cell, ...]] = []
    for place, (class_id, name) in enumerate(request.names.items()):
        cut, centred = best[class_id], _best(ways.centred[class_id])
        rows.append((
            name, class_id, "line" if choice.line[place] else "glyph",
            bool(choice.macro[place]), int(choice.objects[place]), pages[place],
            int(detections[place]),
            float(upright.precision[place].mean()), float(upright.precision[place, _AT["50"]]),
            float(upright.precision[place, _AT["75"]]), float(upright.recall[place].mean()),
            float(capped[place, _AT["50"]]),
            float(padded.precision[place].mean()), float(padded.precision[place, _AT["50"]]),
            float(oriented.precision[place].mean()), float(oriented.precision[place, _AT["50"]]),
            centred.f1, cut.f1, cut.score, cut.precision, cut.recall,
        ))  # fmt: skip
    return Table(
        "classes",
        "Classes",
        (
            "class", "id", "kind", "in macro", "objects", "pages", "detections", "AP", "AP50",
            "AP75", "AR", f"AP50 at {CAPS[0]}", "padded AP", "padded AP50", "oriented AP",
            "oriented AP50", "centre F1", "F1", "score", "precision", "recall",
        ),
        tuple(rows),
        f"In macro averages: classes with at least {LEAST} objects. F1 with precision and recall: "
        "the best of all scores to cut at, and that score, at an intersection over union of 0.5.",
    )  # fmt: skip


def _range_table(material: Material, choice: Choice) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, inside in material.ranges().items():
        judged = material.within(inside)
        figures = figures_of(judged)
        objects = np.array([int(one.positives.sum()) for one in judged.values()])
        some = figures.averages(objects >= LEAST)
        rows.append(
            (name, int(objects.sum()), int((objects >= LEAST).sum()), *some.values())
        )
    return Table(
        "sizes",
        "Sizes in staff spaces",
        ("size", "objects", "classes", "AP", "AP50", "AP75", "AR"),
        tuple(rows),
        "The square root of the box's area; thin: the shorter side is less than "
        f"{THIN} staff spaces. Macro averages over classes with at least {LEAST} such objects.",
    )


def _cap_table(material: Material, averages: Averages, choice: Choice) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for place, (cap, share) in enumerate(
        zip(CAPS, reachable(material.truth, CAPS), strict=True)
    ):
        figures = Figures(averages.precision[place], averages.recall[place])
        lines = figures.averages(choice.macro & choice.line)
        rows.append((cap, share, *figures.averages(choice.macro).values(), lines["AP50"]))
    return Table(
        "caps",
        "Detections that count of a page and class (COCO's maxDets)",
        ("cap", "objects within", "AP", "AP50", "AP75", "AR", "line AP50"),
        tuple(rows),
        f"{MOST} cuts nothing off; {CAPS[0]} is COCO's own cap.",
    )


def _group_table(request: Request, upright: Mapping[int, Judged], choice: Choice) -> Table:
    rows: list[tuple[Cell, ...]] = []
    works = np.array([str(page.row["work"]) for page in request.pages])
    for group in groups_of(request.pages):
        some = {one: judged.on(group.pages) for one, judged in upright.items()}
        figures = figures_of(some)
        objects = sum(int(one.positives.sum()) for one in some.values())
        rows.append((
            group.kind, group.name, len(group.pages), len(np.unique(works[group.pages])), objects,
            *figures.averages(choice.macro).values(),
        ))  # fmt: skip
    return Table(
        "groups",
        "Fonts, engravers, degradations",
        ("of", "name", "pages", "works", "objects", "AP", "AP50", "AP75", "AR"),
        tuple(rows),
        "Macro averages over those classes of the whole's that occur in the group.",
    )


def _warnings(
    request: Request, material: Material, averages: Averages, ways: _Ways, choice: Choice
) -> tuple[str, ...]:
    told = cut_at(material.found, material.pages)
    rare = [
        f"{one.name} ({count})"
        for one, count in zip(request.classes, choice.objects.tolist(), strict=True)
        if 0 < count < LEAST
    ]
    if rare:
        told.append(f"not in macro averages, with fewer than {LEAST} objects: {', '.join(rare)}")
    works = material.pages.works
    if request.resamples and works < 2:
        told.append("one work only: no intervals")
    elif request.resamples and works < FEW_WORKS:
        told.append(f"{works} works only: intervals are rough")
    own = figures_of(ways.upright)
    away = np.abs(own.precision - averages.precision[-1])
    if np.nanmax(away, initial=0) > _AGREE:
        told.append(
            f"our own matching differs from the evaluator's by up to {np.nanmax(away):.2g} in the "
            "average precision of a class: please report this"
        )
    return tuple(told)


def _settings(request: Request, evaluator: str, choice: Choice) -> dict[str, object]:
    names = [one.name for one in request.classes]
    return {
        "evaluator": evaluator,
        "thresholds": [round(one, 2) for one in THRESHOLDS],
        "caps": list(CAPS),
        "classes in macro averages": _chosen(names, choice.macro),
        "classes left out of macro averages": _chosen(names, ~choice.macro & (choice.objects > 0)),
        "classes without objects": _chosen(names, choice.objects == 0),
        "line classes": _chosen(names, choice.line),
        "least objects": LEAST,
        "padding, staff spaces": PADDING,
        "centre distance, staff spaces": AWAY,
        "thin, staff spaces": THIN,
        "ranges, staff spaces": [low for _, low, _ in RANGES],
        "resamples": request.resamples,
        "seed": request.seed,
    }


def _chosen(names: Sequence[str], mask: NDArray[np.bool_]) -> list[str]:
    return [name for name, is_in in zip(names, mask.tolist(), strict=True) if is_in]
