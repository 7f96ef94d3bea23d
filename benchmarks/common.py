"""What all benchmarks share: the sample of scores, the CPU clock, and the form of a result."""

import gc
import importlib
import json
import os
import platform
import resource
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import verovio
from rich.console import Console
from rich.table import Table

from deepscores.engraving.verovio import engine
from deepscores.errors import DeepScoresError
from deepscores.page.model import Score, Style
from deepscores.runs.streams import key_hash
from deepscores.scores import Source, default_corpus

LARGEST = 300_000  # bytes of a source, so that one symphony does not outweigh all else


class MissingTool(DeepScoresError):
    """A benchmark needs a program or library that is not installed."""


def sample(count: int | None = None, largest: int = LARGEST) -> list[Source]:
    """Scores of the default corpus of at most *largest* bytes, the same every time; None: all."""
    sources = [one for one in default_corpus() if one.path.stat().st_size < largest]
    return sorted(sources, key=lambda one: key_hash(0, "benchmark", one.id))[:count]


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds that *work* takes, in this process and in the processes it starts and awaits."""
    gc.collect()
    start = _spent()
    work()
    return _spent() - start


def _spent() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def import_extra(module: str) -> ModuleType:
    """A module of the extra ``bench``; no part of the package itself needs it.

    :raises MissingTool: it is not installed, or a library of the system that it needs is not
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingTool(
            f"no module {error.name!r}: install the extra, pip install 'deepscores[bench]'"
        ) from None
    except OSError as error:  # cairocffi, when it finds no libcairo
        raise MissingTool(
            f"{module} cannot load a library of the system; CairoSVG needs Cairo"
            f" (on Debian: apt install libcairo2): {str(error).splitlines()[0]}"
        ) from None


def load_verovio(score: Score, style: Style) -> verovio.toolkit:
    """A toolkit that has read *score*, whose text was mended beforehand."""
    toolkit = verovio.toolkit()
    toolkit.setOptions(json.loads(engine.options_json(style)))
    toolkit.setInputFrom("xml")
    assert toolkit.loadData(score.text)
    return toolkit


def conditions() -> dict[str, Any]:
    """Under what the figures were measured."""
    return {
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def at_most(what: str, measured: float, target: float) -> dict[str, Any]:
    """A figure beside its target: whether it is met, to the digits that are told."""
    return {"what": what, "measured": measured, "at most": target, "met": measured <= target}


def at_least(what: str, measured: float, target: float) -> dict[str, Any]:
    return {"what": what, "measured": measured, "at least": target, "met": measured >= target}


def show_targets(targets: Iterable[Mapping[str, Any]]) -> None:
    """Print figures beside their targets."""
    table = Table("figure", "measured", "target", "")
    for one in targets:
        (bound,) = (key for key in ("at most", "at least") if key in one)
        verdict = "met" if one["met"] else "MISSED"
        table.add_row(one["what"], f"{one['measured']:g}", f"{bound} {one[bound]:g}", verdict)
    Console().print(table)


def report(result: Mapping[str, Any], path: Path | None) -> None:
    """Print a result as JSON, its targets as a table, and write it to *path* if there is one."""
    print(json.dumps(result, indent=1))
    if result.get("targets"):
        show_targets(result["targets"])
    write(result, path)


def write(result: Mapping[str, Any], path: Path | None) -> None:
    """Write a result as JSON to *path*, if there is one."""
    if path:
        path.write_text(json.dumps(result, indent=1) + "\n")
