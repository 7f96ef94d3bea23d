"""What a user asks for: a TOML file and the command line, checked and resolved."""

import fnmatch
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from deepscores.engraving.font_choice import choose_fonts, engraver_of
from deepscores.engraving.registry import engraver_names, find_engraver
from deepscores.engraving.smufl.fontfile import is_font_path
from deepscores.engraving.styling import (
    Styling,
    draw_for_page,
    draw_style,
    page_size,
    parse_styling,
)
from deepscores.engraving.verovio.data import MUSIC_FONTS
from deepscores.errors import RecipeError
from deepscores.page.labels.label_sets import LabelSet, load_label_set
from deepscores.page.labels.readability import READABLE, Readability
from deepscores.page.measuring.staff_space import ENGRAVABLE, check_staff_space
from deepscores.page.model import FontFile, Style


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that a dataset depends on, besides the scores and the versions of the engines."""

    scores: tuple[str, ...] = ()  # files, folders, globs; () is the default corpus
    engravers: tuple[str, ...] = ("verovio",)
    fonts: tuple[str, ...] = MUSIC_FONTS  # names; once checked, no file is among them
    font_files: tuple[FontFile, ...] = ()  # those of the fonts that the user brought for Verovio
    font_dir: str = ""  # with fonts for LilyPond; "": its own only
    pages: int | None = 300  # None: all
    pages_per_score: int | None = None  # None: a twentieth of the pages, where those are limited
    labels: LabelSet = field(default_factory=lambda: load_label_set("deepscores-118"))
    page_size: tuple[int, int] = (1894, 2668)  # width, height in pixels
    staff_space: float = 16.0  # pixels between two staff lines
    margin: int = 100  # pixels
    patches: tuple[int, int] = (45, 170)  # width, height in pixels
    patches_per_class: int = 5000
    quota: tuple[tuple[str, int], ...] = ()  # class, pattern or "each" → objects asked for
    max_lost_notes: float = 0.02  # of a score's notes, beyond which the engraving is not trusted
    readability: Readability = READABLE  # pages beyond these limits are left out
    seed: int = 0
    whole_masks: bool = False  # each symbol's own mask, in the symbol table
    style: Styling = ()  # what varies from score to score, and what is not the engraver's own

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
        """What varies, of that which the font's engraver can draw."""
        known = _OF_ANY_ENGRAVER | find_engraver(self.engraver_of(font)).style_properties
        return tuple(one for one in self.style if one[0] in known)

    def page_style(self, score: str, font: str, number: int) -> dict[str, Any]:
        """All that was drawn for a page, by the keys of ``[style]``."""
        return {
            **draw_style(self._varied(font), self.seed, score, font),
            **draw_for_page(self.style, self.seed, score, font, number),
        }

    def most_of_a_score(self) -> int | None:
        """Pages made of one score, all fonts together; None: all. A sample is to be of many."""
        if self.pages is None or self.quota:  # a quota's pages are picked by what they hold
            return self.pages_per_score
        share = max(-(-self.pages // 20), len(self.fonts))
        return min(self.pages_per_score or share, self.pages)

    def most_of_a_font(self) -> int | None:
        """The same in each font."""
        most = self.most_of_a_score()
        return None if most is None else -(-most // len(self.fonts))

    def as_table(self) -> dict[str, Any]:
        """The recipe as plain values, for JSON."""
        table = {one.name.replace("_", "-"): getattr(self, one.name) for one in fields(self)}
        table["labels"] = self.labels.name
        if not self.whole_masks:  # a dataset without them is as it was before they could be had
            del table["whole-masks"]
        del table["font-files"]
        del table["style"]
        if self.style:
            table["style"] = {key: draw.as_value() for key, draw in self.style}
        if self.font_files:
            table["font-files"] = {file.name: _digests(file) for file in self.font_files}
        engravers = table.pop("engravers")
        if self.engravers != ("verovio",):  # nor does a dataset of Verovio's tell of the choice
            table["engraver"] = ",".join(engravers)
        if not self.font_dir:
            del table["font-dir"]
        limits = {key.replace("_", "-"): value for key, value in asdict(self.readability).items()}
        return {**table, "quota": dict(self.quota), "readability": limits}


def _digests(file: FontFile) -> dict[str, str]:
    """What tells a font from others, wherever it lies."""
    return {"sha256": file.sha256, "metadata-sha256": file.metadata_sha256}


def read_recipe(path: Path) -> Recipe:
    """The recipe in a TOML file; keys are those of the command line (``page-size = "1894x2668"``).

    Raise RecipeError with the file, the key and what it should be.
    """
    table = {key: value for key, value in _read_table(path).items() if key not in _RUN}
    labels = table.get("labels")
    if isinstance(labels, str) and labels.endswith(".toml"):
        table["labels"] = _beside(path.parent, labels)
    try:
        return checked(_all_beside(path.parent, parsed(Recipe(), table)))
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from None


@dataclass(frozen=True, slots=True)
class Run:
    """What a recipe file says of one run of it; no dataset depends on it."""

    output: str | None = None  # relative to the file's folder
    jobs: int | None = None
    executor: str | None = None
    force: bool = False


def read_run(path: Path) -> Run:
    """``output``, ``jobs``, ``executor`` and ``force`` of a recipe file, as far as it has them."""
    table = _read_table(path)
    try:
        output = _text("output", table["output"]) if "output" in table else None
        jobs = _whole("jobs", table["jobs"], least=1) if "jobs" in table else None
        executor = _text("executor", table["executor"]) if "executor" in table else None
        force = _flag("force", table.get("force", False))
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from None
    if output is not None:
        output = str(path.parent / Path(output).expanduser())
    return Run(output, jobs, executor, force)


_RUN = frozenset(("output", "jobs", "executor", "force"))


def _read_table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: {error}") from None


def _all_beside(folder: Path, recipe: Recipe) -> Recipe:
    """Paths in a recipe are relative to its folder."""
    font_dir = _beside(folder, recipe.font_dir) if recipe.font_dir else ""
    fonts = tuple(_beside(folder, one) if is_font_path(one) else one for one in recipe.fonts)
    scores = tuple(_beside(folder, one) for one in recipe.scores)
    return replace(recipe, scores=scores, fonts=fonts, font_dir=font_dir)


def _beside(folder: Path, name: str) -> str:
    return str(folder / Path(name).expanduser())


def apply(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """*recipe* with *changes*, by the names of the command line's options, checked.

    >>> apply(Recipe(), {"page-size": "800x1000"}).page_size
    (800, 1000)
    """
    return checked(parsed(recipe, changes))


def parsed(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """*recipe* with *changes*, each a value of its kind, not yet checked together."""
    values: dict[str, Any] = {}
    for key, value in changes.items():
        name, shown = key.replace("-", "_"), key.replace("_", "-")
        if name not in _PARSERS:
            options = ", ".join(sorted(one.replace("_", "-") for one in _PARSERS))
            raise RecipeError(f"unknown key {key!r}; known: {options}")
        values[name] = _PARSERS[name](shown, value)
    if "engraver" in values:
        values["engravers"] = values.pop("engraver")
    more = values.pop("font", ())
    if more:
        values["fonts"] = (*values.get("fonts", recipe.fonts), *more)
    return replace(recipe, **values)


def checked(recipe: Recipe) -> Recipe:
    """*recipe*, or RecipeError where it asks for what cannot be."""
    recipe = _with_fonts(recipe)
    names = [one.name for one in recipe.labels.classes]
    for pattern, _ in recipe.quota:
        if pattern != "each" and not fnmatch.filter(names, pattern):
            raise RecipeError(f"quota: no class {pattern!r} in label set {recipe.labels.name!r}")
    if not 0 <= recipe.max_lost_notes <= 1:
        raise RecipeError(f"max-lost-notes: {recipe.max_lost_notes:g} is not between 0 and 1")
    check_staff_space(recipe.staff_space, ENGRAVABLE)
    if not 0 <= recipe.margin <= 500:
        raise RecipeError(f"margin: {recipe.margin} px is not between 0 and 500")
    _check_room(recipe)
    drawable = (find_engraver(name).style_properties for name in recipe.engravers)
    known = _OF_ANY_ENGRAVER.union(*drawable)
    return replace(recipe, style=tuple(one for one in recipe.style if one[0] in known))


_OF_ANY_ENGRAVER = frozenset(("page-size", "margin", "staff-space", "transpose", "wear"))


def _with_fonts(recipe: Recipe) -> Recipe:
    """*recipe* with the fonts that it means, once all is found to be there for its engravers."""
    fonts, files = choose_fonts(recipe.engravers, recipe.fonts, recipe.font_files, recipe.font_dir)
    return replace(recipe, fonts=fonts, font_files=files)


def _check_room(recipe: Recipe) -> None:
    """Refuse pages too small for their margins and staves, at whatever a style may draw."""
    drawn = dict(recipe.style)

    def extremes(key: str, fixed: Any) -> tuple[Any, ...]:
        return drawn[key].extremes() if key in drawn else (fixed,)

    space = max(extremes("staff-space", recipe.staff_space))
    margin = max(extremes("margin", recipe.margin))
    least = 20 * space + 2 * margin
    for size in extremes("page-size", recipe.page_size):
        width, height = page_size("page-size", size)
        if min(width, height) < least:
            raise RecipeError(
                f"page-size: {width}x{height} px leaves no room for music with a staff space of "
                f"{space:g} px and margins of {margin} px: {least:g} px at least"
            )


def _names(key: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [name for name in value.split(",") if name]
    if not isinstance(value, list | tuple) or not all(isinstance(one, str | Path) for one in value):
        raise RecipeError(f"{key}: {value!r} is no list of names")
    return tuple(str(name).strip() for name in value)


def _font_paths(key: str, value: object) -> tuple[str, ...]:
    paths = _paths(key, value)
    for path in paths:
        if not is_font_path(path):
            raise RecipeError(f"{key}: {path!r} is no font's file (.otf …); names go with --fonts")
    return paths


def _font_files(key: str, value: object) -> tuple[FontFile, ...]:
    """Fonts as a dataset names them, by what tells them from others."""
    if not isinstance(value, Mapping):
        raise RecipeError(f"{key}: {value!r} is no table of fonts")
    try:
        return tuple(
            FontFile(name, one["sha256"], one["metadata-sha256"]) for name, one in value.items()
        )
    except (KeyError, TypeError):
        raise RecipeError(f"{key}: a font has no sha256 or metadata-sha256") from None


def _paths(key: str, value: object) -> tuple[str, ...]:
    return _names(key, [value] if isinstance(value, str | Path) else value)


def _pages(key: str, value: object) -> int | None:
    return None if value in ("all", None) else _whole(key, value, least=1)


def _whole(key: str, value: object, least: int = 0) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = least - 1
    if isinstance(value, bool) or number < least:
        raise RecipeError(f"{key}: {value!r} is no whole number from {least} up")
    return number


def _real(key: str, value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        raise RecipeError(f"{key}: {value!r} is no number") from None


def _flag(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise RecipeError(f"{key}: {value!r} is neither true nor false")
    return value


def _quota(key: str, value: object) -> tuple[tuple[str, int], ...]:
    """A table of counts by class, or one count for each.

    >>> _quota("quota", 50)
    (('each', 50),)
    """
    if not isinstance(value, Mapping):
        value = {"each": value}
    return tuple((str(name), _whole(f"{key}: {name}", count)) for name, count in value.items())


def _readability(key: str, value: object) -> Readability:
    if not isinstance(value, Mapping):
        raise RecipeError(f"{key}: {value!r} is no table of limits")
    kinds = {field.name.replace("_", "-"): field.type for field in fields(Readability)}
    limits: dict[str, Any] = {}
    for name, limit in value.items():
        if name not in kinds:
            raise RecipeError(f"{key}: unknown key {name!r}; known: {', '.join(sorted(kinds))}")
        read = _whole if kinds[name] is int else _real
        limits[name.replace("-", "_")] = read(f"{key}: {name}", limit)
    return Readability(**limits)


def _engravers(key: str, value: object) -> tuple[str, ...]:
    """One engraver or several, in the order of the registry.

    >>> _engravers("engraver", "both")
    ('verovio', 'lilypond')
    """
    known = engraver_names()
    names = ("verovio", "lilypond") if value == "both" else _names(key, value)
    for name in names:
        if name not in known:
            raise RecipeError(f"no engraver {name!r}; there are {', '.join(known)}, and both")
    return tuple(name for name in known for _ in range(names.count(name)))


def _text(key: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise RecipeError(f"{key}: {value!r} is no name")
    return value


def _label_set(key: str, value: object) -> LabelSet:
    return value if isinstance(value, LabelSet) else load_label_set(_text(key, value))


_PARSERS: dict[str, Any] = {
    "scores": _paths,
    "engraver": _engravers,
    "font_dir": _text,
    "fonts": _names,
    "font": _font_paths,  # besides those of "fonts"
    "font_files": _font_files,
    "pages": _pages,
    "pages_per_score": _pages,
    "labels": _label_set,
    "page_size": page_size,
    "staff_space": _real,
    "margin": _whole,
    "patches": page_size,
    "patches_per_class": _whole,
    "quota": _quota,
    "readability": _readability,
    "max_lost_notes": _real,
    "seed": _whole,
    "whole_masks": _flag,
    "style": parse_styling,
}
