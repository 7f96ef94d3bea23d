"""Choosing classes of a label set by their names."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from deepscores.errors import RecipeError
from deepscores.page.labels.label_sets import LabelClass, LabelSet


def choose_classes(
    default: LabelSet, labels: LabelSet | None, patterns: Sequence[str] | str = ()
) -> tuple[LabelClass, ...]:
    """Those of *labels*, or else of *default*, as `choose` has them."""
    return choose((labels or default).classes, patterns)


def choose(classes: Sequence[LabelClass], patterns: Sequence[str] | str) -> tuple[LabelClass, ...]:
    """Those of *classes* whose names fit one of *patterns*, all if there are none.

    *patterns* may be a string with commas. Raise RecipeError for one that fits no class.
    """
    names = patterns.split(",") if isinstance(patterns, str) else list(patterns)
    names = [label_class.strip() for label_class in names if label_class.strip()]
    for pattern in names:
        if not any(fnmatchcase(label_class.name, pattern) for label_class in classes):
            raise RecipeError(f"classes: no class {pattern!r}; see 'deepscores classes'")
    if not names:
        return tuple(classes)
    return tuple(
        label_class
        for label_class in classes
        if any(fnmatchcase(label_class.name, pattern) for pattern in names)
    )
