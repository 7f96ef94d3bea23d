"""Audit a dataset: find out whose it is, look at its pages, add up what is found."""

from collections.abc import Iterable
from pathlib import Path

from deepscores.auditing.findings import Report, report
from deepscores.auditing.own import is_own, open_own
from deepscores.auditing.own_audit import CHECKS, audit_own
from deepscores.errors import DatasetError, RecipeError
from deepscores.pipeline.plan import require_dataset
from deepscores.pipeline.progress import Progress, Silence
from deepscores.streams import key_hash

DEFAULT_ALIKE = 0.5


def audit(
    folder: Path,
    *,
    sample: float | None = None,
    alike: float = DEFAULT_ALIKE,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Report:
    """Look at every page of the dataset in *folder*, or at a *sample* of them.

    A *sample* below 1 is a share, else a number of pages; which ones follows from their names.
    Scores that have the share *alike* of their music in common count as one work. Raise
    DatasetError where there is no dataset of a known layout, RecipeError for numbers that make
    no sense.
    """
    if sample is not None and not sample > 0:
        raise RecipeError(f"sample: {sample:g} is not over 0")
    if not 0 < alike <= 1:
        raise RecipeError(f"alike: {alike:g} is not over 0 and at most 1")
    progress = progress or Silence()
    if is_own(folder):
        dataset = open_own(folder)
        stems = {str(row["page"]) for row in dataset.pages}
        chosen = choose(stems, sample)
        ledger = audit_own(dataset, chosen, alike, jobs, progress)
        return report(str(folder), "deepscores", (len(chosen), len(stems)), ledger, CHECKS)
    require_dataset(folder)  # says what is wrong
    raise DatasetError(f"{folder}: no dataset of a known layout here")


def choose(names: Iterable[str], sample: float | None) -> set[str]:
    """The pages of a sample; the same whatever the order of *names*.

    >>> sorted(choose(["a", "b", "c"], 2)) == sorted(choose(["c", "b", "a"], 2))
    True
    """
    every = set(names)
    if sample is None:
        return every
    count = round(sample * len(every)) if sample < 1 else int(sample)
    ranked = sorted(every, key=lambda name: (key_hash(0, "audit", name), name))
    return set(ranked[: max(count, 1)])
