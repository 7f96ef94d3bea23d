"""The classes that a loader tells apart."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from deepscores.dataset import Dataset
from deepscores.errors import RecipeError
from deepscores.vocabulary.labels import LabelClass, load_label_set


def chosen_classes(
    dataset: Dataset, labels: str | None, patterns: Sequence[str] | str = ()
) -> tuple[LabelClass, ...]:
    """Those of a label set, by default the dataset's, whose names fit one of *patterns*.

    Raise RecipeError for a pattern that fits none.
    """
    found = (load_label_set(labels) if labels else dataset.labels).classes
    return choose(found, patterns)


def choose(classes: Sequence[LabelClass], patterns: Sequence[str] | str) -> tuple[LabelClass, ...]:
    """Those of *classes* whose names fit one of *patterns*, all if there are none."""
    wanted = patterns.split(",") if isinstance(patterns, str) else list(patterns)
    wanted = [one.strip() for one in wanted if one.strip()]
    for pattern in wanted:
        if not any(fnmatchcase(one.name, pattern) for one in classes):
            raise RecipeError(f"classes: no class {pattern!r}; see 'deepscores classes'")
    if not wanted:
        return tuple(classes)
    return tuple(one for one in classes if any(fnmatchcase(one.name, p) for p in wanted))
