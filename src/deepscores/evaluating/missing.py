"""What a set of predictions lacks: a little costs, too much is a mistake."""

from collections.abc import Sequence

from deepscores.errors import DatasetError

MOST_MISSING = 0.5  # with a larger share, the predictions are of something else


def require_most(every: int, missing: Sequence[str], where: str, what: str) -> None:
    """Raise DatasetError where there is nothing to compare, or where most of it is *missing*.

    >>> require_most(2, ["page-1"], "masks: no PNG", "pages of split test")
    """
    if not every:
        raise DatasetError(f"nothing to compare: there are no {what}")
    if len(missing) > MOST_MISSING * every:
        raise DatasetError(f"{where} for {len(missing)} of {every} {what}; the first: {missing[0]}")
