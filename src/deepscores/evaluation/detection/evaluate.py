"""Measure detections: no cap, every class alike, sizes in staff spaces, intervals over works."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.detection.averages import (
    MIN_OBJECTS,
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
from deepscores.evaluation.detection.coco import coco_averages, evaluator_name
from deepscores.evaluation.detection.intervals import Resampled, resample
from deepscores.evaluation.detection.outcomes import confusion, curves, outcomes
from deepscores.evaluation.detection.reading import read_detections
from deepscores.evaluation.detection.tables import DetectionFigures, best_of, tables_of
from deepscores.evaluation.detection.toolkit import evaluate_as_toolkit
from deepscores.evaluation.matching.boxes import pages_of, read_truth, without_doubles
from deepscores.evaluation.matching.curves import JudgedDetections
from deepscores.evaluation.matching.judging import AWAY, PADDING, RANGES, THIN, DetectionMaterial
from deepscores.evaluation.matching.matching import THRESHOLDS
from deepscores.evaluation.request import PROTOCOLS, Request
from deepscores.evaluation.results import Evaluation, Measure
from deepscores.evaluation.samples.missing import few_works
from deepscores.evaluation.samples.works import measure, work_weights

_AGREE = 1e-6
_SHORT = ("AP", "AP50")  # reported for padded, oriented and capped detections


def evaluate_detection(request: Request) -> Evaluation:
    """The evaluation of a list of detections in COCO's format.

    Raise DatasetError for an invalid list, RecipeError without the extra ``evaluate``.
    """
    evaluator = evaluator_name()
    detections = read_detections(request)
    pages, truth = pages_of(request), read_truth(request)
    detections = without_doubles(detections, truth)
    material = DetectionMaterial(truth, detections, pages, tuple(request.names))
    if request.protocol != PROTOCOLS[0]:
        return evaluate_as_toolkit(request, material)
    request.progress.stage("Measuring", None)
    measured = _measured(request, material)
    best = {class_id: best_of(judged) for class_id, judged in measured.upright.items()}
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


def _measured(request: Request, material: DetectionMaterial) -> DetectionFigures:
    averages = coco_averages(
        material.truth, material.detections, material.pages, material.classes, THRESHOLDS, CAPS
    )
    return DetectionFigures(
        request, material, choose_classes(request, material), averages,
        material.upright(), material.padded(), material.oriented(), material.centred(),
    )  # fmt: skip


def _counts(material: DetectionMaterial) -> dict[str, int]:
    truth = material.truth
    return {
        "pages": len(material.pages),
        "works": material.pages.works,
        "objects": len(truth),
        "drawn twice or more": int((truth.multiplicity > 1).sum()),
        "detections": len(material.detections),
        "classes": len(material.classes),
        "classes with objects": len(np.unique(truth.class_id)),
    }


def _measures(measured: DetectionFigures) -> dict[str, Measure]:
    """The headline: by the evaluator; with intervals from our own matches, which agree with it."""
    macro = measured.choice.macro
    values = headline(measured.figures, measured.choice)
    for name, way in (("padded", measured.padded), ("oriented", measured.oriented)):
        macro_averages = figures_of(way).averages(macro)
        values |= {f"{name} {key}": macro_averages[key] for key in _SHORT}
    values["centre F1"] = mean(_centred(measured)[macro])
    averages = measured.averages
    capped = Figures(averages.precision[0], averages.recall[0]).averages(macro)
    values |= {f"{key} at {CAPS[0]}": capped[key] for key in _SHORT}
    resampled = _resampled(measured)
    return {name: measure(value, resampled.get(name)) for name, value in values.items()}


def _resampled(measured: DetectionFigures) -> dict[str, NDArray[np.float64]]:
    """(resamples,) of each headline figure; none with a single work."""
    request, pages, choice = measured.request, measured.material.pages, measured.choice
    if pages.works < 2 or not request.resamples:
        return {}
    weights = work_weights(pages.works, request.resamples, request.seed)
    request.progress.stage("Resampling works", 4)

    def again(way: Mapping[int, JudgedDetections]) -> Resampled:
        drawn = resample(list(way.values()), pages.work, weights, request.executor.jobs)
        request.progress.advance()
        return drawn

    resampled = headline_again(again(measured.upright), measured.figures, choice)
    for name, way in (("padded", measured.padded), ("oriented", measured.oriented)):
        variant = headline_again(again(way), figures_of(way), choice)
        resampled |= {f"{name} {key}": variant[key] for key in _SHORT}
    centred = known_or(again(measured.centred).f1[:, :, 0], _centred(measured))
    resampled["centre F1"] = mean_rows(centred[:, choice.macro])
    return resampled


def _centred(measured: DetectionFigures) -> NDArray[np.float64]:
    """(classes,) the best F1 by centres."""
    return np.array([best_of(judged).f1 for judged in measured.centred.values()])


def _warnings(measured: DetectionFigures) -> tuple[str, ...]:
    request, material = measured.request, measured.material
    warnings = cut_at(material.detections, material.truth, material.pages)
    rare = [
        f"{label_class.name} ({count})"
        for label_class, count in zip(
            request.classes, measured.choice.objects.tolist(), strict=True
        )
        if 0 < count < MIN_OBJECTS
    ]
    if rare:
        warnings.append(
            f"not in macro averages, fewer than {MIN_OBJECTS} objects: {', '.join(rare)}"
        )
    warnings += few_works(material.pages.works, request.resamples)
    away = np.abs(figures_of(measured.upright).precision - measured.figures.precision)
    largest = float(np.nan_to_num(away).max(initial=0))
    if largest > _AGREE:
        warnings.append(
            f"the matching here differs from the evaluator's by up to {largest:.2g} in the average "
            "precision of a class: please report this"
        )
    return tuple(warnings)


def _settings(measured: DetectionFigures) -> dict[str, object]:
    request, choice = measured.request, measured.choice
    names = [label_class.name for label_class in request.classes]
    return {
        "thresholds": [round(threshold, 2) for threshold in THRESHOLDS],
        "caps": list(CAPS),
        "classes in macro averages": _names_where(names, choice.macro),
        "classes left out of macro averages": _names_where(
            names, ~choice.macro & (choice.objects > 0)
        ),
        "classes without objects": _names_where(names, choice.objects == 0),
        "line classes": _names_where(names, choice.line),
        "least objects": MIN_OBJECTS,
        "padding, staff spaces": PADDING,
        "centre distance, staff spaces": AWAY,
        "thin, staff spaces": THIN,
        "ranges, staff spaces": [low for _, low, _ in RANGES],
        "resamples": request.resamples,
        "seed": request.seed,
    }


def _names_where(names: Sequence[str], mask: NDArray[np.bool_]) -> list[str]:
    return [name for name, is_in in zip(names, mask.tolist(), strict=True) if is_in]
