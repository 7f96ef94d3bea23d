"""Recipes: what a dataset depends on, read from TOML files and changed by options, and checked."""

import fnmatch
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from deepscores.engraving.font_choice import choose_fonts, engraver_of
from deepscores.engraving.registry import find_engraver
from deepscores.engraving.smufl.fontfile import is_font_path
from deepscores.engraving.styling import (
    Styling,
    draw_for_page,
    draw_style,
    page_size,
)
from deepscores.engraving.verovio.data import MUSIC_FONTS
from deepscores.errors import RecipeError
from deepscores.page.labels.label_sets import LabelSet, load_label_set
from deepscores.page.labels.readability import READABLE, Readability
from deepscores.page.measuring.staff_space import ENGRAVABLE, check_staff_space
from deepscores.page.model import FontFile, Style
from deepscores.recipe.options import recipes
from deepscores.recipe.options.outputs import DATASET_OUTPUT
from deepscores.recipe.options.runs import EXECUTOR, FORCE, JOBS, SEED
from deepscores.recipe.options.table import keys_of


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that a dataset depends on, besides the scores and the versions of the engines."""

    scores: tuple[str, ...] = ()  # files, folders, glob patterns; () is the default corpus
    engravers: tuple[str, ...] = (recipes.ENGRAVER.default,)
    fonts: tuple[str, ...] = MUSIC_FONTS  # names; a checked recipe has no font files among them
    font_files: tuple[FontFile, ...] = ()  # those of the fonts that the user supplied for Verovio
    font_dir: str = recipes.FONT_DIR.default  # "": LilyPond's own fonts only
    pages: int | None = recipes.PAGES.default  # None: all
    pages_per_score: int | None = None  # None: a twentieth of the pages, where those are limited
    labels: LabelSet = field(default_factory=lambda: load_label_set(recipes.LABELS.default))
    page_size: tuple[int, int] = recipes.PAGE_SIZE.default  # width, height in pixels
    staff_space: float = recipes.STAFF_SPACE.default  # pixels between two staff lines
    margin: int = recipes.MARGIN.default  # pixels
    patches: tuple[int, int] = recipes.PATCHES.default  # width, height in pixels
    patches_per_class: int = recipes.PATCHES_PER_CLASS.default
    quota: tuple[tuple[str, int], ...] = ()  # class, pattern or "each" → objects wanted of it
    max_lost_notes: float = recipes.MAX_LOST_NOTES.default  # share, beyond which a score is skipped
    readability: Readability = READABLE  # pages beyond these limits are left out
    seed: int = SEED.default
    whole_masks: bool = recipes.WHOLE_MASKS.default  # whether the symbol table has each mask
    style: Styling = ()  # what varies from score to score, and what is not the engraver's default

    def styles(self, score: str = "") -> tuple[Style, ...]:
        """The styles in which the score of this id is engraved, one in each font."""
        return tuple(self._style(score, font) for font in self.fonts)

    def _style(self, score: str, font: str) -> Style:
        engraver = self.engraver_of(font)
        drawn: dict[str, Any] = draw_style(self._varied(font), self.seed, score, font)
        width, height = self.page_size
        if "page-size" in drawn:
            width, height = page_size("page-size", drawn.pop("page-size"))
        return Style(
            font,
            engraver,
            width,
            height,
            drawn.pop("staff-space", self.staff_space),
            drawn.pop("margin", self.margin),
            next((file for file in self.font_files if file.name == font), None),
            font_dir=self.font_dir if find_engraver(engraver).takes_font_folder else "",
            transpose=drawn.pop("transpose", 0),
            properties=tuple(drawn.items()),
        )

    def engraver_of(self, font: str) -> str:
        """The engraver that draws in one of the fonts."""
        return engraver_of(font, self.engravers, self.font_files)

    def _varied(self, font: str) -> Styling:
        """The properties in the style that the font's engraver can draw."""
        drawable = _OF_ANY_ENGRAVER | find_engraver(self.engraver_of(font)).style_properties
        return tuple((key, draw) for key, draw in self.style if key in drawable)

    def page_style(self, score: str, font: str, number: int) -> dict[str, Any]:
        """All values drawn for a page, by the keys of ``[style]``."""
        return {
            **draw_style(self._varied(font), self.seed, score, font),
            **draw_for_page(self.style, self.seed, score, font, number),
        }

    def max_pages_per_score(self) -> int | None:
        """Maximum pages of one score, all fonts together; None: all. A sample needs many scores."""
        if self.pages is None or self.quota:  # a quota selects pages by their content
            return self.pages_per_score
        share = max(-(-self.pages // 20), len(self.fonts))
        return min(self.pages_per_score or share, self.pages)

    def max_pages_per_font(self) -> int | None:
        """Maximum pages of one score in each font; None: all."""
        pages = self.max_pages_per_score()
        return None if pages is None else -(-pages // len(self.fonts))

    def as_table(self) -> dict[str, Any]:
        """The recipe as plain values, for JSON."""
        table = {item.name.replace("_", "-"): getattr(self, item.name) for item in fields(self)}
        table["labels"] = self.labels.name
        if not self.whole_masks:  # datasets without them predate the key
            del table["whole-masks"]
        del table["font-files"]
        del table["style"]
        if self.style:
            table["style"] = {key: draw.as_value() for key, draw in self.style}
        if self.font_files:
            table["font-files"] = {file.name: _digests(file) for file in self.font_files}
        engravers = table.pop("engravers")
        if self.engravers != ("verovio",):  # as do datasets engraved by Verovio alone
            table["engraver"] = ",".join(engravers)
        if not self.font_dir:
            del table["font-dir"]
        limits = {key.replace("_", "-"): value for key, value in asdict(self.readability).items()}
        return {**table, "quota": dict(self.quota), "readability": limits}


def _digests(file: FontFile) -> dict[str, str]:
    """What identifies a font, wherever its file is."""
    return {"sha256": file.sha256, "metadata-sha256": file.metadata_sha256}


def read_recipe(path: Path) -> Recipe:
    """The recipe in a TOML file; keys are those of the command line (``page-size = "1894x2668"``).

    Raise RecipeError with the file, the key and what it should be.
    """
    table = {key: value for key, value in _read_table(path).items() if key not in _RUN_KEYS}
    labels = table.get("labels")
    if isinstance(labels, str) and labels.endswith(".toml"):
        table["labels"] = _resolve_path(path.parent, labels)
    try:
        return _check(_resolve_paths(path.parent, _change(Recipe(), table)))
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from None


@dataclass(frozen=True, slots=True)
class Run:
    """What a recipe file says about a single run; no dataset depends on it."""

    output: str | None = None  # relative to the file's folder
    jobs: int | None = None
    executor: str | None = None
    force: bool = False


def read_run(path: Path) -> Run:
    """``output``, ``jobs``, ``executor`` and ``force`` of a recipe file, as far as it has them."""
    table = _read_table(path)
    try:
        output = DATASET_OUTPUT.parse(table["output"]) if "output" in table else None
        jobs = JOBS.parse(table["jobs"]) if "jobs" in table else None
        executor = EXECUTOR.parse(table["executor"]) if "executor" in table else None
        force = FORCE.parse(table.get("force", False))
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from None
    if output is not None:
        output = str(path.parent / output.expanduser())
    return Run(output, jobs, executor, force)


def _read_table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: {error}") from None


def _resolve_paths(folder: Path, recipe: Recipe) -> Recipe:
    """*recipe* with its paths, which are relative to *folder*, resolved."""
    font_dir = _resolve_path(folder, recipe.font_dir) if recipe.font_dir else ""
    fonts = tuple(
        _resolve_path(folder, font) if is_font_path(font) else font for font in recipe.fonts
    )
    scores = tuple(_resolve_path(folder, path) for path in recipe.scores)
    return replace(recipe, scores=scores, fonts=fonts, font_dir=font_dir)


def _resolve_path(folder: Path, path: str) -> str:
    return str(folder / Path(path).expanduser())


def apply(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """*recipe* with *changes*, by the names of the command line's options, checked.

    >>> apply(Recipe(), {"page-size": "800x1000"}).page_size
    (800, 1000)
    """
    return _check(_change(recipe, changes))


_RECIPE_KEYS = keys_of("recipe")
_RUN_KEYS = keys_of("run")
_RANGES = (recipes.MAX_LOST_NOTES, recipes.MARGIN)


def _change(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """*recipe* with *changes*, each value parsed, but not yet checked together."""
    values: dict[str, Any] = {}
    for key, value in changes.items():
        option = _RECIPE_KEYS.get(key.replace("_", "-"))
        if option is None:
            raise RecipeError(f"unknown key {key!r}; known: {', '.join(sorted(_RECIPE_KEYS))}")
        values[option.python_name] = option.parse(value)
    if "engraver" in values:
        values["engravers"] = values.pop("engraver")
    added_fonts = values.pop("font", ())
    if added_fonts:
        values["fonts"] = (*values.get("fonts", recipe.fonts), *added_fonts)
    return replace(recipe, **values)


def _check(recipe: Recipe) -> Recipe:
    """*recipe* with its fonts resolved; raise RecipeError for what is impossible."""
    recipe = _with_fonts(recipe)
    names = [label_class.name for label_class in recipe.labels.classes]
    for pattern, _ in recipe.quota:
        if pattern != "each" and not fnmatch.filter(names, pattern):
            raise RecipeError(f"quota: no class {pattern!r} in label set {recipe.labels.name!r}")
    check_staff_space(recipe.staff_space, ENGRAVABLE)
    for option in _RANGES:
        option.check(getattr(recipe, option.python_name))
    _check_room(recipe)
    properties = (find_engraver(name).style_properties for name in recipe.engravers)
    drawable = _OF_ANY_ENGRAVER.union(*properties)
    style = tuple((key, draw) for key, draw in recipe.style if key in drawable)
    return replace(recipe, style=style)


_OF_ANY_ENGRAVER = frozenset(("page-size", "margin", "staff-space", "transpose", "wear"))


def _with_fonts(recipe: Recipe) -> Recipe:
    """*recipe* with names for its font files; raise RecipeError for fonts its engravers lack."""
    fonts, files = choose_fonts(recipe.engravers, recipe.fonts, recipe.font_files, recipe.font_dir)
    return replace(recipe, fonts=fonts, font_files=files)


def _check_room(recipe: Recipe) -> None:
    """Raise RecipeError for pages too small for the margins and staves that a style may draw."""
    drawn = dict(recipe.style)

    def extremes(key: str, fixed: Any) -> tuple[Any, ...]:
        return drawn[key].extremes() if key in drawn else (fixed,)

    space = max(extremes("staff-space", recipe.staff_space))
    margin = max(extremes("margin", recipe.margin))
    smallest_side = 20 * space + 2 * margin
    for size in extremes("page-size", recipe.page_size):
        width, height = page_size("page-size", size)
        if min(width, height) < smallest_side:
            raise RecipeError(
                f"page-size: {width}x{height} px leaves no room for music with a staff space of "
                f"{space:g} px and margins of {margin} px; at least {smallest_side:g} px are needed"
            )
