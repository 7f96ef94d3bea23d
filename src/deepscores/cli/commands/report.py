"""``deepscores report``."""

from typing import Any

from deepscores import api
from deepscores.cli.command import command
from deepscores.cli.screen import showing_progress


@command("report")
def run(**values: Any) -> None:
    """Write an HTML report of a dataset.

    It has the paper's tables and figures, and more. --against takes a
    dataset of this program, a COCO or DeepScoresV2 JSON file, a folder in DeepScores V1, PASCAL VOC
    or YOLO layout, or notation graphs (MUSCIMA++).

    \b
    deepscores report dataset -o report
    deepscores report dataset -o report --against ds2_dense/deepscores_train.json --against voc/
    """
    with showing_progress() as progress:
        report = api.report(progress=progress, **values)
    print(f"{len(report.figures)} figures and {len(report.tables)} tables:", report.page)
