"""Import a dataset that others made: plan, convert in workers, merge. Interrupted, it goes on."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from deepscores.building.importing.chunks import (
    PAGES,
    Record,
    Task,
    limits,
    read_records,
    write_chunk,
)
from deepscores.building.importing.classes import Classes, classes_of
from deepscores.building.importing.placing import Placed, place_pages, torn_scores
from deepscores.building.merge import Holdings, Totals, assemble
from deepscores.building.parts import Portion
from deepscores.building.plan import claim_dataset
from deepscores.dataset.columns import PAGES as PAGE_COLUMNS
from deepscores.dataset.layout import BUILD, IMPORTED, require_dataset
from deepscores.dataset.splits import SPLITS
from deepscores.errors import DatasetError
from deepscores.formats.source_pages import Left, Source
from deepscores.formats.sources import open_source
from deepscores.recipe.recipe import Recipe
from deepscores.runs.claim import Claim
from deepscores.runs.executors.choice import ONE_WORKER, for_safe_work
from deepscores.runs.executors.protocol import Executor, Failed
from deepscores.runs.progress import Progress, Silence
from deepscores.version import __version__

_SYMBOLS = PAGE_COLUMNS.get_field_index("symbols")
_PACKAGES = ("pyarrow", "pillow", "numpy")  # that bytes depend on


@dataclass(frozen=True, slots=True)
class Summary:
    """What an import made."""

    folder: Path
    layout: str
    pages: dict[str, int]  # by split
    symbols: int
    objects: int
    classes_seen: int
    classes: int
    patches: int
    masks: str  # where the pixels of objects are from
    left_out: dict[str, int]  # reason → pages and objects
    already_there: bool


@dataclass(frozen=True)
class _Plan:
    """Everything decided before anything is done."""

    source: Source
    title: str  # of the source
    classes: Classes
    pages: list[Placed]
    recipe: Recipe
    annotation_set: str

    def as_table(self) -> dict[str, Any]:
        """What must be equal for an import to go on where an earlier one stopped."""
        source = {
            "layout": self.source.layout,
            "source": self.title,
            "annotation-set": self.annotation_set,
            "listing": _digest(self.source, self.pages),
        }
        recipe = {
            IMPORTED: source,
            "patches": list(self.recipe.patches),
            "patches-per-class": self.recipe.patches_per_class,
            "whole-masks": self.recipe.whole_masks,
            "seed": self.recipe.seed,
        }
        table = {
            "recipe": recipe,
            "label_set": self.classes.labels.as_table(),
            "versions": {"deepscores": __version__, **{one: version(one) for one in _PACKAGES}},
            "scores": "imported",
        }
        plain: dict[str, Any] = json.loads(json.dumps(table))
        return plain

    @property
    def chunks(self) -> int:
        return -(-len(self.pages) // PAGES)


def import_dataset(
    path: Path,
    folder: Path,
    recipe: Recipe,
    *,
    layout: str | None = None,
    annotation_set: str = "",
    executor: Executor = ONE_WORKER,
    force: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Make the dataset of others at *path* one of ours in *folder*, or go on with it.

    Patches and seed are the *recipe*'s; *layout* is found out where it is not told. What cannot be
    taken over is left out and listed in ``skipped.jsonl``. Raise DatasetError for a *path* without
    a dataset of a known layout and for a *folder* that cannot be used, RecipeError for what makes
    no sense.
    """
    progress = progress or Silence()
    progress.stage("Listing pages", None)
    plan = _plan(path, recipe, layout, annotation_set)
    _refuse(path, folder)
    claim = claim_dataset(folder, plan, force=force)
    finished = claim.is_finished()
    if not finished or (folder / BUILD).exists():
        with claim.locked():
            if not claim.is_finished():
                claim.begin()
                _import(plan, claim, executor, progress)
            shutil.rmtree(folder / BUILD, ignore_errors=True)
    return _summarise(folder, already_there=finished)


def _plan(path: Path, recipe: Recipe, layout: str | None, annotation_set: str) -> _Plan:
    source = open_source(path, layout, annotation_set)
    title = path.resolve().name
    classes = classes_of(title, source.layout, source.classes)
    recipe = Recipe(
        patches=recipe.patches,
        patches_per_class=recipe.patches_per_class,
        seed=recipe.seed,
        whole_masks=source.whole_masks,
    )
    return _Plan(
        source, title, classes, place_pages(source.pages, recipe.seed), recipe, annotation_set
    )


def _refuse(path: Path, folder: Path) -> None:
    around = path.resolve() if path.is_dir() else path.resolve().parent
    if folder.resolve().is_relative_to(around) and path.is_dir():
        raise DatasetError(f"{folder}: lies in what is to be imported; choose another folder")


def _digest(source: Source, pages: Sequence[Placed]) -> str:
    """Of the names and sizes of the source's files, and of the names of its pages."""
    found = sha256()
    for file in source.files:
        found.update(f"{file.name}\t{file.stat().st_size}\n".encode())
    for page in pages:
        found.update(f"{page.listed.name}\t{page.origin.split}\n".encode())
    return found.hexdigest()


def _import(plan: _Plan, claim: Claim, executor: Executor, progress: Progress) -> None:
    folder = claim.folder
    torn = torn_scores(plan.pages)
    if torn:
        progress.note(f"{len(torn)} scores have pages in several splits, {torn[0]} for one")
    progress.stage("Importing pages", len(plan.pages))
    records = read_records(folder, plan.chunks)
    for one in records:
        progress.advance(len(_chunk(plan, one)))
    for task, record in _written(plan, folder, set(records), executor):
        records[task.index] = record
        progress.advance(len(task.pages))
    ordered = [records[index] for index in sorted(records)]
    if not any(one.pages for one in ordered):
        first = next((left for one in ordered for left in one.left_out), None)
        _abandon(claim)
        why = f", the first, {first.page}: {first.detail}" if first else ""
        raise DatasetError(f"{plan.title}: no page could be imported{why}")
    held = _holdings(plan, ordered)
    assemble(
        folder, held, lambda totals: _describe(plan, ordered, totals, torn), executor, progress
    )


def _abandon(claim: Claim) -> None:
    """Leave the folder as if nothing had been tried; the lock goes with the process."""
    claim.clear()
    shutil.rmtree(claim.folder / BUILD, ignore_errors=True)
    with suppress(OSError):
        claim.folder.rmdir()  # unless something else lies there


def _chunk(plan: _Plan, index: int) -> list[Placed]:
    return plan.pages[index * PAGES : (index + 1) * PAGES]


def _tasks(plan: _Plan, folder: Path, done: set[int]) -> Iterator[Task]:
    entries = plan.source.entries()
    for index in range(plan.chunks):
        pages = [(placed, next(entries)) for placed in _chunk(plan, index)]
        if index not in done:
            yield Task(
                index,
                folder,
                plan.source.layout,
                plan.classes.labels,
                plan.classes.names,
                plan.recipe.whole_masks,
                tuple(pages),
            )


def _written(
    plan: _Plan, folder: Path, done: set[int], executor: Executor
) -> Iterator[tuple[Task, Record]]:
    tasks = _tasks(plan, folder, done)
    executor = for_safe_work(executor, plan.chunks)
    results = executor.run(write_chunk, tasks, limits=limits)
    with closing(results):
        for _, task, outcome in results:
            if isinstance(outcome, Failed):
                first = task.pages[0][0].listed.name
                raise DatasetError(f"{first} and what follows: {outcome.reason}: {outcome.detail}")
            yield task, outcome.value


def _holdings(plan: _Plan, records: Sequence[Record]) -> Holdings:
    portions = []
    first = 0
    for one in records:
        if one.pages:
            stems = tuple(str(row[0]) for row in one.pages)
            symbols = sum(row[_SYMBOLS] for row in one.pages)
            portions.append(Portion(one.index, first, stems, symbols, whole=True))
        first += len(one.pages)
    return Holdings(
        plan.recipe,
        plan.classes.labels,
        portions,
        [entry for one in records for entry in one.files],
        [row for one in records for row in one.pages],
        _score_rows(plan, records),
        _skipped(plan, records),
    )


def _score_rows(plan: _Plan, records: Sequence[Record]) -> list[tuple[Any, ...]]:
    """A row for each score that has pages; nothing but its name is known."""
    pages = Counter(score for one in records for score in one.scores)
    of_score = {one.origin.score: one for one in reversed(plan.pages)}  # its first page
    return [
        (
            score, of_score[score].listed.name, "", "", plan.source.layout,
            of_score[score].origin.work, of_score[score].origin.split, "", "", "", None, None,
            None, count, [],
        )
        for score, count in pages.items()
    ]  # fmt: skip


def _left_out(plan: _Plan, records: Sequence[Record]) -> Iterator[Left]:
    yield from plan.source.left_out
    for one in records:
        yield from one.left_out


def _skipped(plan: _Plan, records: Sequence[Record]) -> bytes:
    """A line for each page and each object that was left out."""
    of_page = {one.origin.stem: one.origin.score for one in plan.pages}
    lines = (
        json.dumps(
            {
                "score": of_page.get(page, page),
                "page": page if page in of_page else None,
                "reason": reason,
                "detail": detail,
            },
            ensure_ascii=False,
        )
        for page, reason, detail in _left_out(plan, records)
    )
    return "".join(f"{line}\n" for line in lines).encode()


def _describe(
    plan: _Plan, records: Sequence[Record], totals: Totals, torn: Sequence[str]
) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    for one in records:
        counts.update(one.counts)
    left_out = Counter(one.reason for one in _left_out(plan, records))
    missing = len(plan.pages) - totals.pages
    told = sum(bool(one.listed.split) for one in plan.pages)
    return {
        **plan.as_table(),
        "seed": plan.recipe.seed,
        "counts": {
            **totals.as_table(plan.classes.labels),
            "skipped": {},
            "pages_left_out": missing,
        },
        IMPORTED: {
            "layout": plan.source.layout,
            "masks": plan.source.masks,
            "classes": plan.classes.table,
            "splits_told": told,
            "splits_by_hash": len(plan.pages) - told,
            "scores_in_several_splits": list(torn),
            "left_out": dict(sorted(left_out.items())),
            "changed": dict(sorted(counts.items())),
        },
    }


def _summarise(folder: Path, *, already_there: bool) -> Summary:
    table = require_dataset(folder)
    counts, told = table["counts"], table[IMPORTED]
    return Summary(
        folder,
        told["layout"],
        {split: _lines(folder / "splits" / f"{split}.txt") for split in SPLITS},
        counts["symbols"],
        counts["objects"],
        sum(count > 0 for count in counts["classes"].values()),
        len(counts["classes"]),
        counts["patches"],
        told["masks"],
        told["left_out"],
        already_there,
    )


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n")
