"""One score, engraved to be looked at: its pages, labels and overlay pictures in a folder."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deepscores.building.pages import pages_of
from deepscores.building.shards import limits, warm_up
from deepscores.dataset.columns import encode_table
from deepscores.dataset.writer import make_sample
from deepscores.errors import EngravingError, RecipeError, ScoreError
from deepscores.page.painting.overlay import draw_overlay
from deepscores.recipe.recipe import Recipe
from deepscores.runs.claim import Claim, claim_output
from deepscores.runs.executors.choice import ONE_WORKER
from deepscores.runs.executors.protocol import Executor, Failed
from deepscores.runs.files import write_file
from deepscores.runs.progress import NullProgress, Progress
from deepscores.scores import Source, find_scores

OWNED = (
    "images_png", "instances_png", "overlays", "pix_annotations_png", "symbols", "xml_annotations",
)  # fmt: skip


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
    claim: Claim


def engrave_score(
    score: str | Path,
    folder: Path,
    recipe: Recipe,
    *,
    executor: Executor = ONE_WORKER,
    force: bool = False,
    progress: Progress | None = None,
) -> list[EngravedPage]:
    """Engrave one score in every font of *recipe* into *folder*, with overlay pictures.

    Raise RecipeError if *score* is not one file, ScoreError if it cannot be read or engraved,
    DatasetError for a folder that cannot be used: pages of another score are replaced with *force*
    alone.
    """
    progress = progress or NullProgress()
    sources = find_scores([score])
    if len(sources) != 1:
        raise RecipeError(f"{score}: holds {len(sources)} scores; name one, or use build")
    source = sources[0]
    claim = claim_output(folder, "engraving", {"score": source.name}, OWNED, force=force)
    claim.check()
    progress.stage("Engraving", None)
    task = _Task(source, source.path.stat().st_size, recipe, claim)
    for _, _, outcome in executor.run(_engrave, [task], limits=limits, start=warm_up):
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
    recipe, labels = task.recipe, task.recipe.labels
    folder = task.claim.folder
    for place, drawn in enumerate(pages_of(task.source, recipe)):
        sheet = drawn.sheet
        if not place:
            task.claim.begin()
        sample = make_sample(sheet, drawn.page, labels, drawn.provenance(recipe.seed), place)
        for path, data in sample.files.items():
            write_file(folder / path, data)
        write_file(folder / f"symbols/{sample.stem}.parquet", encode_table(sample.symbols))
        overlay = folder / f"overlays/{sample.stem}.png"
        objects = labels.label(sheet.symbols)
        sink = io.BytesIO()
        draw_overlay(sheet, objects, labels).save(sink, "PNG")
        write_file(overlay, sink.getvalue())
        image = folder / f"images_png/{sample.stem}.png"
        yield EngravedPage(sample.stem, image, overlay, len(sheet.symbols), len(objects))
