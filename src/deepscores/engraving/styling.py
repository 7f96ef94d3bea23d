"""Variation of engravings: parse a recipe's table ``[style]`` and draw values from it.

A key is one property of an engraving. Its value is fixed or a distribution::

    [style]
    preset = "publisher-varied"            # the table to start from
    stem-thickness = 0.1                   # staff spaces, in every score
    staff-space = { min = 12, max = 20 }   # uniform
    spacing-linear = { mean = 0.25, sd = 0.05 }
    transpose = { choice = [-2, 0, 3], weights = [1, 2, 1] }

Thicknesses and sizes are in staff spaces, page sizes and margins in pixels.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from deepscores.errors import RecipeError
from deepscores.page.measuring.staff_space import ENGRAVABLE
from deepscores.runs.streams import stream

Value = float | int | bool | str


class StyleKey(NamedTuple):
    """The type and range of a property of a style."""

    kind: type  # float, int, bool; str is a page size
    low: float = 0
    high: float = 0
    unit: str = ""
    drawn_for: str = "font"  # one draw per "font" of a score, per "score" or per "page"


_PIXELS, _SPACES = "pixels", "staff spaces"
KEYS: dict[str, StyleKey] = {
    "page-size": StyleKey(str, unit=_PIXELS),
    "margin": StyleKey(int, 0, 500, _PIXELS),
    "staff-space": StyleKey(float, *ENGRAVABLE, _PIXELS),
    "spacing-linear": StyleKey(float, 0, 1),
    "spacing-non-linear": StyleKey(float, 0, 1),
    "spacing-staff": StyleKey(float, 0, 24, _SPACES),
    "spacing-system": StyleKey(float, 0, 24, _SPACES),
    "staff-line-thickness": StyleKey(float, 0.05, 0.15, _SPACES),
    "stem-thickness": StyleKey(float, 0.05, 0.25, _SPACES),
    # A quarter of a staff space is where a thin barline ends and a thick one begins.
    "barline-thickness": StyleKey(float, 0.05, 0.24, _SPACES),
    "thick-barline-thickness": StyleKey(float, 0.3, 1, _SPACES),
    "ledger-thickness": StyleKey(float, 0.05, 0.25, _SPACES),
    "ledger-extension": StyleKey(float, 0.1, 0.5, _SPACES),
    "slur-thickness": StyleKey(float, 0.1, 0.6, _SPACES),
    "slur-curve": StyleKey(float, 0.2, 5),
    "tie-thickness": StyleKey(float, 0.1, 0.5, _SPACES),
    "hairpin-thickness": StyleKey(float, 0.05, 0.4, _SPACES),
    "hairpin-size": StyleKey(float, 0.5, 4, _SPACES),
    "bracket-thickness": StyleKey(float, 0.25, 1, _SPACES),
    "tuplet-bracket-thickness": StyleKey(float, 0.05, 0.4, _SPACES),
    "flat-beams": StyleKey(bool),
    "lyric-size": StyleKey(float, 1, 4, _SPACES),
    "bar-numbers": StyleKey(int, 0, 64, "every so many measures; 0: at each system"),
    "systems-per-page": StyleKey(int, 0, 24, "at most; 0: as many as there is room for"),
    "justify-systems": StyleKey(bool),
    "ragged-right": StyleKey(bool),
    "transpose": StyleKey(int, -12, 12, "semitones", "score"),
    "wear": StyleKey(float, 0, 1, drawn_for="page"),
}


class Distribution(NamedTuple):
    """A value, or a distribution of values: the choices, or numbers from *low* to *high*."""

    choices: tuple[Value, ...] = ()
    weights: tuple[float, ...] = ()  # of the choices; () if all are as likely
    low: float = 0.0
    high: float = 0.0
    mean: float | None = None  # with *sd*: normal, cut at both ends; without: uniform
    sd: float | None = None

    def extremes(self) -> tuple[Value, ...]:
        """Values that bound all others: the choices, or minimum and maximum."""
        return self.choices or (self.low, self.high)

    def as_value(self) -> Any:
        """The value or table of a recipe."""
        if self.choices:
            if len(self.choices) == 1:
                return self.choices[0]
            weights = {"weights": list(self.weights)} if self.weights else {}
            return {"choice": list(self.choices), **weights}
        ends = {"min": self.low, "max": self.high}
        return ends if self.mean is None else {"mean": self.mean, "sd": self.sd, **ends}


Styling = tuple[tuple[str, Distribution], ...]  # by key, in the order of KEYS


def presets() -> dict[str, dict[str, Any]]:
    """The tables that a recipe can start from, by name."""
    return {name: dict(table) for name, table in _presets().items()}


@cache
def _presets() -> dict[str, dict[str, Any]]:
    text = (files("deepscores") / "engraving/presets.toml").read_text("utf-8")
    return tomllib.loads(text)


def parse_styling(option: str, value: object) -> Styling:
    """Parse a recipe's styles: a preset's name, or a table. *option* names it in errors.

    :raises RecipeError: an unknown preset or key, a value of the wrong kind or out of its range

    >>> parse_styling("style", {"margin": 40})
    (('margin', Distribution(choices=(40,), weights=(), low=0.0, high=0.0, mean=None, sd=None)),)
    """
    table = {"preset": value} if isinstance(value, str) else value
    if not isinstance(table, Mapping):
        raise RecipeError(f"{option}: {value!r} is neither a preset's name nor a table")
    name = table.get("preset", "plain")
    tables = _presets()
    if name not in tables:
        raise RecipeError(f"{option}: unknown preset {name!r}; there are {', '.join(tables)}")
    merged = {**tables[name], **{key: entry for key, entry in table.items() if key != "preset"}}
    unknown = [key for key in merged if key not in KEYS]
    if unknown:
        raise RecipeError(f"{option}: unknown key {unknown[0]!r}; known: preset, {', '.join(KEYS)}")
    return tuple(
        (key, _parse(f"{option}: {key}", KEYS[key], merged[key])) for key in KEYS if key in merged
    )


def _parse(option: str, key: StyleKey, value: object) -> Distribution:
    if not isinstance(value, Mapping):
        return Distribution((_valid(option, key, value),))
    shapes = ({"choice"}, {"choice", "weights"}, {"min", "max"}, {"mean", "sd"})
    names = set(value)
    if names not in shapes and names != {"mean", "sd", "min", "max"}:
        raise RecipeError(
            f"{option}: a distribution is {{ choice = […] }}, with weights = […] or without, "
            "{ min, max } or { mean, sd }, with min and max or without"
        )
    if "choice" in value:
        return _choices(option, key, value["choice"], value.get("weights", ()))
    if key.kind not in (float, int):
        raise RecipeError(f"{option}: give a value or {{ choice = […] }}")
    low = _number(option, key, value.get("min", key.low))
    high = _number(option, key, value.get("max", key.high))
    if low > high:
        raise RecipeError(f"{option}: min {low:g} is over max {high:g}")
    if "mean" not in value:
        return Distribution(low=low, high=high)
    sd = value["sd"]
    if isinstance(sd, bool) or not isinstance(sd, int | float) or not 0 < sd < float("inf"):
        raise RecipeError(f"{option}: sd {sd!r} is not a number over 0")
    return Distribution(low=low, high=high, mean=_number(option, key, value["mean"]), sd=float(sd))


def _choices(option: str, key: StyleKey, values: object, weights: object) -> Distribution:
    if not isinstance(values, list | tuple) or not values:
        raise RecipeError(f"{option}: choice {values!r} is not a list of values")
    if not isinstance(weights, list | tuple) or not all(
        isinstance(weight, int | float)
        and not isinstance(weight, bool)
        and 0 <= weight < float("inf")
        for weight in weights
    ):
        raise RecipeError(f"{option}: weights {weights!r} is not a list of numbers of at least 0")
    if weights and (len(weights) != len(values) or not sum(weights)):
        raise RecipeError(f"{option}: {len(weights)} weights for {len(values)} values, or all 0")
    return Distribution(
        tuple(_valid(option, key, value) for value in values), tuple(map(float, weights))
    )


def _valid(option: str, key: StyleKey, value: object) -> Value:
    if key.kind is bool:
        if not isinstance(value, bool):
            raise RecipeError(f"{option}: {value!r} is neither true nor false")
        return value
    if key.kind is str:
        return "x".join(map(str, page_size(option, value)))
    number = _number(option, key, value)
    return int(number) if key.kind is int else number


def _number(option: str, key: StyleKey, value: object) -> float:
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if not fits or (key.kind is int and value != int(value)):  # type: ignore[call-overload]
        raise RecipeError(f"{option}: {value!r} is not a {'whole ' * (key.kind is int)}number")
    if not key.low <= value <= key.high:  # type: ignore[operator]
        unit = f" ({key.unit})" if key.unit else ""
        raise RecipeError(f"{option}: {value} is not between {key.low:g} and {key.high:g}{unit}")
    return float(value)  # type: ignore[arg-type]


LARGEST_SIDE = 20_000  # pixels


def page_size(option: str, value: object) -> tuple[int, int]:
    """Width and height in pixels of a page: ``"1894x2668"`` or two numbers."""
    if isinstance(value, list | tuple):
        value = "x".join(map(str, value))
    width, _, height = str(value).lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise RecipeError(
            f"{option}: {value!r} is not a size such as 1894x2668 (width x height in pixels)"
        )
    if not (1 <= int(width) <= LARGEST_SIDE and 1 <= int(height) <= LARGEST_SIDE):
        raise RecipeError(f"{option}: {value} is not between 1 and {LARGEST_SIDE} pixels a side")
    return int(width), int(height)


def draw_style(styling: Styling, seed: int, score: str, font: str) -> dict[str, Value]:
    """Draw the values for a score in one font, except those that are drawn per page."""
    drawn = {}
    for key, spread in styling:
        drawn_for = KEYS[key].drawn_for
        if drawn_for != "page":
            names = (key, score) if drawn_for == "score" else (key, score, font)
            drawn[key] = _draw_value(spread, KEYS[key], seed, *names)
    return drawn


def draw_for_page(
    styling: Styling, seed: int, score: str, font: str, number: int
) -> dict[str, Value]:
    """Draw the values that are drawn per page."""
    return {
        key: _draw_value(spread, KEYS[key], seed, key, score, font, number)
        for key, spread in styling
        if KEYS[key].drawn_for == "page"
    }


def _draw_value(spread: Distribution, key: StyleKey, seed: int, *names: object) -> Value:
    if len(spread.choices) == 1:
        return spread.choices[0]
    # A stream per key: other keys do not change its values.
    random = stream(seed, "style", *names)
    if spread.choices:
        weights = spread.weights or (1.0,) * len(spread.choices)
        point = random.random() * sum(weights)
        for choice, weight in zip(spread.choices, weights, strict=True):
            point -= weight
            if point < 0:
                return choice
        return spread.choices[-1]
    if key.kind is int and spread.mean is None:
        return int(random.integers(int(spread.low), int(spread.high), endpoint=True))
    if spread.mean is None or spread.sd is None:
        number = random.uniform(spread.low, spread.high)
    else:
        number = min(max(random.normal(spread.mean, spread.sd), spread.low), spread.high)
    return round(number) if key.kind is int else round(float(number), 4)
