from pathlib import Path

import numpy as np

from deepscores.dataset.reader import open_dataset
from deepscores.evaluation.matching.boxes import Boxes, _merged, from_columns, pages_of, read_truth
from deepscores.evaluation.request import Request
from tests.evaluation.scenes import SPLIT, detections_of


def asked(built: Path, split: str = SPLIT) -> Request:
    dataset = open_dataset(built)
    pages = tuple(dataset.split(split))
    return Request(Path("x.json"), dataset, pages, split, None, dataset.labels.classes)


def test_truth_is_what_the_pages_files_say(built: Path) -> None:
    request = asked(built)
    truth, pages = read_truth(request), pages_of(request)
    for place, page in enumerate(request.pages):
        mine = truth.take(truth.page == place)
        names = [request.names[one] for one in mine.class_id.tolist()]
        assert names == [one.name for one in page.objects]
        assert np.abs(mine.box - np.array([one.box for one in page.objects])).max() < 1e-3
    assert pages.works == len({page.row["work"] for page in request.pages})
    assert len(truth) == len(detections_of(built))
    assert set(truth.multiplicity.tolist()) >= {1}


def test_exact_doubles_are_one_and_add_up() -> None:
    place, near, other = [5, 5, 4, 4], [5.01, 5, 4, 4], [9, 9, 4, 4]
    boxes = from_columns(
        [0] * 5, [2, 1, 2, 2, 2], np.array([other, place, place, place, near], float), [1] * 5
    )
    boxes = Boxes(*(getattr(boxes, n) for n in Boxes.__slots__[:-1]), np.array([1, 1, 2, 1, 1]))
    merged = _merged(boxes)
    assert merged.class_id.tolist() == [2, 1, 2, 2]
    assert merged.multiplicity.tolist() == [1, 1, 3, 1]
    assert merged.xywh[2].tolist() == place
