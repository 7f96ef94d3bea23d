"""What makes an evaluation less than it seems: predictions that are missing, works that are few."""

from collections.abc import Sequence

from deepscores.errors import DatasetError
from deepscores.evaluation.samples.works import FEW_WORKS

MOST_MISSING = 0.5  # with a larger share, the predictions are of something else
_NAMED = 5


def require_most(every: int, missing: Sequence[str], where: str, what: str) -> None:
    """Raise DatasetError where there is nothing to compare, or where most of it is *missing*.

    >>> require_most(2, ["page-1"], "masks: no PNG", "pages of split test")
    """
    if not every:
        raise DatasetError(f"nothing to compare: there are no {what}")
    if len(missing) > MOST_MISSING * every:
        raise DatasetError(f"{where} for {len(missing)} of {every} {what}; the first: {missing[0]}")


def name_missing(missing: Sequence[str], what: str, cost: str) -> list[str]:
    """What a person should know of what is *missing*: nothing, or one line.

    >>> name_missing(["page-1"], "pages", "count as empty")
    ['1 pages have no prediction and count as empty: page-1']
    """
    if not missing:
        return []
    some = ", ".join(missing[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
    return [f"{len(missing)} {what} have no prediction and {cost}: {some}"]


def few_works(works: int, resamples: int) -> list[str]:
    """What a person should know of intervals over so many *works*: nothing, or one line.

    >>> few_works(1, 1000), few_works(5, 0)
    (['one work only: no intervals'], [])
    """
    if not resamples or works >= FEW_WORKS:
        return []
    return [
        "one work only: no intervals" if works < 2 else f"{works} works only: intervals are rough"
    ]
