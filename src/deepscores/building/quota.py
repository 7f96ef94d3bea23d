"""Pages picked so that each class comes up as often as the recipe asks, where the scores allow it.

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

from deepscores.building.plan import INDEX, Plan
from deepscores.building.shards import (
    Record,
    ShardTask,
    count_notes,
    left_out_for,
    limits,
    load,
    skipped,
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
class Indexed:
    """What a score holds, or why it cannot be used."""

    pages: tuple[PageCounts, ...]
    reason: str = ""
    detail: str = ""

    def encode(self) -> bytes:
        pages = [[one.font, one.number, list(one.counts.items())] for one in self.pages]
        return json.dumps({"pages": pages, "reason": self.reason, "detail": self.detail}).encode()

    @classmethod
    def decode(cls, data: bytes) -> "Indexed":
        table = json.loads(data)
        pages = tuple(
            PageCounts(font, number, dict(map(tuple, counts)))
            for font, number, counts in table["pages"]
        )
        return cls(pages, table["reason"], table["detail"])


@dataclass(frozen=True, slots=True)
class Picked:
    """The pages to make, and what there was to pick from."""

    pages: dict[int, frozenset[tuple[str, int]]]  # place in the plan → font and page number
    left_out: tuple[Record, ...]  # scores that cannot be used
    available: dict[int, int]  # class id → objects on all pages
    cut: bool  # more pages would have been picked, had the recipe allowed more


def asked(quota: Mapping[str, int], labels: LabelSet) -> dict[int, int]:
    """Objects asked for, by class id. Keys are class names, patterns of them, or ``each``.

    >>> from deepscores.page.labels.label_sets import load_label_set
    >>> asked({"each": 5, "cClef*": 9}, load_label_set("deepscores-118"))[6]
    9
    """
    wanted: dict[int, int] = {}
    for one in labels.classes:
        for pattern, count in quota.items():
            if pattern == "each" or fnmatchcase(one.name, pattern):
                wanted[one.id] = count
    return {class_id: count for class_id, count in wanted.items() if count}


def pick_pages(plan: Plan, folder: Path, executor: Executor, progress: Progress) -> Picked:
    """Index the scores of *plan* and pick the pages that its quota needs."""
    found = _index(plan, folder, executor, progress)
    places: list[tuple[int, str, int]] = []
    counts: list[dict[int, int]] = []
    for index, one in sorted(found.items()):
        for page in one.pages:
            places.append((index, page.font, page.number))
            counts.append(page.counts)
    table = np.zeros((len(places), len(plan.labels.classes) + 1), np.int64)
    for row, page_counts in zip(table, counts, strict=True):
        row[list(page_counts)] = list(page_counts.values())
    wanted = np.zeros(table.shape[1], np.int64)
    for class_id, count in asked(dict(plan.recipe.quota), plan.labels).items():
        wanted[class_id] = count
    chosen, cut = pick(table, wanted, plan.recipe.pages)
    pages: dict[int, set[tuple[str, int]]] = {}
    for row_number in chosen:
        index, font, number = places[row_number]
        pages.setdefault(index, set()).add((font, number))
    left_out = tuple(
        skipped(index, plan.scores[index].source, one.reason, one.detail)
        for index, one in sorted(found.items())
        if one.reason
    )
    return Picked(
        {index: frozenset(some) for index, some in pages.items()},
        left_out,
        {class_id: int(total) for class_id, total in enumerate(table.sum(axis=0)) if class_id},
        cut,
    )


def pick(
    counts: NDArray[np.int64], wanted: NDArray[np.int64], most: int | None
) -> tuple[list[int], bool]:
    """Rows of *counts* (pages × classes) that together hold *wanted*, as far as there is enough.

    Scarce classes go first; of their pages, that which serves all unmet classes best. At most
    *most* rows; the second value says whether more would have been taken. Equal rows are taken in
    order, so the same counts give the same pages.
    """
    left = wanted.copy()
    weights = np.divide(1.0, wanted, out=np.zeros(len(wanted)), where=wanted > 0)
    free = np.ones(len(counts), bool)
    chosen: list[int] = []
    plenty = counts.sum(axis=0) / np.maximum(wanted, 1)
    for class_id in np.argsort(plenty, kind="stable"):
        if not wanted[class_id]:
            continue
        rows = np.flatnonzero(free & (counts[:, class_id] > 0))
        while left[class_id] > 0 and len(rows):
            if most is not None and len(chosen) == most:
                return chosen, True
            gains = np.minimum(counts[rows], np.maximum(left, 0)) @ weights
            best = rows[int(gains.argmax())]
            chosen.append(int(best))
            free[best] = False
            left -= counts[best]
            rows = rows[rows != best]
    return chosen, False


def report(
    plan: Plan, reached: Mapping[int, int], picked: Picked
) -> dict[str, dict[str, int | str]]:
    """What became of the quota, by class name: asked, reached, available, and why it is short."""
    result: dict[str, dict[str, int | str]] = {}
    for class_id, count in asked(dict(plan.recipe.quota), plan.labels).items():
        there, got = picked.available.get(class_id, 0), reached.get(class_id, 0)
        why = ""
        if got < count:
            if not there:
                why = "in none of the scores"
            elif there < count:
                why = "all that the scores have"
            else:
                why = "the limit of pages" if picked.cut else "pages were left out"
        name = plan.labels.classes[class_id - 1].name
        result[name] = {"asked": count, "reached": got, "available": there, "why": why}
    return result


def _task(plan: Plan, folder: Path, index: int) -> ShardTask:
    planned = plan.scores[index]
    return ShardTask(index, planned.source, planned.size, plan.recipe, plan.labels, folder)


def _index(plan: Plan, folder: Path, executor: Executor, progress: Progress) -> dict[int, Indexed]:
    found = {
        int(path.stem): Indexed.decode(path.read_bytes())
        for path in (folder / INDEX).glob("*.json")
    }
    progress.stage("Looking through the scores", len(plan.scores))
    progress.advance(len(found))

    def tasks() -> Iterator[ShardTask]:
        for index in range(len(plan.scores)):
            if index not in found:
                yield _task(plan, folder, index)

    results = executor.run(index_score, tasks(), limits=limits, start=warm_up)
    with closing(results):
        for _, task, outcome in results:
            if isinstance(outcome, Failed):
                one = Indexed((), outcome.reason, outcome.detail)
            else:
                one = outcome.value
            write_file(folder / INDEX / f"{task.index:07d}.json", one.encode())
            found[task.index] = one
            progress.advance()
    return found


def index_score(task: ShardTask) -> Indexed:
    """Count the objects on each page of a score, in each font."""
    try:
        return Indexed(tuple(_count(task)))
    except ScoreError as error:
        what = "engraving" if isinstance(error, EngravingError) else "unreadable"
        return Indexed((), what, error.what)


def _count(task: ShardTask) -> Iterator[PageCounts]:
    score = read_score(task.source)
    engraving = load(score, task.recipe)
    styles = task.recipe.styles(score.id)
    for place, page, _ in engraving.pages(task.recipe.most_of_a_font()):
        symbols = place_symbols(page, engraving.music).symbols
        if not left_out_for(count_notes(page), page, symbols, task.recipe)[0]:
            counts = Counter(one.class_id for one in task.labels.label(symbols))
            yield PageCounts(styles[place].music_font, page.number, dict(counts))
