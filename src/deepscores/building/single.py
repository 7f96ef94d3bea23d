"""One score, engraved to be looked at: its pages, labels and overlay pictures in a folder."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deepscores.building.pages import pages_of
from deepscores.building.shards import limits, warm_up
from deepscores.dataset.columns import encode_table
from deepscores.dataset.writer import make_sample
from deepscores.errors import DatasetError, EngravingError, RecipeError, ScoreError
from deepscores.page.painting.overlay import draw_overlay
from deepscores.recipe.recipe import Recipe
from deepscores.runs.executors.local.pool import Failed, run_contained
from deepscores.runs.files import write_file
from deepscores.runs.progress import Progress, Silence
from deepscores.scores import Source, find_scores


@dataclass(frozen=True, slots=True)
class EngravedPage:
    """One page that `engrave_score` wrote."""

    stem: str
    image: Path
    overlay: Path
    symbols: int
    objects: int


@dataclass(frozen=True, slots=True)
class _Task:
    source: Source
    size: int
    recipe: Recipe
    folder: Path


def engrave_score(
    score: str | Path, folder: Path, recipe: Recipe, *, progress: Progress | None = None
) -> list[EngravedPage]:
    """Engrave one score in every font of *recipe* into *folder*, with overlay pictures.

    Raise RecipeError if *score* is not one file, ScoreError if it cannot be read or engraved.
    """
    progress = progress or Silence()
    sources = find_scores([score])
    if len(sources) != 1:
        raise RecipeError(f"{score}: holds {len(sources)} scores; name one, or use build")
    if folder.exists() and not folder.is_dir():
        raise DatasetError(f"{folder}: is a file, not a folder")
    source = sources[0]
    progress.stage("Engraving", None)
    task = _Task(source, source.path.stat().st_size, recipe, folder)
    for _, _, outcome in run_contained(_engrave, [task], jobs=1, limits=limits, start=warm_up):
        if isinstance(outcome, Failed):
            raise EngravingError(source.name, f"{outcome.reason}: {outcome.detail}")
        if isinstance(outcome.value, ScoreError):
            raise outcome.value
        return outcome.value
    raise AssertionError("a task without an outcome")


def _engrave(task: _Task) -> list[EngravedPage] | ScoreError:
    try:
        return list(_write_pages(task))
    except ScoreError as error:
        return error


def _write_pages(task: _Task) -> Iterator[EngravedPage]:
    recipe, labels = task.recipe, task.recipe.label_set()
    for place, drawn in enumerate(pages_of(task.source, recipe)):
        sheet = drawn.sheet
        sample = make_sample(sheet, drawn.page, labels, drawn.provenance(recipe.seed), place)
        for path, data in sample.files.items():
            write_file(task.folder / path, data)
        write_file(task.folder / f"symbols/{sample.stem}.parquet", encode_table(sample.symbols))
        overlay = task.folder / f"overlays/{sample.stem}.png"
        objects = labels.label(sheet.symbols)
        sink = io.BytesIO()
        draw_overlay(sheet, objects, labels).save(sink, "PNG")
        write_file(overlay, sink.getvalue())
        image = task.folder / f"images_png/{sample.stem}.png"
        yield EngravedPage(sample.stem, image, overlay, len(sheet.symbols), len(objects))
