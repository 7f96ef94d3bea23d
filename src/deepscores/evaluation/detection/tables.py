"""The tables of an evaluation of detections: classes, sizes, caps, groups."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from deepscores.evaluation.detection.averages import (
    AT_50,
    AT_75,
    MIN_OBJECTS,
    Choice,
    Figures,
    figures_of,
)
from deepscores.evaluation.detection.caps import CAPS, MAX_DETECTIONS, reachable
from deepscores.evaluation.detection.coco import Averages
from deepscores.evaluation.matching.curves import Best, JudgedDetections, best_f1
from deepscores.evaluation.matching.judging import THIN, DetectionMaterial
from deepscores.evaluation.request import Request
from deepscores.evaluation.results import Cell, ResultTable
from deepscores.evaluation.samples.groups import groups_of

_CLASSES = (
    "class", "id", "kind", "in macro", "objects", "pages", "detections", "AP", "AP50", "AP75",
    "AR", f"AP50 at {CAPS[0]}", "padded AP", "padded AP50", "oriented AP", "oriented AP50",
    "centre F1", "F1", "score", "precision", "recall",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DetectionFigures:
    """Matched detections with all that was measured of them."""

    request: Request
    material: DetectionMaterial
    choice: Choice
    averages: Averages  # the evaluator's, by cap
    upright: dict[int, JudgedDetections]
    padded: dict[int, JudgedDetections]
    oriented: dict[int, JudgedDetections]
    centred: dict[int, JudgedDetections]

    @property
    def figures(self) -> Figures:
        """Without a cap that anything reaches."""
        return Figures(self.averages.precision[-1], self.averages.recall[-1])


def best_of(judged: JudgedDetections) -> Best:
    """The best F1 at the first threshold."""
    counts = judged.counts[0]
    return best_f1(judged.right[0][counts], judged.score[counts], int(judged.positives.sum()))


def tables_of(measured: DetectionFigures) -> tuple[ResultTable, ...]:
    """All tables."""
    return class_table(measured), range_table(measured), cap_table(measured), group_table(measured)


def class_table(measured: DetectionFigures) -> ResultTable:
    """Every figure of every class."""
    material, choice = measured.material, measured.choice
    upright, capped = measured.figures, measured.averages.precision[0]
    variants = [figures_of(way).precision for way in (measured.padded, measured.oriented)]
    detections = np.bincount(material.detections.class_id, minlength=max(material.classes) + 1)
    rows: list[tuple[Cell, ...]] = []
    for place, (class_id, name) in enumerate(measured.request.names.items()):
        judged, precision = measured.upright[class_id], upright.precision[place]
        cut = best_of(judged)
        rows.append((
            name, class_id, "line" if choice.line[place] else "glyph", bool(choice.macro[place]),
            int(choice.objects[place]), int((judged.positives > 0).sum()),
            int(detections[class_id]),
            *_floats(precision.mean(), precision[AT_50], precision[AT_75]),
            *_floats(upright.recall[place].mean(), capped[place, AT_50]),
            *(
                value
                for precisions in variants
                for value in _floats(precisions[place].mean(), precisions[place, AT_50])
            ),
            best_of(measured.centred[class_id]).f1, *_floats(*cut),
        ))  # fmt: skip
    note = (
        f"In macro averages: classes with at least {MIN_OBJECTS} objects. F1 with precision and "
        "recall: the best over all score thresholds, and that threshold, at an intersection over "
        "union of 0.5."
    )
    return ResultTable("classes", "Classes", _CLASSES, tuple(rows), note)


def _floats(*values: float) -> tuple[float, ...]:
    return tuple(map(float, values))


def range_table(measured: DetectionFigures) -> ResultTable:
    """Macro averages by size."""
    rows: list[tuple[Cell, ...]] = []
    for name, size_range in measured.material.ranges().items():
        judged = measured.material.within(size_range)
        objects = np.array([int(judgement.positives.sum()) for judgement in judged.values()])
        enough = objects >= MIN_OBJECTS
        averages = figures_of(judged).averages(enough)
        rows.append((name, int(objects.sum()), int(enough.sum()), *averages.values()))
    return ResultTable(
        "sizes",
        "Sizes in staff spaces",
        ("size", "objects", "classes", "AP", "AP50", "AP75", "AR"),
        tuple(rows),
        f"The square root of the box's area; thin: the shorter side is less than {THIN} staff "
        f"spaces. Macro averages over classes with at least {MIN_OBJECTS} such objects.",
    )


def cap_table(measured: DetectionFigures) -> ResultTable:
    """Macro averages by how many detections count."""
    averages, choice = measured.averages, measured.choice
    rows: list[tuple[Cell, ...]] = []
    for place, share in enumerate(reachable(measured.material.truth, CAPS)):
        figures = Figures(averages.precision[place], averages.recall[place])
        lines = figures.averages(choice.macro & choice.line)
        rows.append((CAPS[place], share, *figures.averages(choice.macro).values(), lines["AP50"]))
    return ResultTable(
        "caps",
        "Detections counted per page and class (COCO's maxDets)",
        ("cap", "objects within", "AP", "AP50", "AP75", "AR", "line AP50"),
        tuple(rows),
        f"{MAX_DETECTIONS} never cuts anything off; {CAPS[0]} is COCO's own cap.",
    )


def group_table(measured: DetectionFigures) -> ResultTable:
    """Macro averages by font, engraver, style and degradation."""
    pages = measured.request.pages
    works = np.array([str(page.row["work"]) for page in pages])
    rows: list[tuple[Cell, ...]] = []
    for group in groups_of(pages):
        of_group: Mapping[int, JudgedDetections] = {
            class_id: judged.on(group.pages) for class_id, judged in measured.upright.items()
        }
        averages = figures_of(of_group).averages(measured.choice.macro)
        objects = sum(int(judged.positives.sum()) for judged in of_group.values())
        rows.append((
            group.kind, group.name, len(group.pages), len(np.unique(works[group.pages])), objects,
            *averages.values(),
        ))  # fmt: skip
    return ResultTable(
        "groups",
        "Fonts, engravers, degradations",
        ("of", "name", "pages", "works", "objects", "AP", "AP50", "AP75", "AR"),
        tuple(rows),
        "Macro averages over the classes of the whole that occur in the group.",
    )
