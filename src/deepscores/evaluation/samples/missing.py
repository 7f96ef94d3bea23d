"""Warnings about an evaluation's sample: missing predictions, few works."""

from collections.abc import Sequence

from deepscores.errors import DatasetError
from deepscores.evaluation.samples.works import FEW_WORKS

MAX_MISSING = 0.5  # with a larger share, the predictions are of something else
_MAX_NAMED = 5


def require_most(total: int, missing: Sequence[str], source: str, items: str) -> None:
    """Raise DatasetError where there is nothing to compare, or where most of it is *missing*.

    >>> require_most(2, ["page-1"], "masks: no PNG", "pages of split test")
    """
    if not total:
        raise DatasetError(f"nothing to compare: there are no {items}")
    if len(missing) > MAX_MISSING * total:
        raise DatasetError(
            f"{source} for {len(missing)} of {total} {items}; the first: {missing[0]}"
        )


def name_missing(missing: Sequence[str], items: str, cost: str) -> list[str]:
    """A warning about *missing* predictions, or none.

    >>> name_missing(["page-1"], "pages", "count as empty")
    ['1 pages have no prediction and count as empty: page-1']
    """
    if not missing:
        return []
    names = ", ".join(missing[:_MAX_NAMED]) + (" …" if len(missing) > _MAX_NAMED else "")
    return [f"{len(missing)} {items} have no prediction and {cost}: {names}"]


def few_works(works: int, resamples: int) -> list[str]:
    """A warning about intervals over few *works*, or none.

    >>> few_works(1, 1000), few_works(5, 0)
    (['one work only: no intervals'], [])
    """
    if not resamples or works >= FEW_WORKS:
        return []
    return [
        "one work only: no intervals" if works < 2 else f"{works} works only: intervals are rough"
    ]
