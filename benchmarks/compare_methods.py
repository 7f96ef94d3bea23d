"""Our labelled pages compared with the paper's method and with a plain image, in one run.

    python -m benchmarks.compare_methods [--scores 6] [--repeats 3] [--largest BYTES] [--json FILE]

Score by score in turn, on the same scores: our page with all the files that a build writes, in one
font and in the default five; the paper's method with LilyPond's glyphs cached and as LilyPond is
shipped; only the image by Verovio and CairoSVG. CPU seconds of this process and of those that it
starts; medians of the repeats. The paper's method and the image draw one font per run, so against
one font of ours every side reads a score for one font, and against five ours shares the reading.

The scores are the first of the benchmarks' sample that LilyPond too engraves with all their notes;
the others are listed with the reason.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import verovio

from benchmarks.cairosvg_picture import draw_pages, versions
from benchmarks.common import (
    LARGEST,
    at_least,
    conditions,
    cpu,
    import_extra,
    load_verovio,
    report,
    sample,
    write,
)
from benchmarks.paper_method import engrave, label_page
from deepscores.building.shards import ShardTask, make_shard, warm_up
from deepscores.errors import DeepScoresError, EngravingError, ScoreError
from deepscores.page.model import Score
from deepscores.recipe.recipe import Recipe, apply
from deepscores.scores import Source, read_score

FONT = "Leland"
OURS_FIVE, OURS_ONE = "ours, five fonts", "ours, one font"
CACHED, SHIPPED = "the paper's method, glyphs cached", "the paper's method, as shipped"
PICTURE = "Verovio + CairoSVG, picture only"
TARGETS = {CACHED: 25, SHIPPED: 60, PICTURE: 12}  # times the CPU of our page, at least


@dataclass(slots=True)
class Tally:
    """What one side took in one round."""

    pages: int = 0
    engraving: float = 0.0  # CPU seconds, where it can be told apart
    seconds: float = 0.0  # CPU seconds in all

    @property
    def per_page(self) -> float:
        return self.seconds / self.pages


@dataclass(slots=True)
class Sample:
    """Scores that every side can draw, and why the others are not among them."""

    scores: list[Source] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def choose(sources: Iterable[Source], count: int, recipe: Recipe) -> Sample:
    """The first *count* scores that LilyPond engraves with as many notes as Verovio."""
    chosen = Sample()
    for source in sources:
        if len(chosen.scores) == count:
            break
        try:
            check_notes(source, read_score(source), recipe)
        except ScoreError as error:
            chosen.refused[source.name] = error.problem
        else:
            chosen.scores.append(source)
    return chosen


def check_notes(source: Source, score: Score, recipe: Recipe) -> None:
    """Refuse a score of which the two engravers do not draw the same music.

    :raises EngravingError: LilyPond cannot engrave it, or draws more or fewer noteheads
    """
    with scratch() as folder:
        pages = [page.read_text() for page in engrave(source.path, folder, cached=True)]
    drawn = sum(page.count('data-glyph="noteheads.') for page in pages)
    toolkit = load_verovio(score, recipe.styles()[0])
    numbers = range(1, toolkit.getPageCount() + 1)
    asked = sum(toolkit.renderToSVG(number).count('class="notehead') for number in numbers)
    if abs(drawn - asked) > recipe.max_lost_notes * asked:
        raise EngravingError(source.name, f"LilyPond draws {drawn} noteheads, Verovio {asked}")


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that goes when it is no longer needed."""
    folder = Path(tempfile.mkdtemp(prefix="deepscores-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def draw_ours(source: Source, recipe: Recipe, tally: Tally) -> None:
    size = source.path.stat().st_size
    with scratch() as folder:
        task = ShardTask(0, source, size, recipe, recipe.labels, folder)

        def work() -> None:
            tally.pages += len(make_shard(task).pages)

        tally.seconds += cpu(work)


def draw_as_paper(source: Source, tally: Tally, *, cached: bool) -> None:
    with scratch() as folder:
        pages: list[Path] = []
        classes: dict[str, int] = {}

        def label() -> None:
            for page in pages:
                label_page(page, folder / f"{page.stem}.labelled", classes)

        engraving = cpu(lambda: pages.extend(engrave(source.path, folder, cached=cached)))
        tally.engraving += engraving
        tally.seconds += engraving + cpu(label)
        tally.pages += len(pages)


def draw_pictures(source: Source, recipe: Recipe, tally: Tally) -> None:
    with scratch() as folder:

        def work() -> None:
            for png in draw_pages(read_score(source), recipe.styles()[0]):
                tally.pages += 1
                (folder / f"{tally.pages}.png").write_bytes(png)

        tally.seconds += cpu(work)


Draw = Callable[[Source, Tally], None]


def sides() -> dict[str, Draw]:
    """What each side does with a score, by its name in the table."""
    five = apply(Recipe(), {"pages": "all"})
    one = apply(five, {"fonts": FONT})
    return {
        OURS_FIVE: lambda source, tally: draw_ours(source, five, tally),
        OURS_ONE: lambda source, tally: draw_ours(source, one, tally),
        CACHED: lambda source, tally: draw_as_paper(source, tally, cached=True),
        SHIPPED: lambda source, tally: draw_as_paper(source, tally, cached=False),
        PICTURE: lambda source, tally: draw_pictures(source, one, tally),
    }


def one_round(sources: Iterable[Source]) -> dict[str, Tally]:
    drawing = sides()
    tallies = {name: Tally() for name in drawing}
    for source in sources:
        for name, draw in drawing.items():
            draw(source, tallies[name])
    return tallies


def warm(sources: Iterable[Source]) -> None:
    """Let every side but the slowest, whose tools another shares, load what it loads once."""
    for source in sources:
        for name, draw in sides().items():
            if name != SHIPPED:
                draw(source, Tally())


def summary(rounds: list[dict[str, Tally]]) -> dict[str, dict[str, Any]]:
    """The medians of every side, and how many times as much CPU as ours it takes."""
    return {name: _summary(name, rounds) for name in rounds[0]}


def _summary(name: str, rounds: list[dict[str, Tally]]) -> dict[str, Any]:
    def median(value: Callable[[dict[str, Tally]], float]) -> float:
        return statistics.median(map(value, rounds))

    row: dict[str, Any] = {
        "pages": rounds[0][name].pages,
        "cpu_ms_a_page": round(1e3 * median(lambda one: one[name].per_page), 1),
        "pages_a_cpu_second": round(median(lambda one: 1 / one[name].per_page), 2),
    }
    if name in (CACHED, SHIPPED):
        share = median(lambda one: one[name].engraving / one[name].pages)
        row["engraving_ms_a_page"] = round(1e3 * share, 1)
    if name in TARGETS:
        five = median(lambda one: one[name].per_page / one[OURS_FIVE].per_page)
        one_font = median(lambda one: one[name].per_page / one[OURS_ONE].per_page)
        # Engravers put more or less on a page; this is for the same music.
        music = median(lambda one: one[name].seconds / one[OURS_ONE].seconds)
        row["times_five_fonts"] = round(five, 1)
        row["times_one_font"] = round(one_font, 1)
        row["times_one_font_same_music"] = round(music, 1)
        row["target"] = TARGETS[name]
    return row


def print_table(table: dict[str, dict[str, Any]]) -> None:
    print("| | pages | CPU ms a page | × ours, five fonts | × ours, one font | target |")
    print("|---|---|---|---|---|---|")
    for name, row in table.items():
        cells = [row["pages"], row["cpu_ms_a_page"]]
        cells += [row.get(key, "") for key in ("times_five_fonts", "times_one_font", "target")]
        print("|", " | ".join(map(str, (name, *cells))), "|")


def measure(scores: int, repeats: int, largest: int) -> Iterator[dict[str, Any]]:
    """Yield the result after each round: of so many rounds, the last is of all."""
    tools = {**versions(), "lilypond": version("lilypond")}
    recipe = apply(Recipe(), {"pages": "all", "fonts": FONT})
    chosen = choose(sample(largest=largest), scores, recipe)
    warm(chosen.scores[:1])
    before = conditions()
    rounds: list[dict[str, Tally]] = []
    for _ in range(repeats):
        rounds.append(one_round(chosen.scores))
        yield {
            "sides": (sides := summary(rounds)),
            "targets": [
                at_least(
                    f"{name} / ours, {how} font{'s' * (how == 'five')}", sides[name][key], most
                )
                for name, most in TARGETS.items()
                for how, key in (("five", "times_five_fonts"), ("one", "times_one_font"))
            ],
            "repeats": len(rounds),
            "scores": [source.name for source in chosen.scores],
            "refused": chosen.refused,
            **tools,
            **before,
            "load_after": conditions()["load"],
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scores", type=int, default=6)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--largest", type=int, default=LARGEST, help="bytes of a source")
    parser.add_argument("--json", type=Path, help="written anew after each round")
    options = parser.parse_args()
    try:
        import_extra("lilypond")
        import_extra("cairosvg")
        warm_up()
        verovio.enableLog(verovio.LOG_OFF)
        result: dict[str, Any] = {}
        for result in measure(options.scores, options.repeats, options.largest):
            write(result, options.json)
    except DeepScoresError as error:
        sys.exit(f"compare_methods: {error}")
    report(result, None)
    print_table(result["sides"])


if __name__ == "__main__":
    main()
