"""What a user asks of an export."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from deepscores.dataset.splits import SPLITS
from deepscores.engraving.styling import page_size
from deepscores.errors import RecipeError
from deepscores.page.labels.label_sets import LabelSet, resolve_label_set
from deepscores.page.measuring.staff_space import SCALABLE, check_staff_space

_IMAGES = ("copy", "link")
_PLURAL = {"split": "splits"}


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """One export; the defaults change nothing of what the dataset holds."""

    to: str  # the format's name
    labels: LabelSet | None = None  # None: as the dataset labels
    splits: tuple[str, ...] = SPLITS
    classes: tuple[str, ...] = ()  # names or patterns; none: all of the label set
    tiles: int | None = None  # pixels each way; None: whole pages
    overlap: int = 128  # pixels that neighbouring tiles share
    visibility: float = 0.5  # share of an object below which a tile's part of it is ignorable
    staff_space: float | None = None  # pixels; None: as the page has it
    images: Literal["copy", "link"] = "copy"
    patches: tuple[int, int] | None = None  # width, height in pixels; None: the format's own
    patches_per_class: int | None = None  # at most; None: all

    def as_table(self) -> dict[str, Any]:
        """Plain values, as JSON has them."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        values["labels"] = self.labels.name if self.labels else None
        return {key: list(v) if isinstance(v, tuple) else v for key, v in values.items()}


def options_from(values_by_name: Mapping[str, Any]) -> ExportOptions:
    """The options that a command or a call gives by name; raise RecipeError for unknown ones.

    Lists may be strings with commas; ``split`` stands for ``splits``.
    """
    table = {
        _PLURAL.get(name, name): value
        for name, value in values_by_name.items()
        if value is not None
    }
    option_names = [field.name for field in fields(ExportOptions)]
    for name in table:
        if name not in option_names:
            raise RecipeError(
                f"unknown export option {name!r}; there are {', '.join(option_names)}"
            )
    for name in ("splits", "classes"):
        if name in table:
            value = table[name]
            parts = value.split(",") if isinstance(value, str) else value
            table[name] = tuple(part.strip() for part in parts if part.strip())
    table["labels"] = resolve_label_set(table.get("labels"))
    if "patches" in table:
        table["patches"] = page_size("patches", table["patches"])
    return ExportOptions(**table)


def check_options(options: ExportOptions, *, cuts_patches: bool) -> None:
    """Raise RecipeError for values out of range, and for patches where the format cuts none."""
    for split in options.splits:
        if split not in SPLITS:
            raise RecipeError(f"split: {split!r} is not one of {', '.join(SPLITS)}")
    if not options.splits:
        raise RecipeError("split: empty")
    if options.tiles is not None and options.tiles < 16:
        raise RecipeError(f"tiles: {options.tiles} px is less than 16")
    if options.tiles is not None and not 0 <= options.overlap < options.tiles:
        raise RecipeError(
            f"overlap: {options.overlap} px is not between 0 and a tile's {options.tiles}"
        )
    if not 0 <= options.visibility <= 1:
        raise RecipeError(f"visibility: {options.visibility:g} is not between 0 and 1")
    check_staff_space(options.staff_space, SCALABLE)
    if options.images not in _IMAGES:
        raise RecipeError(f"images: {options.images!r} is not one of {', '.join(_IMAGES)}")
    if options.patches_per_class is not None and options.patches_per_class < 1:
        raise RecipeError(f"patches-per-class: {options.patches_per_class} is less than 1")
    for name in ("patches", "patches_per_class"):
        if getattr(options, name) is not None and not cuts_patches:
            raise RecipeError(f"{name.replace('_', '-')}: {options.to} has no patches")
