"""Pages picked so that each class occurs as often as the recipe asks, where the scores allow it.

First every score is engraved in every font and its objects are counted, page by page, without
painting; then pages are picked, those with the scarcest classes first.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.building.pages import engine_pages, find_exclusion
from deepscores.building.plan import INDEX, Plan
from deepscores.building.shards import (
    Record,
    ShardTask,
    limits,
    skipped_record,
    warm_up,
)
from deepscores.errors import EngravingError, ScoreError
from deepscores.page.labels.label_sets import LabelSet
from deepscores.page.symbols.placing import place_symbols
from deepscores.runs.executors.protocol import Executor, Failed
from deepscores.runs.files import write_file
from deepscores.runs.progress import Progress
from deepscores.scores import read_score


class PageCounts(NamedTuple):
    """How many objects of each class a page holds."""

    font: str
    number: int
    counts: dict[int, int]  # class id → objects


@dataclass(frozen=True, slots=True)
class IndexedScore:
    """The objects on each page of a score, or why it cannot be used."""

    pages: tuple[PageCounts, ...]
    reason: str = ""
    detail: str = ""

    def encode(self) -> bytes:
        pages = [[page.font, page.number, list(page.counts.items())] for page in self.pages]
        return json.dumps({"pages": pages, "reason": self.reason, "detail": self.detail}).encode()

    @classmethod
    def decode(cls, data: bytes) -> "IndexedScore":
        table = json.loads(data)
        pages = tuple(
            PageCounts(font, number, dict(map(tuple, counts)))
            for font, number, counts in table["pages"]
        )
        return cls(pages, table["reason"], table["detail"])


@dataclass(frozen=True, slots=True)
class PickedPages:
    """The pages to make, and the objects that were available."""

    pages: dict[int, frozenset[tuple[str, int]]]  # place in the plan → font and page number
    left_out: tuple[Record, ...]  # scores that cannot be used
    available: dict[int, int]  # class id → objects on all pages
    cut: bool  # more pages would have been picked, had the recipe allowed more


def objects_asked_for(quota: Mapping[str, int], labels: LabelSet) -> dict[int, int]:
    """Objects asked for, by class id. Keys are class names, patterns of them, or ``each``.

    >>> from deepscores.page.labels.label_sets import load_label_set
    >>> objects_asked_for({"each": 5, "cClef*": 9}, load_label_set("deepscores-118"))[6]
    9
    """
    targets: dict[int, int] = {}
    for label_class in labels.classes:
        for pattern, count in quota.items():
            if pattern == "each" or fnmatchcase(label_class.name, pattern):
                targets[label_class.id] = count
    return {class_id: count for class_id, count in targets.items() if count}


def pick_pages(plan: Plan, folder: Path, executor: Executor, progress: Progress) -> PickedPages:
    """Index the scores of *plan* and pick the pages that its quota needs."""
    index_by_score = _index(plan, folder, executor, progress)
    places: list[tuple[int, str, int]] = []
    counts: list[dict[int, int]] = []
    for index, score in sorted(index_by_score.items()):
        for page in score.pages:
            places.append((index, page.font, page.number))
            counts.append(page.counts)
    table = np.zeros((len(places), len(plan.labels.classes) + 1), np.int64)
    for row, page_counts in zip(table, counts, strict=True):
        row[list(page_counts)] = list(page_counts.values())
    targets = np.zeros(table.shape[1], np.int64)
    for class_id, count in objects_asked_for(dict(plan.recipe.quota), plan.labels).items():
        targets[class_id] = count
    picked_rows, cut = pick(table, targets, plan.recipe.pages)
    pages: dict[int, set[tuple[str, int]]] = {}
    for row_number in picked_rows:
        index, font, number = places[row_number]
        pages.setdefault(index, set()).add((font, number))
    left_out = tuple(
        skipped_record(index, plan.scores[index].source, score.reason, score.detail)
        for index, score in sorted(index_by_score.items())
        if score.reason
    )
    return PickedPages(
        {index: frozenset(numbered_pages) for index, numbered_pages in pages.items()},
        left_out,
        {class_id: int(total) for class_id, total in enumerate(table.sum(axis=0)) if class_id},
        cut,
    )


def pick(
    counts: NDArray[np.int64], targets: NDArray[np.int64], limit: int | None
) -> tuple[list[int], bool]:
    """Rows of *counts* (pages × classes) that together hold *targets*, as far as there is enough.

    Scarce classes go first; of their pages, that which serves all unmet classes best. At most
    *limit* rows; the second value says whether more would have been taken. Equal rows are taken in
    order, so the same counts give the same pages.
    """
    left = targets.copy()
    weights = np.divide(1.0, targets, out=np.zeros(len(targets)), where=targets > 0)
    free = np.ones(len(counts), bool)
    picked: list[int] = []
    plenty = counts.sum(axis=0) / np.maximum(targets, 1)
    for class_id in np.argsort(plenty, kind="stable"):
        if not targets[class_id]:
            continue
        rows = np.flatnonzero(free & (counts[:, class_id] > 0))
        while left[class_id] > 0 and len(rows):
            if limit is not None and len(picked) == limit:
                return picked, True
            gains = np.minimum(counts[rows], np.maximum(left, 0)) @ weights
            best = rows[int(gains.argmax())]
            picked.append(int(best))
            free[best] = False
            left -= counts[best]
            rows = rows[rows != best]
    return picked, False


def report(
    plan: Plan, reached: Mapping[int, int], picked: PickedPages
) -> dict[str, dict[str, int | str]]:
    """The outcome of the quota by class name: asked, reached, available, and why it is short."""
    result: dict[str, dict[str, int | str]] = {}
    for class_id, count in objects_asked_for(dict(plan.recipe.quota), plan.labels).items():
        available, reached_count = picked.available.get(class_id, 0), reached.get(class_id, 0)
        shortfall = ""
        if reached_count < count:
            if not available:
                shortfall = "in none of the scores"
            elif available < count:
                shortfall = "all that the scores have"
            else:
                shortfall = "the limit of pages" if picked.cut else "pages were left out"
        name = plan.labels.classes[class_id - 1].name
        result[name] = {
            "asked": count,
            "reached": reached_count,
            "available": available,
            "why": shortfall,
        }
    return result


def _task(plan: Plan, folder: Path, index: int) -> ShardTask:
    planned = plan.scores[index]
    return ShardTask(index, planned.source, planned.size, plan.recipe, plan.labels, folder)


def _index(
    plan: Plan, folder: Path, executor: Executor, progress: Progress
) -> dict[int, IndexedScore]:
    index_by_score = {
        int(path.stem): IndexedScore.decode(path.read_bytes())
        for path in (folder / INDEX).glob("*.json")
    }
    progress.stage("Looking through the scores", len(plan.scores))
    progress.advance(len(index_by_score))

    def tasks() -> Iterator[ShardTask]:
        for index in range(len(plan.scores)):
            if index not in index_by_score:
                yield _task(plan, folder, index)

    results = executor.run(index_score, tasks(), limits=limits, start=warm_up)
    with closing(results):
        for _, task, outcome in results:
            if isinstance(outcome, Failed):
                score = IndexedScore((), outcome.reason, outcome.detail)
            else:
                score = outcome.value
            write_file(folder / INDEX / f"{task.index:07d}.json", score.encode())
            index_by_score[task.index] = score
            progress.advance()
    return index_by_score


def index_score(task: ShardTask) -> IndexedScore:
    """Count the objects on each page of a score, in each font."""
    try:
        return IndexedScore(tuple(_count(task)))
    except ScoreError as error:
        reason = "engraving" if isinstance(error, EngravingError) else "unreadable"
        return IndexedScore((), reason, error.problem)


def _count(task: ShardTask) -> Iterator[PageCounts]:
    for drawn in engine_pages(read_score(task.source), task.recipe):
        symbols = place_symbols(drawn.page, drawn.music).symbols
        if find_exclusion(drawn, symbols, task.recipe) is None:
            counts = Counter(labelled.class_id for labelled in task.labels.label(symbols))
            yield PageCounts(drawn.style.music_font, drawn.page.number, dict(counts))
