"""Which classes of a label set are wanted."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from deepscores.errors import RecipeError
from deepscores.page.labels.label_sets import LabelClass, LabelSet


def chosen_classes(
    own: LabelSet, labels: LabelSet | None, patterns: Sequence[str] | str = ()
) -> tuple[LabelClass, ...]:
    """Those of *labels*, by default the dataset's *own* label set, as `choose` has them."""
    return choose((labels or own).classes, patterns)


def choose(classes: Sequence[LabelClass], patterns: Sequence[str] | str) -> tuple[LabelClass, ...]:
    """Those of *classes* whose names fit one of *patterns*, all if there are none.

    *patterns* may be a string with commas. Raise RecipeError for one that fits no class.
    """
    wanted = patterns.split(",") if isinstance(patterns, str) else list(patterns)
    wanted = [one.strip() for one in wanted if one.strip()]
    for pattern in wanted:
        if not any(fnmatchcase(one.name, pattern) for one in classes):
            raise RecipeError(f"classes: no class {pattern!r}; see 'deepscores classes'")
    if not wanted:
        return tuple(classes)
    return tuple(one for one in classes if any(fnmatchcase(one.name, p) for p in wanted))
