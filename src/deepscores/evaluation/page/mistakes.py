"""The pictures of an evaluation's page: the pages and the patches on which most went wrong."""

from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.png.codec import decode_grey
from deepscores.dataset.reader import DatasetPage
from deepscores.errors import DatasetError
from deepscores.evaluation.classification.reading import patch_path
from deepscores.evaluation.page.crops import (
    CONFUSED,
    CORRECT,
    FALSE,
    MISSED,
    Mark,
    centres,
    crop_figure,
    draw_boxes,
    draw_pixels,
    legend,
    marks_of,
    worst_window,
)
from deepscores.evaluation.request import Request
from deepscores.evaluation.results import Evaluation, Outcomes, ResultTable
from deepscores.evaluation.segmentation.evaluate import kept_ids
from deepscores.evaluation.segmentation.reading import find_masks, read_classes, true_classes
from deepscores.inspection.pages.drawing import breakable, data_uri
from deepscores.page.measuring.staff_space import known_staff_space

_PAGES = 6
_PATCHES = 60
_ALIKE = 3  # patches of one confusion


def draw_worst(evaluation: Evaluation, request: Request) -> str:
    """The worst pages, or the wrong patches, as HTML; "" for none."""
    if evaluation.outcomes is not None:
        crops = "".join(_worst_boxes(evaluation.outcomes, request))
        return _crops(evaluation.outcomes.note, crops)
    if evaluation.task == "segment":
        crops = "".join(_worst_pixels(evaluation, request))
        return _crops("Pixels in colours; grey is ink neither labelled nor predicted.", crops)
    mistakes = evaluation.table("mistakes")
    return "" if mistakes is None else _wrong_patches(mistakes, request)


def _crops(note: str, crops: str) -> str:
    if not crops:
        return ""
    words = (
        "The pages with the most misses and false alarms, of each the part that has most of them; "
        f"of pages that are the same but for their font the worst. {note}"
    )
    return f'<p class="caption">{escape(words)}</p>{legend()}<div class="crops">{crops}</div>'


def count_errors(outcomes: Outcomes) -> NDArray[np.int64]:
    """(pages,): how much was missed, is a false alarm or is taken for another class."""
    pages = len(outcomes.pages)
    missed = outcomes.truth_page[outcomes.truth_partner < 0]
    alarms = outcomes.found_page[outcomes.found_partner < 0]
    paired = np.flatnonzero(outcomes.truth_partner >= 0)
    partners = outcomes.truth_partner[paired]
    confused = paired[outcomes.truth_class[paired] != outcomes.found_class[partners]]
    errors = np.bincount(missed, minlength=pages) + np.bincount(alarms, minlength=pages)
    return errors + np.bincount(outcomes.truth_page[confused], minlength=pages)


def _worst_boxes(outcomes: Outcomes, request: Request) -> Iterator[str]:
    names = {label_class.id: label_class.name for label_class in request.label_set.classes}
    errors = count_errors(outcomes)
    ranked = np.argsort(-errors, kind="stable").tolist()
    pages = ((place, request.dataset[outcomes.pages[place]]) for place in ranked if errors[place])
    for place, page in _of_different_music(pages):
        marks, image = marks_of(outcomes, place, names), page.image
        space = known_staff_space(page.row["staff_space"])
        window = worst_window(centres(marks), image.shape, space)
        words = f"{page.name}, {page.row['font']}: {_summarize(marks)} on the page"
        yield crop_figure(draw_boxes(image, window, marks), words)


def _summarize(marks: list[Mark]) -> str:
    counts = Counter(mark.colour for mark in marks)
    return (
        f"{counts[CORRECT]:,} found, {counts[MISSED]:,} missed, {counts[FALSE]:,} false alarms, "
        f"{counts[CONFUSED]:,} of the wrong class"
    )


T = TypeVar("T")


def _of_different_music(pages: Iterable[tuple[T, DatasetPage]]) -> Iterator[tuple[T, DatasetPage]]:
    """The first few; of pages that are the same but for their font the first alone."""
    shown_music = set[tuple[str, int]]()
    for item, page in pages:
        music = str(page.row["work"]), int(page.row["number"])
        if music not in shown_music and len(shown_music) < _PAGES:
            shown_music.add(music)
            yield item, page


def _worst_pixels(evaluation: Evaluation, request: Request) -> Iterator[str]:
    table = evaluation.table("pages")
    rows = table.rows if table else ()
    wrong = [(row, request.dataset[str(row[0])]) for row in rows if row[-1]]
    counted_ids, folder = kept_ids(request), find_masks(request.predictions)
    for (name, _, font, labelled, pixels), page in _of_different_music(wrong):
        truth, image = true_classes(page, request.labels, len(counted_ids) - 1)
        path = folder / f"{page.name}.png"
        predicted = (
            read_classes(path, truth.shape, len(counted_ids) - 1) if path.exists() else 0 * truth
        )
        truth, predicted = counted_ids[truth], counted_ids[predicted]
        y, x = np.nonzero(truth != predicted)
        points = np.stack([x, y], axis=1).astype(np.float64)
        window = worst_window(points, image.shape, known_staff_space(page.row["staff_space"]))
        words = f"{name}, {font}: {pixels:,} pixels wrong on the page, {labelled:,} labelled"
        yield crop_figure(draw_pixels(image, truth, predicted, window), words)


def _wrong_patches(mistakes: ResultTable, request: Request) -> str:
    cards, alike = list[str](), Counter[tuple[str, str]]()
    for name, truth, predicted, score in mistakes.rows:
        if alike[str(truth), str(predicted)] < _ALIKE and len(cards) < _PATCHES:
            alike[str(truth), str(predicted)] += 1
            cards.append(_card(request, str(name), str(truth), str(predicted), score))
    if not cards:
        return ""
    words = f"Patches that are wrong, the surest first; at most {_ALIKE} of one confusion."
    return f'<p class="caption">{words}</p><div class="gallery patches">{"".join(cards)}</div>'


def _card(request: Request, name: str, truth: str, predicted: str, score: object) -> str:
    path = patch_path(request.dataset.folder, name, truth)
    try:
        patch = decode_grey(path.read_bytes(), str(path))
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from None
    height, width = patch.shape
    score_text = f" ({score:.2f})" if isinstance(score, float) else ""
    return (
        f'<figure class="card" title="{escape(name)}"><div class="patch"><img loading="lazy" '
        f'alt="a patch with {escape(truth)}" width="{width}" height="{height}" '
        f'src="{data_uri(patch)}"></div><figcaption>{breakable(truth)} <small>taken for '
        f"{breakable(predicted)}{score_text}</small></figcaption></figure>"
    )
