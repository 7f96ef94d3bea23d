"""The commands as functions, with the options and defaults of `deepscores.recipe.options`.

Each function imports what it needs when it is called: a build need not wait for the trainers.
*jobs* and *executor* mean the same in all of them; see `build`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepscores.recipe.options.runs import JOBS
from deepscores.recipe.options.table import options_of, takes_options

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deepscores.building.build import BuildSummary
    from deepscores.building.importing.run import ImportSummary
    from deepscores.building.single import EngravedPage
    from deepscores.building.verify import Verdict
    from deepscores.evaluation.run import EvaluationOutput
    from deepscores.formats.export import ExportSummary
    from deepscores.inference.predicting.run import PredictionSummary
    from deepscores.inspection.checking.ledger import Report
    from deepscores.inspection.galleries.classes.visit import Visit
    from deepscores.inspection.galleries.fonts.book import Fonts
    from deepscores.inspection.report.run import ReportOutput
    from deepscores.inspection.statistics.model import Statistics
    from deepscores.page.labels.label_sets import LabelSet
    from deepscores.recipe.recipe import Recipe
    from deepscores.runs.executors.protocol import Executor
    from deepscores.runs.progress import Progress
    from deepscores.training.loop.outcome import Trained

__all__ = [
    "build", "check", "engrave", "evaluate", "export", "fonts", "gallery", "import_dataset",
    "predict", "report", "statistics", "train", "verify", "view",
]  # fmt: skip


@takes_options("build")
def build(
    scores: Sequence[str | Path] | str | Path | None = None,
    output: str | Path | None = None,
    *,
    recipe: Recipe | str | Path | None = None,
    jobs: int | None = None,
    executor: str | Executor | None = None,
    force: bool = False,
    progress: Progress | None = None,
    **changes: Any,
) -> BuildSummary:
    """Build a dataset in *output* from *scores*: files, folders, glob patterns, or the corpus.

    *output* is by default the recipe file's, else ``dataset``. *recipe* is a `Recipe` or a TOML
    file; *changes* override it by the names of the command line's options: ``fonts=["Bravura"]``,
    ``font=["Sebastian.otf"]``, ``pages="all"``, ``page_size="1894x2668"``. The same call resumes
    an interrupted build. *executor* is ``local`` (*jobs* worker processes, by default one per core,
    which contain crashes and enforce limits of time and memory), ``inline`` (this process: no
    worker has to start, and nothing is contained) or an executor of your own; by default what the
    environment variable ``DEEPSCORES_EXECUTOR`` names, else ``local``. Raise RecipeError for
    invalid options, DatasetError for a folder that cannot be used.
    """
    from deepscores.building import build
    from deepscores.recipe.recipe import Recipe, Run, read_run
    from deepscores.runs.executors.choice import choose_executor

    resolved = resolve(recipe, scores, changes)
    run = Run() if recipe is None or isinstance(recipe, Recipe) else read_run(Path(recipe))
    return build.build(
        resolved,
        Path(output or run.output or "dataset"),
        executor=choose_executor(executor or run.executor, run.jobs if jobs is None else jobs),
        force=force or run.force,
        progress=progress,
    )


@takes_options("engrave")
def engrave(
    score: str | Path,
    output: str | Path,
    *,
    recipe: Recipe | str | Path | None = None,
    executor: str | Executor | None = None,
    force: bool = False,
    progress: Progress | None = None,
    **changes: Any,
) -> list[EngravedPage]:
    """Engrave one score into *output* for inspection: pages, labels and overlay pictures.

    *recipe* and *changes* are as in `build`.
    *force* replaces those of another score. Raise DatasetError for a folder of anything else.
    """
    from deepscores.building.single import engrave_score
    from deepscores.runs.executors.choice import choose_executor

    resolved = resolve(recipe, None, {"pages": "all", **changes})
    return engrave_score(
        score,
        Path(output),
        resolved,
        executor=choose_executor(executor, 1),
        force=force,
        progress=progress,
    )


def verify(
    dataset: str | Path,
    *,
    rerender: float = 0.01,
    font: Sequence[str | Path] = (),
    font_dir: str | Path = "",
    jobs: int | None = None,
    executor: str | Executor | None = None,
    progress: Progress | None = None,
) -> Verdict:
    """Compare a dataset's files with its manifest, and a share of its pages with new ones.

    *font* names the files of the SMuFL fonts that it was built with, unless this machine has used
    them before, *font_dir* the folder of LilyPond's music fonts, if there was one. Raise
    RecipeError if one that is needed is missing.
    """
    from deepscores.building import verify
    from deepscores.runs.executors.choice import choose_executor

    return verify.verify(
        Path(dataset),
        rerender=rerender,
        fonts=[Path(path) for path in font],
        font_dir=str(font_dir),
        executor=choose_executor(executor, jobs),
        progress=progress,
    )


def gallery(
    output: str | Path,
    *,
    labels: str | LabelSet = "deepscores-118",
    fonts: Sequence[str] | str | None = None,
    font: Sequence[str | Path] = (),
    force: bool = False,
    progress: Progress | None = None,
) -> Visit:
    """Write a picture of every class of *labels*, cut from real pages, in *fonts* (default: all).

    *font* names files of additional SMuFL fonts. *force* replaces a gallery in other fonts. Raise
    DatasetError for a folder of anything else.
    """
    from deepscores.inspection.galleries.classes.visit import write_zoo

    changes: dict[str, Any] = {"labels": labels, "font": [str(path) for path in font]}
    if fonts is not None:
        changes["fonts"] = fonts
    return write_zoo(Path(output), resolve(None, None, changes), force=force, progress=progress)


def fonts(
    names: Sequence[str | Path] | str = (),
    output: str | Path | None = None,
    *,
    labels: str | LabelSet = "deepscores-118",
    engraver: str | None = None,
    font_dir: str | Path = "",
    force: bool = False,
    progress: Progress | None = None,
) -> Fonts:
    """List fonts, *names* or SMuFL files, with what each contains.

    By default these are the fonts of every installed engraver; named fonts are Verovio's, unless
    *engraver* says otherwise. *font_dir* holds fonts for LilyPond. Into the folder *output*, if
    any, go a picture of one passage in all of them and a page; *force* replaces those of other
    fonts. Raise DatasetError for a folder of anything else.
    """
    from deepscores.engraving.registry import installed_engravers
    from deepscores.inspection.galleries.fonts.book import write_fonts

    engraver = engraver or ("verovio" if names else ",".join(installed_engravers()))
    changes: dict[str, Any] = {"labels": labels, "engraver": engraver}
    if font_dir:
        changes["font-dir"] = str(font_dir)
    if names:
        changes["fonts"] = names if isinstance(names, str) else [str(name) for name in names]
    folder = Path(output) if output is not None else None
    return write_fonts(resolve(None, None, changes), folder, force=force, progress=progress)


def check(
    dataset: str | Path,
    *,
    sample: float | None = None,
    alike: float = 0.5,
    jobs: int | None = None,
    executor: str | Executor | None = None,
    progress: Progress | None = None,
) -> Report:
    """Compare the labels of a dataset in any supported layout with its pixels, tables and splits.

    *sample* checks a share of the pages (below 1) or a number of them. Scores in different splits
    that have the share *alike* of their music in common are reported. Raise DatasetError where
    there is no dataset.
    """
    from deepscores.inspection.checking.audit import audit
    from deepscores.runs.executors.choice import choose_executor

    return audit(
        Path(dataset),
        sample=sample,
        alike=alike,
        executor=choose_executor(executor, jobs),
        progress=progress,
    )


def report(
    dataset: str | Path,
    output: str | Path = "report",
    *,
    against: Sequence[str | Path] | str | Path = (),
    audited: int = 50,
    jobs: int | None = None,
    executor: str | Executor | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> ReportOutput:
    """Write the paper's tables and figures, and more, of a dataset: an HTML page and its parts.

    *against* names datasets to compare with: of this program, COCO, DeepScoresV2, DeepScores V1,
    PASCAL VOC, YOLO, MUSCIMA++. *audited* pages are checked as by `check`. *force* replaces the
    report of another dataset. Needs ``deepscores[report]``: raise RecipeError without it,
    DatasetError for a dataset that is missing or cannot be read and for a folder of anything else.
    """
    from deepscores.inspection.report.run import write_report
    from deepscores.runs.executors.choice import choose_executor

    paths = [against] if isinstance(against, str | Path) else against
    return write_report(
        Path(dataset),
        Path(output),
        against=[Path(path) for path in paths],
        audited=audited,
        executor=choose_executor(executor, jobs),
        force=force,
        progress=progress,
    )


@takes_options("export")
def export(
    dataset: str | Path,
    output: str | Path,
    *,
    to: str,
    jobs: int | None = None,
    executor: str | Executor | None = None,
    force: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> ExportSummary:
    """Write *dataset* to the folder *output* in the format *to*; the same call resumes it.

    *options* are those of the command line by name: ``labels="deepscores-v2"``, ``split="train"``,
    ``classes=["rest*"]``, ``tiles=1024``, ``overlap=128``, ``visibility=0.5``, ``staff_space=20``,
    ``images="link"``, ``patches="45x170"``, ``patches_per_class=5000``. Raise RecipeError for
    invalid options, DatasetError for a damaged dataset or a folder that cannot be used.
    """
    from deepscores.formats import export as run
    from deepscores.formats.options import options_from
    from deepscores.runs.executors.choice import choose_executor

    return run.export(
        Path(dataset),
        Path(output),
        options_from({"to": to, **options}),
        executor=choose_executor(executor, jobs),
        force=force,
        progress=progress,
    )


def evaluate(
    predictions: str | Path,
    dataset: str | Path,
    *,
    task: str | None = None,
    split: str = "test",
    labels: str | LabelSet | None = None,
    classes: Sequence[str] | str = (),
    protocol: str = "deepscores",
    resamples: int = 1000,
    seed: int = 0,
    output: str | Path | None = None,
    jobs: int | None = None,
    executor: str | Executor | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> EvaluationOutput:
    """Evaluate a model's *predictions* on one split of *dataset*.

    *predictions* are a list of detections in COCO's format, a folder of masks of class ids, or a
    CSV file of patch labels; *task* (``detect``, ``segment``, ``classify``) is detected from them
    by default. Ids are those of the label set *labels*, by default the dataset's own; only
    *classes* (names or patterns) count.
    *resamples* of the works give the confidence intervals. Into the folder *output*, if any, go a
    page, tables and everything as JSON; *force* replaces another evaluation there. Detections need
    ``deepscores[evaluate]``: raise RecipeError without it and for invalid options, DatasetError for
    damaged or unsuitable predictions and for a folder of anything else.
    """
    from deepscores.evaluation import run
    from deepscores.runs.executors.choice import choose_executor

    return run.evaluate(
        Path(predictions),
        Path(dataset),
        task=task,
        split=split,
        labels=labels,
        classes=classes,
        protocol=protocol,
        resamples=resamples,
        seed=seed,
        output=None if output is None else Path(output),
        executor=choose_executor(executor, jobs),
        force=force,
        progress=progress,
    )


@takes_options("import")
def import_dataset(
    source: str | Path,
    output: str | Path,
    *,
    layout: str | None = None,
    annotation_set: str = "",
    jobs: int | None = None,
    executor: str | Executor | None = None,
    force: bool = False,
    progress: Progress | None = None,
    **changes: Any,
) -> ImportSummary:
    """Import a dataset in another layout into the folder *output*; the same call resumes it.

    *layout* is ``deepscores-v1``, ``deepscores-v2``, ``coco``, ``yolo``, ``mung`` or ``voc``, and
    detected by default; *annotation_set* is one of DeepScoresV2's. *changes* are
    ``patches="45x170"``, ``patches_per_class=5000`` and ``seed=0``. Raise RecipeError for invalid
    options, DatasetError for a source without a dataset and a folder that cannot be used.
    """
    from deepscores.building.importing import run
    from deepscores.errors import RecipeError
    from deepscores.runs.executors.choice import choose_executor

    names = [
        option.python_name for option in options_of("import") if option.file_section == "recipe"
    ]
    for name in changes:
        if name not in names:
            raise RecipeError(f"no option {name!r} of an import; there are {', '.join(names)}")
    return run.import_dataset(
        Path(source),
        Path(output),
        resolve(None, None, changes),
        layout=layout,
        annotation_set=annotation_set,
        executor=choose_executor(executor, jobs),
        force=force,
        progress=progress,
    )


def statistics(dataset: str | Path) -> Statistics:
    """Counts of a dataset: symbols and objects by page, class, font and split; sizes by class.

    Its symbol table is streamed, not loaded. Needs DuckDB (``deepscores[stats]``): raise
    RecipeError without it, DatasetError where there is no dataset or its tables disagree.
    """
    from deepscores.inspection.statistics import counting

    return counting.statistics(Path(dataset))


def predict(
    inputs: Sequence[str | Path] | str | Path,
    output: str | Path,
    *,
    model: str | Path = "",
    task: str | None = None,
    split: str = "test",
    threshold: float = 0.3,
    staff_space: float | None = None,
    overlay: bool = True,
    jobs: int | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> PredictionSummary:
    """Predict on *inputs*: pictures, PDFs, folders of them, *split* of datasets; into *output*.

    *model* is the folder of a training run, a model file, or the name of a bundled model:
    ``detect``, ``segment``, ``classify``; by default that for *task*, or ``detect``. Boxes with a
    score below *threshold* are left out. *staff_space* is in pixels, for PDFs in points; by default
    it is taken from the page or estimated. *overlay* writes pictures that show the predictions.
    *jobs* pages are processed at once. The same call resumes an interrupted run. Needs
    ``deepscores[predict]``: raise RecipeError without it and for invalid options, DatasetError for
    a model or folder that cannot be used. The summary lists pages that could not be read.
    """
    from deepscores.inference.predicting import run
    from deepscores.inference.predicting.options import Options

    JOBS.check(jobs)
    return run.predict(
        [inputs] if isinstance(inputs, str | Path) else inputs,
        Path(output),
        Options(task, split, threshold, staff_space, overlay),
        model=model or task or "detect",
        jobs=jobs,
        force=force,
        progress=progress,
    )


@takes_options("train")
def train(
    task: str,
    dataset: str | Path,
    output: str | Path,
    *,
    force: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> Trained:
    """Train a baseline model on *dataset* into the folder *output*; the same call resumes it.

    *task* is ``classify``, ``detect`` or ``segment``. *options* are those of the command line by
    name: ``preset="small"``, ``minutes=8``, ``steps=5000``, ``device="cuda"``, ``seed=0``,
    ``labels="deepscores-v2"``, ``recipe="fresh.toml"`` (``--synthetic``), ``batch_size=128``
    (``--batch``), ``workers=4``, ``staff_space=16``, ``box_channel=True``, ``protocol="paper"``.
    Needs ``deepscores[torch]``: raise RecipeError without it and for invalid options, DatasetError
    for a dataset that cannot be used and a folder that holds another run. Ctrl-C writes the
    checkpoint and raises KeyboardInterrupt.
    """
    from deepscores.training import training
    from deepscores.training.loop.options import train_options

    trained: Trained = training().train(
        task,
        Path(dataset),
        Path(output),
        train_options(task, options),
        force=force,
        progress=progress,
    )
    return trained


def view(
    dataset: str | Path,
    *,
    port: int | None = None,
    findings: str | Path | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Show a dataset in a web viewer on this machine, until Ctrl-C.

    *ready* is called once with its address. *port* is by default 8118, or a free one; *findings*, a
    report of `check` as JSON, is by default ``DATASET.findings.json`` beside the dataset, if that
    exists. Needs Starlette and uvicorn (``deepscores[view]``): raise
    RecipeError without them or for a port in use, DatasetError where there is no dataset.
    """
    from deepscores.inspection.viewer.serving import serve

    serve(
        Path(dataset),
        port=port,
        findings=None if findings is None else Path(findings),
        ready=ready or (lambda _: None),
    )


def resolve(
    recipe: Recipe | str | Path | None,
    scores: Sequence[str | Path] | str | Path | None,
    changes: dict[str, Any],
) -> Recipe:
    """The checked recipe from a file or recipe, the scores, and changes of single options."""
    from deepscores.recipe.recipe import Recipe, apply, read_recipe

    base = (
        recipe if isinstance(recipe, Recipe) else read_recipe(Path(recipe)) if recipe else Recipe()
    )
    if isinstance(scores, str | Path):
        scores = [scores]
    if scores:
        changes = {**changes, "scores": [str(score) for score in scores]}
    return apply(base, changes)
