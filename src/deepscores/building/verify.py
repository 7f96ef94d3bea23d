"""Check a dataset: every file against the manifest, and a sample of pages made again."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deepscores.building.pages import pages_of
from deepscores.building.plan import identity
from deepscores.building.shards import limits, warm_up
from deepscores.dataset.layout import DATASET, IMPORTED, require_dataset
from deepscores.dataset.manifest import Problem, check_manifest
from deepscores.dataset.png.codec import decode_png
from deepscores.dataset.tables import read_table
from deepscores.dataset.writer import Provenance, make_sample
from deepscores.engraving.registry import find_engraver
from deepscores.engraving.smufl.fontfile import identify
from deepscores.engraving.verovio.fonts import install
from deepscores.errors import DatasetError, RecipeError, ScoreError
from deepscores.page.labels.label_sets import LabelSet, parse_label_set_table
from deepscores.recipe.recipe import Recipe, apply
from deepscores.runs.executors.choice import ONE_WORKER
from deepscores.runs.executors.protocol import Executor, Failed
from deepscores.runs.progress import NullProgress, Progress
from deepscores.runs.streams import key_hash
from deepscores.scores import Source

_NEEDED = frozenset({DATASET, "pages.parquet", "scores.parquet"})  # to make pages again


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of verifying a dataset."""

    files: int
    pages_remade: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Remake:
    source: Source
    size: int
    recipe: Recipe
    labels: LabelSet
    folder: Path
    origin: Provenance
    pages: tuple[str, ...]  # stems to be remade


def verify(
    folder: Path,
    *,
    rerender: float = 0.01,
    fonts: Sequence[Path] = (),
    font_dir: str = "",
    executor: Executor = ONE_WORKER,
    progress: Progress | None = None,
) -> Verdict:
    """Compare every file of the dataset in *folder* with its manifest.

    A share *rerender* of the pages (at least one, chosen by name) is made again from the scores
    in the dataset, by its recipe and label set, and compared byte by byte; an imported dataset has
    no scores, so none is. *fonts* are files of SMuFL fonts that the recipe needs, *font_dir* is the
    folder of LilyPond's fonts. Raise DatasetError if there is no finished dataset, RecipeError for
    a font that is neither named nor known from an earlier run.
    """
    progress = progress or NullProgress()
    table = require_dataset(folder)
    progress.stage("Checking files", None)
    files = 0

    def count(checked: int) -> None:
        nonlocal files
        files += checked
        progress.advance(checked)

    if IMPORTED in table["recipe"]:
        rerender = 0  # nothing to make its pages from
        recipe = Recipe()
    else:
        recipe = with_fonts(recipe_of(table, font_dir), fonts)
    if rerender > 0:
        for file in recipe.font_files:
            install(file)
    problems = check_manifest(folder, count)
    damaged = _NEEDED.intersection(problem.path for problem in problems)
    tasks = list(_remakes(folder, table, recipe, rerender)) if rerender > 0 and not damaged else []
    progress.stage("Making pages again", sum(len(task.pages) for task in tasks))
    if tasks and (newer := _other_versions(table, recipe)):
        problems.append(Problem("dataset.json", f"made with other versions: {newer}"))
    results = executor.run(remake, tasks, limits=limits, start=warm_up)
    with closing(results):
        for _, task, outcome in results:
            if isinstance(outcome, Failed):
                problems.append(Problem(task.source.name, f"{outcome.reason}: {outcome.detail}"))
            else:
                problems += outcome.value
            progress.advance(len(task.pages))
    return Verdict(files, sum(len(task.pages) for task in tasks), tuple(problems))


def _other_versions(table: dict[str, Any], recipe: Recipe) -> str:
    labels = parse_label_set_table(table["label_set"], "dataset.json")
    current = identity(recipe, labels)["versions"]
    return ", ".join(
        f"{name} {then} (here {current.get(name, 'none')})"
        for name, then in table["versions"].items()
        if current.get(name) != then
    )


def recipe_of(table: dict[str, Any], font_dir: str) -> Recipe:
    """The recipe a dataset was made by, as far as its pages depend on it."""
    stored = {
        key: value for key, value in table["recipe"].items() if key not in ("scores", "labels")
    }
    folder = stored.pop("font-dir", "")
    if folder and not font_dir:
        raise RecipeError(f"made with music fonts of a folder {folder!r}: name it with --font-dir")
    return apply(Recipe(), {**stored, "font-dir": font_dir} if folder else stored)


def with_fonts(recipe: Recipe, paths: Sequence[Path]) -> Recipe:
    """*recipe* with the places of those of its fonts that are among the files *paths*.

    Raise RecipeError for a file that is not one of its fonts.
    """
    files = list(recipe.font_files)
    for path in paths:
        font_file = identify(path)
        for place, file in enumerate(files):
            if replace(font_file, name=file.name) == file:
                files[place] = replace(font_file, name=file.name)
                break
        else:
            raise RecipeError(f"{path}: the dataset was not made with this font")
    return replace(recipe, font_files=tuple(files))


def _remakes(
    folder: Path, table: dict[str, Any], recipe: Recipe, share: float
) -> Iterator[_Remake]:
    labels = parse_label_set_table(table["label_set"], "dataset.json")
    pages = read_table(folder / "pages.parquet").to_pylist()
    ranked = sorted(pages, key=lambda row: key_hash(recipe.seed, "verify", row["page"]))
    sample = ranked[: max(round(share * len(pages)), 1)]
    scores = {row["score"]: row for row in read_table(folder / "scores.parquet").to_pylist()}
    by_score: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in sample:
        by_score.setdefault((row["score"], row["font"]), []).append(row)
    for (score, font), rows in sorted(by_score.items()):
        path = folder / scores[score]["file"]
        if not path.exists():
            continue  # reported by the check of the manifest
        first = rows[0]
        yield _Remake(
            Source(path, scores[score]["source"], score),
            path.stat().st_size,
            _in_one_font(recipe, first["engraver"], font),
            labels,
            folder,
            Provenance(score, first["work"], first["split"], first["engraver"], font),
            tuple(sorted(row["page"] for row in rows)),
        )


def _in_one_font(recipe: Recipe, engraver: str, font: str) -> Recipe:
    folder = recipe.font_dir if find_engraver(engraver).takes_font_folder else ""
    changes = {"engraver": engraver, "fonts": [font], "pages": "all"}
    return apply(replace(recipe, font_dir=folder), changes)


def remake(task: _Remake) -> list[Problem]:
    """Make some pages of a score again and compare their files."""
    try:
        return list(_compare(task))
    except ScoreError as error:
        return [Problem(task.source.name, f"cannot be made again: {error.problem}")]


def _compare(task: _Remake) -> Iterator[Problem]:
    missing = set(task.pages)
    for drawn in pages_of(task.source, task.recipe):
        if not missing:
            return
        sample = make_sample(drawn.sheet, drawn.page, task.labels, task.origin, 0)
        if sample.stem not in missing:
            continue
        missing.discard(sample.stem)
        for path, data in sample.files.items():
            problem = _difference(task.folder / path, data)
            if problem:
                yield Problem(path, problem)
    for stem in sorted(missing):
        yield Problem(stem, "the score gives no such page")


def _difference(path: Path, data: bytes) -> str:
    try:
        stored = path.read_bytes()
    except OSError:
        return ""  # reported by the check of the manifest
    if stored == data:
        return ""
    if path.suffix == ".png":
        try:
            stored_pixels, remade_pixels = decode_png(stored, str(path)), decode_png(data)
        except DatasetError as error:
            return str(error)
        if stored_pixels.shape != remade_pixels.shape:
            return f"made again, it is {remade_pixels.shape[1]}x{remade_pixels.shape[0]} px"
        pixels = int((stored_pixels != remade_pixels).sum())
        return f"made again, {pixels} pixels differ" if pixels else "made again, packed differently"
    return "made again, it differs"
