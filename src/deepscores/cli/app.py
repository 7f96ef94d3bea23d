"""The commands. Exit status: 0 done, 1 failed or problems found, 2 asked for nonsense."""

import os
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.main import get_command

from deepscores.errors import DeepScoresError, RecipeError
from deepscores.formats.registry import readable_names, writable_names
from deepscores.inference.models.card import TASKS
from deepscores.version import __version__

_INTERRUPTED = 130  # as shells have it for SIGINT

app = typer.Typer(
    name="deepscores",
    help="Labelled sheet-music pages from MusicXML.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)

Fonts = Annotated[
    str | None,
    typer.Option(metavar="A,B,…", help="Music fonts, names or SMuFL files [default: all five]."),
]
FontFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--font", metavar="FILE", help="A SMuFL font's file, besides --fonts; may be repeated."
    ),
]
Style = Annotated[
    str | None,
    typer.Option(
        metavar="PRESET",
        help="How engravings vary: plain, publisher-varied, dense, airy, early-print.",
    ),
]
Engraver = Annotated[
    str | None, typer.Option(metavar="NAME", help="verovio, lilypond or both [default: verovio].")
]
FontDir = Annotated[
    str | None, typer.Option(metavar="FOLDER", help="Music fonts for LilyPond besides its own.")
]
Labels = Annotated[
    str | None,
    typer.Option(metavar="SET", help="Label set: a name or a TOML file [default: deepscores-118]."),
]
PageSize = Annotated[
    str | None, typer.Option(metavar="WxH", help="Page in pixels [default: 1894x2668].")
]
StaffSpace = Annotated[
    float | None,
    typer.Option(metavar="PX", help="Pixels between two staff lines [default: 16]."),
]
Margin = Annotated[
    int | None, typer.Option(metavar="PX", help="Margin on all sides [default: 100].")
]
RecipeFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.toml", help="Any of these options, in a file; options go before it."
    ),
]
WholeMasks = Annotated[
    bool, typer.Option("--whole-masks", help="Each symbol's own mask, in the symbol table.")
]
Seed = Annotated[
    int | None, typer.Option(metavar="N", help="Order, splits and patches follow it [default: 0].")
]
Jobs = Annotated[
    int | None, typer.Option(metavar="N", help="Worker processes [default: one per core].")
]
ExecutorName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="local (contained worker processes) or inline (this process) [default: local].",
    ),
]


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it so
    if wanted:
        print(f"deepscores {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    pass


@app.command()
def build(
    scores: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SCORE|FOLDER|GLOB]...", help="Default: the corpus of music21."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DATASET", help="Folder [default: dataset]."),
    ] = None,
    recipe: RecipeFile = None,
    engraver: Engraver = None,
    fonts: Fonts = None,
    font: FontFiles = None,
    font_dir: FontDir = None,
    pages: Annotated[
        str | None, typer.Option(metavar="N|all", help="Stop after so many pages [default: 300].")
    ] = None,
    pages_per_score: Annotated[
        str | None,
        typer.Option(
            metavar="N|all", help="At most so many of one score [default: a twentieth of --pages]."
        ),
    ] = None,
    labels: Labels = None,
    page_size: PageSize = None,
    staff_space: StaffSpace = None,
    style: Style = None,
    margin: Margin = None,
    patches: Annotated[
        str | None, typer.Option(metavar="WxH", help="Size of patches [default: 45x170].")
    ] = None,
    patches_per_class: Annotated[
        int | None, typer.Option(metavar="N", help="At most so many of a class [default: 5000].")
    ] = None,
    quota: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Pick pages so that each class comes up so often, within --pages."
        ),
    ] = None,
    max_lost_notes: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE", help="Leave out scores whose engraving loses more [default: 0.02]."
        ),
    ] = None,
    seed: Seed = None,
    whole_masks: WholeMasks = False,
    jobs: Jobs = None,
    executor: ExecutorName = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a dataset of another recipe.")
    ] = False,
) -> None:
    """Build a dataset; interrupted, the same command goes on where it was.

    \b
    deepscores build -o dataset                          the default corpus, 300 pages
    deepscores build scores/ -o mine --pages all         every score of a folder
    deepscores build 'lieder/**/*.mxl' -o lieder --fonts Bravura,Leland --labels full
    deepscores build --font fonts/Sebastian.otf -o six   the five fonts and one more
    deepscores build --engraver both -o two              by Verovio and by LilyPond
    deepscores build --quota 50 --pages all -o even      fifty of each class, as far as there are
    deepscores build --recipe big.toml -o big --jobs 8
    """
    from deepscores import api
    from deepscores.cli.screen import print_summary, watching

    _positive("jobs", jobs)
    changes = _given(
        engraver=engraver, fonts=fonts, font=font or None, font_dir=font_dir, pages=pages,
        pages_per_score=pages_per_score, labels=labels,
        page_size=page_size, staff_space=staff_space, style=style, margin=margin, patches=patches,
        patches_per_class=patches_per_class, quota=quota,
        max_lost_notes=max_lost_notes, seed=seed, whole_masks=whole_masks or None,
    )  # fmt: skip
    with watching() as progress:
        summary = api.build(
            scores,
            output,
            recipe=recipe,
            jobs=jobs,
            executor=executor,
            force=force,
            progress=progress,
            **changes,
        )
    print_summary(summary)


@app.command()
def engrave(
    score: Annotated[str, typer.Argument(metavar="SCORE", help="One score file.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where to.")],
    recipe: RecipeFile = None,
    engraver: Engraver = None,
    fonts: Fonts = None,
    font: FontFiles = None,
    font_dir: FontDir = None,
    labels: Labels = None,
    page_size: PageSize = None,
    staff_space: StaffSpace = None,
    style: Style = None,
    margin: Margin = None,
    whole_masks: WholeMasks = False,
    force: Annotated[bool, typer.Option("--force", help="Replace pages of another score.")] = False,
) -> None:
    """Engrave one score to look at it: pages, labels and overlay pictures.

    \b
    deepscores engrave song.musicxml -o song
    deepscores engrave song.mxl -o song --fonts Petaluma --labels full
    deepscores engrave song.mxl -o song --fonts Leland,fonts/Sebastian.otf
    deepscores engrave song.mxl -o song --engraver lilypond
    """
    from deepscores import api
    from deepscores.cli.screen import watching

    changes = _given(
        engraver=engraver, fonts=fonts, font=font or None, font_dir=font_dir, labels=labels,
        page_size=page_size, staff_space=staff_space, style=style, margin=margin,
        whole_masks=whole_masks or None,
    )  # fmt: skip
    with watching() as progress:
        pages = api.engrave(score, output, recipe=recipe, force=force, progress=progress, **changes)
    for page in pages:
        print(f"{page.overlay}  {page.symbols} symbols, {page.objects} labelled objects")


@app.command()
def classes(
    labels: Labels = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print as CSV.")] = False,
) -> None:
    """List the classes of a label set: id, name, SMuFL glyph, what it is.

    \b
    deepscores classes
    deepscores classes --labels deepscores-v2 --csv > classes.csv
    """
    from deepscores.cli.screen import print_classes
    from deepscores.page.labels.label_sets import load_label_set

    print_classes(load_label_set(labels or "deepscores-118"), csv=csv)


@app.command()
def zoo(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where to.")],
    labels: Labels = None,
    fonts: Fonts = None,
    font: FontFiles = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a zoo in other fonts.")] = False,
) -> None:
    """Picture every class of a label set in every font, cut from the pages of small scores.

    \b
    deepscores zoo -o zoo
    deepscores zoo -o two-fonts --labels deepscores-v2 --fonts Bravura,Petaluma
    """
    from deepscores import api
    from deepscores.cli.screen import watching

    with watching() as progress:
        visit = api.zoo(
            output,
            force=force,
            progress=progress,
            **_given(labels=labels, fonts=fonts, font=font or None),
        )
    for name, shown in visit.shown:
        print(f"{name}: {shown} of {visit.classes} classes")
    print(visit.picture, visit.page, sep="\n")


@app.command()
def stats(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="A finished dataset.")],
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Count a dataset: symbols and objects a page, a class, a font, a split; sizes of each class.

    \b
    deepscores stats dataset
    deepscores stats dataset --json > stats.json
    """
    from deepscores import api
    from deepscores.cli.screen import print_statistics

    print_statistics(api.statistics(dataset), as_json=json)


@app.command()
def train(
    task: Annotated[str, typer.Argument(metavar="TASK", help="classify, detect or segment.")],
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="A finished dataset.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="RUN", help="Folder of the run.")
    ],
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="small, base or paper [default: small].")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(metavar="M", help="Of training [default: the preset's].")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(metavar="N", help="Exactly so many, instead of minutes.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(metavar="NAME", help="auto, cpu or cuda [default: auto].")
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="[default: 0]")] = None,
    labels: Annotated[
        str | None, typer.Option(metavar="SET", help="Another label set than the dataset's.")
    ] = None,
    synthetic: Annotated[
        Path | None,
        typer.Option(
            metavar="RECIPE.toml", help="Train on fresh pages of it, not on the dataset's."
        ),
    ] = None,
    staff_space: Annotated[
        float | None, typer.Option(metavar="PX", help="Rescale pages to this staff space.")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(metavar="N", help="Samples a step [default: the preset's].")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Processes that make batches.")
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="classify: works, or paper (80/20 at random) [default: works]."
        ),
    ] = None,
    box_channel: Annotated[
        bool | None,
        typer.Option(
            "--box-channel/--no-box-channel",
            help="classify: show the object's box, too [default: the preset's].",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace another run.")] = False,
) -> None:
    """Train a baseline; Ctrl-C keeps what is done, and the same command goes on.

    docs/training.md tells what to expect.

    \b
    deepscores train classify dataset -o runs/classify
    deepscores train detect dataset -o runs/detect --preset base --minutes 30 --device cuda
    deepscores train classify dataset -o runs/paper --preset paper --protocol paper
    """
    from deepscores import api
    from deepscores.cli.screen import print_trained, watching

    options = _given(
        preset=preset, minutes=minutes, steps=steps, device=device, seed=seed, labels=labels,
        recipe=synthetic, staff_space=staff_space, batch_size=batch, workers=workers,
        protocol=protocol, box_channel=box_channel,
    )  # fmt: skip
    with watching() as progress:
        trained = api.train(task, dataset, output, force=force, progress=progress, **options)
    print_trained(trained)


@app.command()
def predict(
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="[MODEL] INPUT...",
            help="A training run's folder, a model file, or one that comes along "
            f"({', '.join(TASKS)}) [default: detect]; then pictures, PDFs, folders of them, "
            "datasets.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="OUT", help="Where to.")],
    task: Annotated[
        str | None,
        typer.Option(
            metavar="TASK", help="Which model that comes along, if none is named; else a check."
        ),
    ] = None,
    split: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of datasets, or all [default: test].")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(metavar="SCORE", help="Least score of a box [default: 0.3].")
    ] = None,
    staff_space: Annotated[
        float | None,
        typer.Option(
            metavar="PX",
            help="Pixels between two staff lines; of PDFs, points [default: found out].",
        ),
    ] = None,
    overlay: Annotated[
        bool, typer.Option("--overlay/--no-overlay", help="Pictures to look at.")
    ] = True,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", help="Pages at once [default: one a core].")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace other predictions.")] = False,
) -> None:
    """Find symbols on pages with a trained model; interrupted, it goes on where it was.

    docs/predicting.md tells what is written. Exit status 1: a page could not be read.

    \b
    deepscores predict scan.pdf -o found                 boxes, by the detector that comes along
    deepscores predict segment scans/ -o found --no-overlay
    deepscores predict runs/mine dataset --split val --threshold 0.05 -o val
    """
    from deepscores import api
    from deepscores.cli.screen import print_predictions, watching
    from deepscores.inference.predicting.choice import split_arguments

    _positive("jobs", jobs)
    model, inputs = split_arguments(arguments, task)
    options = _given(task=task, split=split, threshold=threshold, staff_space=staff_space)
    with watching() as progress:
        summary = api.predict(
            inputs, output, model=model, overlay=overlay, jobs=jobs, force=force,
            progress=progress, **options,
        )  # fmt: skip
    print_predictions(summary)
    if summary.failures:
        raise typer.Exit(1)


@app.command()
def view(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="A finished dataset.")],
    port: Annotated[
        int | None, typer.Option(metavar="N", help="Of this machine [default: 8118 or a free one].")
    ] = None,
    findings: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What check --json wrote [default: DATASET.findings.json, if it is there].",
        ),
    ] = None,
    open: Annotated[  # noqa: A002 - the option's name
        bool, typer.Option("--open/--no-open", help="Open it in the browser, if there is a screen.")
    ] = True,
) -> None:
    """Walk through a dataset's pages in the browser, on this machine alone; Ctrl-C ends it.

    \b
    deepscores view dataset
    deepscores check dataset --json dataset.findings.json; deepscores view dataset
    deepscores view dataset --port 9000 --no-open
    """
    from deepscores import api
    from deepscores.cli.screen import show_address

    api.view(
        dataset, port=port, findings=findings, ready=lambda url: show_address(url, in_browser=open)
    )


@app.command()
def report(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="A finished dataset.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where to.")
    ] = Path("report"),
    against: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="A dataset to compare with; may be repeated."),
    ] = None,
    audit: Annotated[
        int, typer.Option(metavar="N", min=0, help="Pages to look at as check does; 0 for none.")
    ] = 50,
    jobs: Jobs = None,
    executor: ExecutorName = None,
    force: Annotated[bool, typer.Option("--force", help="Replace another report.")] = False,
) -> None:
    """Write a report of a dataset: the paper's tables and figures and more, one page to look at.

    --against takes ours, COCO or DeepScoresV2 JSON, a folder of DeepScores V1, PASCAL VOC or YOLO,
    or notation graphs (MUSCIMA++).

    \b
    deepscores report dataset -o report
    deepscores report dataset -o report --against ds2_dense/deepscores_train.json --against voc/
    """
    from deepscores import api
    from deepscores.cli.screen import watching

    _positive("jobs", jobs)
    with watching() as progress:
        written = api.report(
            dataset,
            output,
            against=against or (),
            audited=audit,
            jobs=jobs or os.cpu_count() or 1,
            executor=executor,
            force=force,
            progress=progress,
        )
    print(f"{len(written.figures)} figures and {len(written.tables)} tables:", written.page)


@app.command()
def export(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="A finished dataset.")],
    to: Annotated[
        str, typer.Option("--to", metavar="FORMAT", help=f"One of {', '.join(writable_names())}.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where to.")],
    labels: Annotated[
        str | None,
        typer.Option(metavar="SET", help="Another label set [default: as the dataset labels]."),
    ] = None,
    split: Annotated[
        str | None, typer.Option(metavar="A,B", help="train, val, test [default: all].")
    ] = None,
    classes: Annotated[
        str | None, typer.Option(metavar="A,B*", help="Of these classes only, names or patterns.")
    ] = None,
    tiles: Annotated[
        int | None, typer.Option(metavar="PX", help="Cut pages into squares [default: whole].")
    ] = None,
    overlap: Annotated[
        int | None, typer.Option(metavar="PX", help="That neighbouring tiles share [default: 128].")
    ] = None,
    visibility: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE", help="Objects of which a tile shows less are ignorable [default: 0.5]."
        ),
    ] = None,
    staff_space: Annotated[
        float | None, typer.Option(metavar="PX", help="Rescale pages to this staff space.")
    ] = None,
    images: Annotated[
        str | None, typer.Option(metavar="copy|link", help="Files of whole pages [default: copy].")
    ] = None,
    patches: Annotated[
        str | None, typer.Option(metavar="WxH", help="Size of patches [default: the format's].")
    ] = None,
    patches_per_class: Annotated[
        int | None, typer.Option(metavar="N", help="Patches at most [default: all].")
    ] = None,
    jobs: Jobs = None,
    executor: ExecutorName = None,
    force: Annotated[bool, typer.Option("--force", help="Replace another export.")] = False,
) -> None:
    """Write a dataset in the format that a trainer reads; interrupted, it goes on where it was.

    docs/formats.md tells what each format can hold.

    \b
    deepscores export dataset --to coco -o coco
    deepscores export dataset --to coco -o tiles --tiles 1024 --overlap 128 --staff-space 20
    deepscores export dataset --to coco -o rests --labels full --classes 'rest*' --split train
    """
    from deepscores import api
    from deepscores.cli.screen import print_export, watching

    _positive("jobs", jobs)
    options = _given(
        labels=labels, split=split, classes=classes, tiles=tiles, overlap=overlap,
        visibility=visibility, staff_space=staff_space, images=images, patches=patches,
        patches_per_class=patches_per_class,
    )  # fmt: skip
    with watching() as progress:
        summary = api.export(
            dataset,
            output,
            to=to,
            jobs=jobs or os.cpu_count() or 1,
            executor=executor,
            force=force,
            progress=progress,
            **options,
        )
    print_export(summary)


@app.command()
def evaluate(
    predictions: Annotated[
        Path,
        typer.Argument(
            metavar="PREDICTIONS",
            help="Detections as COCO's JSON, labels of patches as CSV, or a folder of masks.",
        ),
    ],
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="A finished dataset.")],
    task: Annotated[
        str | None,
        typer.Option(metavar="TASK", help="detect, segment or classify [default: found out]."),
    ] = None,
    split: Annotated[str, typer.Option(metavar="NAME", help="train, val or test.")] = "test",
    labels: Annotated[
        str | None,
        typer.Option(metavar="SET", help="Label set of the ids [default: as the dataset labels]."),
    ] = None,
    classes: Annotated[
        str | None, typer.Option(metavar="A,B*", help="These classes only, names or patterns.")
    ] = None,
    protocol: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="deepscores-v2 computes that toolkit's number, not comparable."
        ),
    ] = "deepscores",
    resamples: Annotated[
        int, typer.Option(metavar="N", min=0, help="Of the works, for intervals; 0 for none.")
    ] = 1000,
    seed: Annotated[int, typer.Option(metavar="N", help="Resampling follows it.")] = 0,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FOLDER", help="Where to, for a page and tables."),
    ] = None,
    json: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Write everything as JSON.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", help="Threads [default: one a core].")
    ] = None,
    executor: ExecutorName = None,
    force: Annotated[bool, typer.Option("--force", help="Replace another evaluation.")] = False,
) -> None:
    """Measure a model's output against one split of a dataset.

    docs/evaluation.md tells what each figure means.

    \b
    deepscores evaluate detections.json dataset
    deepscores evaluate detections.json dataset --labels deepscores-v2 -o evaluation
    deepscores evaluate detections.json dataset --json - | jq .measures.AP50
    deepscores evaluate masks/ dataset --split val
    deepscores evaluate labels.csv dataset --task classify
    """
    from deepscores import api
    from deepscores.cli.screen import print_evaluation, watching, write_evaluation
    from deepscores.runs.claim import require_own_file

    _positive("jobs", jobs)
    if json not in (None, "-"):
        require_own_file(Path(json), "evaluation", ("measures", "predictions"))
    with watching() as progress:
        written = api.evaluate(
            predictions, dataset, task=task, split=split, labels=labels, classes=classes or (),
            protocol=protocol, resamples=resamples, seed=seed, output=output,
            jobs=jobs or os.cpu_count() or 1, executor=executor, force=force, progress=progress,
        )  # fmt: skip
    if json is not None:
        write_evaluation(written.evaluation, json)
    if json != "-":
        print_evaluation(written)


@app.command("import")
def import_(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="PATH", help="A folder of DeepScores V1, YOLO, VOC or MuNG; JSON of V2 or COCO."
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DATASET", help="Where to.")],
    layout: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="LAYOUT",
            help=f"One of {', '.join(readable_names())} [default: auto-detected].",
        ),
    ] = None,
    annotation_set: Annotated[
        str, typer.Option(metavar="SET", help="Of DeepScoresV2's [default: the first].")
    ] = "",
    patches: Annotated[
        str | None, typer.Option(metavar="WxH", help="Size of patches [default: 45x170].")
    ] = None,
    patches_per_class: Annotated[
        int | None, typer.Option(metavar="N", help="At most so many of a class [default: 5000].")
    ] = None,
    seed: Seed = None,
    jobs: Jobs = None,
    executor: ExecutorName = None,
    force: Annotated[bool, typer.Option("--force", help="Replace another dataset.")] = False,
) -> None:
    """Make a dataset that others made one of ours; interrupted, it goes on where it was.

    docs/formats.md tells what is taken over, and how.

    \b
    deepscores import ds2_dense -o dense
    deepscores import ds2_dense/deepscores_train.json -o dense --annotation-set muscima++
    deepscores import my-yolo/ -o mine --from yolo
    """
    from deepscores import api
    from deepscores.cli.screen import print_import, watching

    _positive("jobs", jobs)
    changes = _given(patches=patches, patches_per_class=patches_per_class, seed=seed)
    with watching() as progress:
        summary = api.import_dataset(
            source,
            output,
            layout=layout,
            annotation_set=annotation_set,
            jobs=jobs or os.cpu_count() or 1,
            executor=executor,
            force=force,
            progress=progress,
            **changes,
        )
    print_import(summary)


@app.command()
def fonts(
    fonts: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FONT|FILE]...", help="Default: those of every engraver here."),
    ] = None,
    engraver: Engraver = None,
    font_dir: FontDir = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FOLDER", help="Where to, for picture and page."),
    ] = None,
    labels: Labels = None,
    json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace another specimen.")] = False,
) -> None:
    """List music fonts, and picture a passage in all of them.

    \b
    deepscores fonts                              the fonts that come with the engravers
    deepscores fonts fonts/Sebastian.otf --json
    deepscores fonts Leland Emmentaler --engraver both
    deepscores fonts Bravura Leland fonts/*.otf -o seen   one passage in each, fonts.png and .md
    """
    from deepscores import api
    from deepscores.cli.screen import print_fonts, watching

    with watching() as progress:
        options = _given(labels=labels, engraver=engraver, font_dir=font_dir)
        book = api.fonts(fonts or (), output, force=force, progress=progress, **options)
    print_fonts(book.entries, json=json)
    if not json and book.picture and book.page:
        print(book.picture, book.page, sep="\n")


@app.command()
def verify(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="A finished dataset.")],
    rerender: Annotated[
        float, typer.Option(metavar="SHARE", help="Share of the pages to make again.")
    ] = 0.01,
    font: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="A SMuFL font it was made with; may be repeated."),
    ] = None,
    font_dir: FontDir = None,
    jobs: Jobs = None,
    executor: ExecutorName = None,
) -> None:
    """Check every file against the manifest; make a sample of pages again and compare bytes.

    \b
    deepscores verify dataset
    deepscores verify dataset --rerender 1        make every page again
    deepscores verify dataset --font Sebastian.otf    made with it, on another machine
    """
    from deepscores import api
    from deepscores.cli.screen import print_verdict, watching

    if not 0 <= rerender <= 1:
        raise RecipeError(f"--rerender: {rerender:g} is not between 0 and 1")
    _positive("jobs", jobs)
    with watching() as progress:
        verdict = api.verify(
            dataset,
            rerender=rerender,
            font=font or (),
            font_dir=font_dir or "",
            jobs=jobs or os.cpu_count() or 1,
            executor=executor,
            progress=progress,
        )
    print_verdict(verdict)
    if verdict.problems:
        raise typer.Exit(1)


@app.command()
def check(
    dataset: Annotated[
        Path,
        typer.Argument(
            metavar="DATASET", help="Ours, a DeepScores V1 folder, DeepScoresV2 or COCO JSON."
        ),
    ],
    sample: Annotated[
        float | None,
        typer.Option(metavar="SHARE|N", help="A share of the pages (below 1), or so many."),
    ] = None,
    alike: Annotated[
        float,
        typer.Option(
            metavar="SHARE", help="Scores of two splits with so much music in common are told."
        ),
    ] = 0.5,
    json: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Write all findings as JSON.")
    ] = None,
    jobs: Jobs = None,
    executor: ExecutorName = None,
) -> None:
    """Audit the labels of a dataset: do picture, boxes, maps, tables and splits agree?

    Exit status: 0 nothing found, 1 something found.

    \b
    deepscores check dataset
    deepscores check dataset --sample 0.1 --json findings.json
    deepscores check ds2_dense/deepscores_train.json --json - | jq .checks
    """
    from deepscores import api
    from deepscores.cli.screen import print_report, watching, write_report
    from deepscores.runs.claim import require_own_file

    _positive("jobs", jobs)
    if json not in (None, "-"):
        require_own_file(Path(json), "report of check", ("checks", "dataset"))
    with watching() as progress:
        report = api.check(
            dataset,
            sample=sample,
            alike=alike,
            jobs=jobs or os.cpu_count() or 1,
            executor=executor,
            progress=progress,
        )
    if json is not None:
        write_report(report, json)
    if json != "-":
        print_report(report)
    if report.total:
        raise typer.Exit(1)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _positive(name: str, value: int | None) -> None:
    if value is not None and value < 1:
        raise RecipeError(f"--{name}: {value} is not at least 1")


def main() -> None:
    """Run the command line; errors made on purpose are one line."""
    arguments = sys.argv[1:] or ["--help"]
    debug = "--debug" in arguments  # before or after the command
    sys.exit(_run([one for one in arguments if one != "--debug"], debug=debug))


def _run(arguments: list[str], *, debug: bool) -> int:
    """The exit status of one command."""
    try:
        status = get_command(app)(arguments, prog_name="deepscores", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (KeyboardInterrupt, typer.Abort):
        status = _INTERRUPTED
    except Exception as error:
        if debug:
            traceback.print_exception(error)
        else:
            _say(_explained(error))
        # Typer's own errors, whose class it keeps to itself, are all about usage.
        return 2 if isinstance(error, RecipeError) or hasattr(error, "format_message") else 1
    if status == _INTERRUPTED:
        _say("stopped; the same command goes on from here")
    return status or 0


def _explained(error: Exception) -> str:
    if isinstance(error, DeepScoresError):
        return str(error)
    if hasattr(error, "format_message"):
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "deepscores"
        return f"{error.format_message().rstrip('.')}; see: {command} -h"
    return f"internal error: {type(error).__name__}: {error}; run with --debug to see where"


def _say(line: str) -> None:
    print(f"deepscores: {' '.join(line.splitlines())}", file=sys.stderr)
