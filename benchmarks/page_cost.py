"""The cost of a page, compared with that of Verovio alone for the same page.

    python -m benchmarks.page_cost [--scores 12] [--repeats 5] [--json FILE]

All sides run in one process, score by score in turn, so that what else the machine does falls on
all of them, and a ratio is taken within each round: Verovio alone (load, layout and the SVG of
every page, in each of the five fonts by itself), Verovio with one load for the five fonts, the
whole of our page (reading, engraving, labelling, painting, encoding, writing). Then tables are
merged and patches cut. CPU seconds; the median of the repeats. Machines are shared and noisy: only
the ratios mean something.
"""

import argparse
import json
import statistics
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import verovio

from benchmarks.common import at_most, conditions, cpu, load_verovio, report, sample
from benchmarks.stages import stages
from deepscores.building import merge as merging
from deepscores.building.plan import Plan, Planned
from deepscores.building.shards import Record, ShardTask, make_shard, warm_up
from deepscores.engraving.verovio import engine
from deepscores.page.model import Score
from deepscores.recipe.recipe import Recipe, apply
from deepscores.runs.executors.inline import Inline
from deepscores.runs.progress import NullProgress
from deepscores.scores import Source, read_score

MOST = 1.6  # times Verovio's CPU that a page may take


def render(toolkit: verovio.toolkit) -> None:
    for number in range(1, toolkit.getPageCount() + 1):
        toolkit.renderToSVG(number)


def verovio_alone(source: Source, recipe: Recipe) -> None:
    """Load, layout and SVG in every font, each by itself."""
    for style in recipe.styles():
        render(load_verovio(read[source.id], style))


def verovio_sharing(source: Source, recipe: Recipe) -> None:
    """The same with one load for all fonts, as we do it."""
    first, *others = recipe.styles()
    toolkit = load_verovio(read[source.id], first)
    render(toolkit)
    for style in others:
        toolkit.setOptions(json.loads(engine.options_json(style)))
        toolkit.redoLayout()
        render(toolkit)


read: dict[str, Score] = {}


def our_merge(sources: list[Source], recipe: Recipe, folder: Path, records: list[Record]) -> float:
    """Merging and patches, in this process so that its CPU is counted."""

    plan = Plan(recipe, recipe.labels, tuple(Planned(source, 0) for source in sources))
    return cpu(lambda: merging.merge(plan, folder, records, Inline(), NullProgress()))


def one_round(sources: list[Source], recipe: Recipe, folder: Path) -> tuple[float, ...]:
    """Seconds a page of each side, the two ratios, pages, and bytes a page."""
    engraver = sharing = pages = 0.0
    records: list[Record] = []
    for index, source in enumerate(sources):
        engraver += cpu(partial(verovio_alone, source, recipe))
        sharing += cpu(partial(verovio_sharing, source, recipe))
        size = source.path.stat().st_size
        task = ShardTask(index, source, size, recipe, recipe.labels, folder)
        pages += cpu(lambda task=task: records.append(make_shard(task)))  # type: ignore[misc]
    merged = our_merge(sources, recipe, folder, records)
    count = sum(len(record.pages) for record in records)
    written = sum(entry.size for record in records for entry in record.files)
    return (
        engraver / count, sharing / count, pages / count, merged / count,
        pages / engraver, pages / sharing, count, written / count,
    )  # fmt: skip


def by_stage(sources: list[Source], recipe: Recipe, folder: Path) -> dict[str, float]:
    """CPU milliseconds a page of each stage of ours, in the order in which they are reached."""
    records: list[Record] = []
    with stages() as found:
        for index, source in enumerate(sources):
            size = source.path.stat().st_size
            task = ShardTask(index, source, size, recipe, recipe.labels, folder)
            records.append(make_shard(task))
        our_merge(sources, recipe, folder, records)
    count = sum(len(record.pages) for record in records)
    return {stage: round(1e3 * took / count, 2) for stage, took in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    # Nothing is deleted before the end: see benchmarks/scale.py.
    with tempfile.TemporaryDirectory(prefix="deepscores-bench-") as name:
        report(run(options.scores, options.repeats, Path(name)), options.json)


def run(scores: int, repeats: int, folder: Path) -> dict[str, Any]:
    recipe = apply(Recipe(), {"pages": "all"})
    sources = sample(scores)
    read.update({source.id: read_score(source) for source in sources})
    warm_up()
    verovio.enableLog(verovio.LOG_OFF)
    one_round(sources[:1], recipe, folder / "warm")
    rounds = [one_round(sources, recipe, folder / str(nth)) for nth in range(repeats)]
    columns = zip(*rounds, strict=True)
    alone, sharing, page, merge_, ratio, like, count, size = map(statistics.median, columns)
    return {
        "pages": int(count),
        "scores": len(sources),
        "verovio_ms": round(1e3 * alone, 2),
        "verovio_one_load_for_all_fonts_ms": round(1e3 * sharing, 2),
        "page_ms": round(1e3 * page, 2),
        "merge_and_patches_ms": round(1e3 * merge_, 2),
        "ratio": round(ratio, 2),
        "ratio_to_one_load": round(like, 2),
        "bytes_per_page": int(size),
        "targets": [
            at_most(
                "our page / Verovio loading once for all fonts, as we do", round(like, 2), MOST
            ),
            at_most("our page / Verovio loading for each font by itself", round(ratio, 2), MOST),
        ],
        "stages_ms": by_stage(sources, recipe, folder / "stages"),
        "verovio": engine.version(),
        **conditions(),
    }


if __name__ == "__main__":
    main()
