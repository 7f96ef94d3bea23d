"""Import a dataset in another format: plan, convert in workers, merge; resumable."""

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
    ImportRecord,
    ImportTask,
    limits,
    read_records,
    write_chunk,
)
from deepscores.building.importing.classes import Classes, classes_of
from deepscores.building.importing.placing import PlacedPage, place_pages, torn_scores
from deepscores.building.merge import Holdings, Totals, assemble
from deepscores.building.parts import Portion
from deepscores.building.plan import claim_dataset
from deepscores.dataset.layout import BUILD, IMPORTED, require_dataset
from deepscores.dataset.splits import SPLITS
from deepscores.errors import DatasetError
from deepscores.formats.reading.sources import Omission, Source
from deepscores.formats.recognition import open_source
from deepscores.recipe.recipe import Recipe
from deepscores.runs.claim import Claim
from deepscores.runs.executors.choice import ONE_WORKER, for_safe_work
from deepscores.runs.executors.protocol import Executor, Failed
from deepscores.runs.progress import NullProgress, Progress
from deepscores.version import __version__

_PACKAGES = ("pyarrow", "pillow", "numpy")  # that bytes depend on


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import wrote."""

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
    pages: list[PlacedPage]
    recipe: Recipe
    annotation_set: str

    def as_table(self) -> dict[str, Any]:
        """What must be equal for an import to resume an earlier one."""
        source = {
            "layout": self.source.format,
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
            "versions": {
                "deepscores": __version__,
                **{package: version(package) for package in _PACKAGES},
            },
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
) -> ImportSummary:
    """Convert the dataset at *path* to a deepscores dataset in *folder*, or resume doing so.

    Patches and seed are the *recipe*'s; the *layout*, the name of a format, is recognised by
    default. What cannot be converted is left out and listed in ``skipped.jsonl``. Raise
    DatasetError for a *path* without a dataset of a known format and for a *folder* that cannot be
    used, RecipeError for options that make no sense.
    """
    progress = progress or NullProgress()
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
    classes = classes_of(title, source.format, source.classes)
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
    source_folder = path.resolve() if path.is_dir() else path.resolve().parent
    if folder.resolve().is_relative_to(source_folder) and path.is_dir():
        raise DatasetError(f"{folder}: lies in the dataset to import; choose another folder")


def _digest(source: Source, pages: Sequence[PlacedPage]) -> str:
    """Of the names and sizes of the source's files, and of the names of its pages."""
    digest = sha256()
    for file in source.files:
        digest.update(f"{file.name}\t{file.stat().st_size}\n".encode())
    for page in pages:
        digest.update(f"{page.listing.name}\t{page.origin.split}\n".encode())
    return digest.hexdigest()


def _import(plan: _Plan, claim: Claim, executor: Executor, progress: Progress) -> None:
    folder = claim.folder
    torn = torn_scores(plan.pages)
    if torn:
        progress.note(f"{len(torn)} scores have pages in several splits, {torn[0]} for one")
    progress.stage("Importing pages", len(plan.pages))
    records = read_records(folder, plan.chunks)
    for index in records:
        progress.advance(len(_chunk(plan, index)))
    for task, record in _run_tasks(plan, folder, set(records), executor):
        records[task.index] = record
        progress.advance(len(task.pages))
    ordered = [records[index] for index in sorted(records)]
    if not any(record.pages for record in ordered):
        first = next((omission for record in ordered for omission in record.left_out), None)
        _abandon(claim)
        reason = f", the first, {first.page}: {first.detail}" if first else ""
        raise DatasetError(f"{plan.title}: no page could be imported{reason}")
    holdings = _holdings(plan, ordered)
    assemble(
        folder, holdings, lambda totals: _describe(plan, ordered, totals, torn), executor, progress
    )


def _abandon(claim: Claim) -> None:
    """Remove what was written to the folder; the lock goes with the process."""
    claim.clear()
    shutil.rmtree(claim.folder / BUILD, ignore_errors=True)
    with suppress(OSError):
        claim.folder.rmdir()  # unless something else lies there


def _chunk(plan: _Plan, index: int) -> list[PlacedPage]:
    return plan.pages[index * PAGES : (index + 1) * PAGES]


def _tasks(plan: _Plan, folder: Path, done_indices: set[int]) -> Iterator[ImportTask]:
    entries = plan.source.entries()
    for index in range(plan.chunks):
        pages = [(placed, next(entries)) for placed in _chunk(plan, index)]
        if index not in done_indices:
            yield ImportTask(
                index,
                folder,
                plan.source.format,
                plan.classes.labels,
                plan.classes.names,
                plan.recipe.whole_masks,
                tuple(pages),
            )


def _run_tasks(
    plan: _Plan, folder: Path, done_indices: set[int], executor: Executor
) -> Iterator[tuple[ImportTask, ImportRecord]]:
    tasks = _tasks(plan, folder, done_indices)
    executor = for_safe_work(executor, plan.chunks)
    results = executor.run(write_chunk, tasks, limits=limits)
    with closing(results):
        for _, task, outcome in results:
            if isinstance(outcome, Failed):
                first = task.pages[0][0].listing.name
                raise DatasetError(f"{first} and what follows: {outcome.reason}: {outcome.detail}")
            yield task, outcome.value


def _holdings(plan: _Plan, records: Sequence[ImportRecord]) -> Holdings:
    portions = []
    first = 0
    for record in records:
        if record.pages:
            stems = tuple(str(row["page"]) for row in record.pages)
            symbols = sum(row["symbols"] for row in record.pages)
            portions.append(Portion(record.index, first, stems, symbols, is_complete=True))
        first += len(record.pages)
    return Holdings(
        plan.recipe,
        plan.classes.labels,
        portions,
        [entry for record in records for entry in record.files],
        [row for record in records for row in record.pages],
        _score_rows(plan, records),
        _skipped(plan, records),
    )


def _score_rows(plan: _Plan, records: Sequence[ImportRecord]) -> list[dict[str, Any]]:
    """A row for each score that has pages; only its name is known."""
    pages = Counter(score for record in records for score in record.scores)
    of_score = {page.origin.score: page for page in reversed(plan.pages)}  # its first page
    return [
        {
            "score": score,
            "source": of_score[score].listing.name,
            "file": "",
            "sha256": "",
            "format": plan.source.format,
            "work": of_score[score].origin.work,
            "split": of_score[score].origin.split,
            "title": "",
            "composer": "",
            "rights": "",
            "measures": None,
            "notes": None,
            "notes_drawn": None,
            "pages": count,
            "mended": [],
        }
        for score, count in pages.items()
    ]


def _left_out(plan: _Plan, records: Sequence[ImportRecord]) -> Iterator[Omission]:
    yield from plan.source.omissions
    for record in records:
        yield from record.left_out


def _skipped(plan: _Plan, records: Sequence[ImportRecord]) -> bytes:
    """A line for each page and each object that was left out."""
    of_page = {page.origin.stem: page.origin.score for page in plan.pages}
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
    plan: _Plan, records: Sequence[ImportRecord], totals: Totals, torn: Sequence[str]
) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    for record in records:
        counts.update(record.counts)
    left_out = Counter(omission.reason for omission in _left_out(plan, records))
    missing = len(plan.pages) - totals.pages
    named_splits = sum(bool(page.listing.split) for page in plan.pages)
    return {
        **plan.as_table(),
        "seed": plan.recipe.seed,
        "counts": {
            **totals.as_table(plan.classes.labels),
            "skipped": {},
            "pages_left_out": missing,
        },
        IMPORTED: {
            "layout": plan.source.format,
            "masks": plan.source.masks,
            "classes": plan.classes.table,
            "splits_told": named_splits,
            "splits_by_hash": len(plan.pages) - named_splits,
            "scores_in_several_splits": list(torn),
            "left_out": dict(sorted(left_out.items())),
            "changed": dict(sorted(counts.items())),
        },
    }


def _summarise(folder: Path, *, already_there: bool) -> ImportSummary:
    table = require_dataset(folder)
    counts, imported = table["counts"], table[IMPORTED]
    return ImportSummary(
        folder,
        imported["layout"],
        {split: _lines(folder / "splits" / f"{split}.txt") for split in SPLITS},
        counts["symbols"],
        counts["objects"],
        sum(count > 0 for count in counts["classes"].values()),
        len(counts["classes"]),
        counts["patches"],
        imported["masks"],
        imported["left_out"],
        already_there,
    )


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n")
