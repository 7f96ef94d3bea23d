"""The cost of each stage of making a page."""

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import verovio

from deepscores.building import merge, pages, shards
from deepscores.dataset import writer as samples
from deepscores.engraving.verovio import engine
from deepscores.page import sheets
from deepscores.page.labels.label_sets import LabelSet
from deepscores.page.painting import canvas as painting
from deepscores.page.painting import kernels

REST = "all else"
# What is timed: where it is looked up when it is called, its name there, and its stage.
TIMED: tuple[tuple[Any, str, str], ...] = (
    (pages, "read_score", "score: read and mend"),
    (verovio.toolkit, "loadData", "Verovio: load"),
    (verovio.toolkit, "redoLayout", "Verovio: layout"),
    (verovio.toolkit, "renderToSVG", "Verovio: SVG"),
    (engine, "read_page", "parse the SVG"),
    (engine, "read_music", "music behind the ids"),
    (sheets, "place_symbols", "symbols, boxes, relations"),
    (painting.Canvas, "paint", "paint"),
    (kernels, "assign_owners", "own"),
    (pages, "find_exclusion", "is it readable"),
    (LabelSet, "label", "label"),
    (samples, "class_runs", "label"),
    (samples, "encode_runs_png", "encode PNG"),
    (samples, "encode_picture", "encode PNG"),
    (samples, "_annotations", "encode XML"),
    (samples, "symbol_table", "tables"),
    (shards, "_write_tables", "tables"),
    (shards, "write_again", "write"),
    (shards, "write_record", "write"),
    (merge, "write_patches", "patches"),
    (merge, "merge", "merge"),
)


@contextlib.contextmanager
def stages() -> Iterator[dict[str, float]]:
    """CPU seconds by stage of what runs inside, each without the stages within it."""
    found: defaultdict[str, float] = defaultdict(float)
    within = [0.0]

    def timed(work: Callable[..., Any], stage: str) -> Callable[..., Any]:
        def run(*args: Any, **options: Any) -> Any:
            start = time.process_time()
            within.append(0.0)
            try:
                return work(*args, **options)
            finally:
                took = time.process_time() - start
                found[stage] += took - within.pop()
                within[-1] += took

        return run

    with contextlib.ExitStack() as stack:
        for owner, name, stage in TIMED:
            work = timed(getattr(owner, name), stage)
            stack.enter_context(patch.object(owner, name, work))
        start = time.process_time()
        yield found
        found[REST] += time.process_time() - start - within[0]
