"""Measure detections: no cap, every class alike, sizes in staff spaces, intervals over works."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.detection.averages import (
    LEAST,
    Figures,
    choose_classes,
    figures_of,
    headline,
    headline_again,
    known_or,
    mean,
    mean_rows,
)
from deepscores.evaluation.detection.caps import CAPS, cut_at
from deepscores.evaluation.detection.detections import read_detections
from deepscores.evaluation.detection.evaluator import coco_averages, evaluator_name
from deepscores.evaluation.detection.pictures import confusion, curves, outcomes
from deepscores.evaluation.detection.tables import Measured, best_of, tables_of
from deepscores.evaluation.detection.toolkit import evaluate_as_toolkit
from deepscores.evaluation.intervals import Resampled, resample
from deepscores.evaluation.matching.boxes import pages_of, read_truth, without_doubles
from deepscores.evaluation.matching.curves import Judged
from deepscores.evaluation.matching.judging import AWAY, PADDING, RANGES, THIN, Material
from deepscores.evaluation.matching.matching import THRESHOLDS
from deepscores.evaluation.request import PROTOCOLS, Request
from deepscores.evaluation.resampling import FEW_WORKS, measure, work_weights
from deepscores.evaluation.results import Evaluation, Measure

_AGREE = 1e-6
_SHORT = ("AP", "AP50")  # what is told of padded, oriented and capped detections


def evaluate_detection(request: Request) -> Evaluation:
    """The evaluation of a list of detections in COCO's format.

    Raise DatasetError for what the list has wrong, RecipeError without the extra ``evaluate``.
    """
    evaluator = evaluator_name()
    found = read_detections(request)
    pages, truth = pages_of(request), read_truth(request)
    found = without_doubles(found, truth)
    material = Material(truth, found, pages, tuple(request.names))
    if request.protocol != PROTOCOLS[0]:
        return evaluate_as_toolkit(request, material)
    request.progress.stage("Measuring", None)
    measured = _measured(request, material)
    best = {one: best_of(judged) for one, judged in measured.upright.items()}
    return Evaluation(
        task="detect",
        protocol=request.protocol,
        dataset=request.dataset.folder.resolve().name,
        predictions=request.predictions.name,
        split=request.split,
        label_set=request.label_set.name,
        counts=_counts(material),
        measures=_measures(measured),
        tables=tables_of(measured),
        warnings=_warnings(measured),
        settings={"evaluator": evaluator, **_settings(measured)},
        curves=curves(measured.upright, request.names),
        confusion=confusion(material, best, request.names),
        outcomes=outcomes(material, best),
    )


def _measured(request: Request, material: Material) -> Measured:
    averages = coco_averages(
        material.truth, material.found, material.pages, material.classes, THRESHOLDS, CAPS
    )
    return Measured(
        request, material, choose_classes(request, material), averages,
        material.upright(), material.padded(), material.oriented(), material.centred(),
    )  # fmt: skip


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


def _measures(measured: Measured) -> dict[str, Measure]:
    """The headline: by the evaluator; with intervals from our own matches, which agree with it."""
    macro = measured.choice.macro
    values = headline(measured.figures, measured.choice)
    for name, way in (("padded", measured.padded), ("oriented", measured.oriented)):
        some = figures_of(way).averages(macro)
        values |= {f"{name} {key}": some[key] for key in _SHORT}
    values["centre F1"] = mean(_centred(measured)[macro])
    averages = measured.averages
    capped = Figures(averages.precision[0], averages.recall[0]).averages(macro)
    values |= {f"{key} at {CAPS[0]}": capped[key] for key in _SHORT}
    resampled = _resampled(measured)
    return {name: measure(value, resampled.get(name)) for name, value in values.items()}


def _resampled(measured: Measured) -> dict[str, NDArray[np.float64]]:
    """(resamples,) of each headline figure; of none where there is no second work to draw."""
    request, pages, choice = measured.request, measured.material.pages, measured.choice
    if pages.works < 2 or not request.resamples:
        return {}
    weights = work_weights(pages.works, request.resamples, request.seed)
    request.progress.stage("Resampling works", 4)

    def again(way: Mapping[int, Judged]) -> Resampled:
        drawn = resample(list(way.values()), pages.work, weights, request.executor.jobs)
        request.progress.advance()
        return drawn

    found = headline_again(again(measured.upright), measured.figures, choice)
    for name, way in (("padded", measured.padded), ("oriented", measured.oriented)):
        some = headline_again(again(way), figures_of(way), choice)
        found |= {f"{name} {key}": some[key] for key in _SHORT}
    centred = known_or(again(measured.centred).f1[:, :, 0], _centred(measured))
    found["centre F1"] = mean_rows(centred[:, choice.macro])
    return found


def _centred(measured: Measured) -> NDArray[np.float64]:
    """(classes,) the best F1 by centres."""
    return np.array([best_of(one).f1 for one in measured.centred.values()])


def _warnings(measured: Measured) -> tuple[str, ...]:
    request, material = measured.request, measured.material
    told = cut_at(material.found, material.truth, material.pages)
    rare = [
        f"{one.name} ({count})"
        for one, count in zip(request.classes, measured.choice.objects.tolist(), strict=True)
        if 0 < count < LEAST
    ]
    if rare:
        told.append(f"not in macro averages, with fewer than {LEAST} objects: {', '.join(rare)}")
    works = material.pages.works
    if request.resamples and works < FEW_WORKS:
        told.append("one work only: no intervals" if works < 2 else
                    f"{works} works only: intervals are rough")  # fmt: skip
    away = np.abs(figures_of(measured.upright).precision - measured.figures.precision)
    largest = float(np.nan_to_num(away).max(initial=0))
    if largest > _AGREE:
        told.append(
            f"our own matching differs from the evaluator's by up to {largest:.2g} in the average "
            "precision of a class: please report this"
        )
    return tuple(told)


def _settings(measured: Measured) -> dict[str, object]:
    request, choice = measured.request, measured.choice
    names = [one.name for one in request.classes]
    return {
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
