"""How engravings vary: what a recipe's table ``[style]`` may say, and draws from it.

A key stands for one property of an engraving. It is given a value or a distribution::

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


class Key(NamedTuple):
    """What a property of a style can be."""

    kind: type  # float, int, bool; str is a page size
    low: float = 0
    high: float = 0
    unit: str = ""
    drawn_for: str = "font"  # one draw for each "font" of a score, each "score", each "page"


_PIXELS, _SPACES = "pixels", "staff spaces"
KEYS: dict[str, Key] = {
    "page-size": Key(str, unit=_PIXELS),
    "margin": Key(int, 0, 500, _PIXELS),
    "staff-space": Key(float, *ENGRAVABLE, _PIXELS),
    "spacing-linear": Key(float, 0, 1),
    "spacing-non-linear": Key(float, 0, 1),
    "spacing-staff": Key(float, 0, 24, _SPACES),
    "spacing-system": Key(float, 0, 24, _SPACES),
    "staff-line-thickness": Key(float, 0.05, 0.15, _SPACES),
    "stem-thickness": Key(float, 0.05, 0.25, _SPACES),
    # A quarter of a staff space is where a thin barline ends and a thick one begins.
    "barline-thickness": Key(float, 0.05, 0.24, _SPACES),
    "thick-barline-thickness": Key(float, 0.3, 1, _SPACES),
    "ledger-thickness": Key(float, 0.05, 0.25, _SPACES),
    "ledger-extension": Key(float, 0.1, 0.5, _SPACES),
    "slur-thickness": Key(float, 0.1, 0.6, _SPACES),
    "slur-curve": Key(float, 0.2, 5),
    "tie-thickness": Key(float, 0.1, 0.5, _SPACES),
    "hairpin-thickness": Key(float, 0.05, 0.4, _SPACES),
    "hairpin-size": Key(float, 0.5, 4, _SPACES),
    "bracket-thickness": Key(float, 0.25, 1, _SPACES),
    "tuplet-bracket-thickness": Key(float, 0.05, 0.4, _SPACES),
    "flat-beams": Key(bool),
    "lyric-size": Key(float, 1, 4, _SPACES),
    "bar-numbers": Key(int, 0, 64, "every so many measures; 0: at each system"),
    "systems-per-page": Key(int, 0, 24, "at most; 0: as many as there is room for"),
    "justify-systems": Key(bool),
    "ragged-right": Key(bool),
    "transpose": Key(int, -12, 12, "semitones", "score"),
    "wear": Key(float, 0, 1, drawn_for="page"),
}


class Draw(NamedTuple):
    """A value, or a distribution of values: the choices, or numbers from *low* to *high*."""

    choices: tuple[Value, ...] = ()
    weights: tuple[float, ...] = ()  # of the choices; () if all are as likely
    low: float = 0.0
    high: float = 0.0
    mean: float | None = None  # with *sd*: normal, cut at both ends; without: uniform
    sd: float | None = None

    def extremes(self) -> tuple[Value, ...]:
        """Values between which all others lie."""
        return self.choices or (self.low, self.high)

    def as_value(self) -> Any:
        """As a recipe has it."""
        if self.choices:
            if len(self.choices) == 1:
                return self.choices[0]
            weights = {"weights": list(self.weights)} if self.weights else {}
            return {"choice": list(self.choices), **weights}
        ends = {"min": self.low, "max": self.high}
        return ends if self.mean is None else {"mean": self.mean, "sd": self.sd, **ends}


Styling = tuple[tuple[str, Draw], ...]  # by key, in the order of KEYS


def presets() -> dict[str, dict[str, Any]]:
    """The tables that a recipe can start from, by name."""
    return {name: dict(table) for name, table in _presets().items()}


@cache
def _presets() -> dict[str, dict[str, Any]]:
    text = (files("deepscores") / "engraving/presets.toml").read_text("utf-8")
    return tomllib.loads(text)


def parse_styling(where: str, value: object) -> Styling:
    """What a recipe says of styles: a preset's name, or a table. *where* names it in errors.

    :raises RecipeError: an unknown preset or key, a value of the wrong kind or out of its range

    >>> parse_styling("style", {"margin": 40})
    (('margin', Draw(choices=(40,), weights=(), low=0.0, high=0.0, mean=None, sd=None)),)
    """
    table = {"preset": value} if isinstance(value, str) else value
    if not isinstance(table, Mapping):
        raise RecipeError(f"{where}: {value!r} is neither a preset's name nor a table")
    name = table.get("preset", "plain")
    known = _presets()
    if name not in known:
        raise RecipeError(f"{where}: no preset {name!r}; there are {', '.join(known)}")
    given = {**known[name], **{key: one for key, one in table.items() if key != "preset"}}
    unknown = [key for key in given if key not in KEYS]
    if unknown:
        raise RecipeError(f"{where}: unknown key {unknown[0]!r}; known: preset, {', '.join(KEYS)}")
    return tuple(
        (key, _parse(f"{where}: {key}", KEYS[key], given[key])) for key in KEYS if key in given
    )


def _parse(where: str, key: Key, value: object) -> Draw:
    if not isinstance(value, Mapping):
        return Draw((_valid(where, key, value),))
    shapes = ({"choice"}, {"choice", "weights"}, {"min", "max"}, {"mean", "sd"})
    names = set(value)
    if names not in shapes and names != {"mean", "sd", "min", "max"}:
        raise RecipeError(
            f"{where}: a distribution is {{ choice = […] }}, with weights = […] or without, "
            "{ min, max } or { mean, sd }, with min and max or without"
        )
    if "choice" in value:
        return _choices(where, key, value["choice"], value.get("weights", ()))
    if key.kind not in (float, int):
        raise RecipeError(f"{where}: give a value or {{ choice = […] }}")
    low = _number(where, key, value.get("min", key.low))
    high = _number(where, key, value.get("max", key.high))
    if low > high:
        raise RecipeError(f"{where}: min {low:g} is over max {high:g}")
    if "mean" not in value:
        return Draw(low=low, high=high)
    sd = value["sd"]
    if isinstance(sd, bool) or not isinstance(sd, int | float) or not 0 < sd < float("inf"):
        raise RecipeError(f"{where}: sd {sd!r} is no number over 0")
    return Draw(low=low, high=high, mean=_number(where, key, value["mean"]), sd=float(sd))


def _choices(where: str, key: Key, values: object, weights: object) -> Draw:
    if not isinstance(values, list | tuple) or not values:
        raise RecipeError(f"{where}: choice {values!r} is no list of values")
    if not isinstance(weights, list | tuple) or not all(
        isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one < float("inf")
        for one in weights
    ):
        raise RecipeError(f"{where}: weights {weights!r} is no list of numbers from 0 up")
    if weights and (len(weights) != len(values) or not sum(weights)):
        raise RecipeError(f"{where}: {len(weights)} weights for {len(values)} values, or all 0")
    return Draw(tuple(_valid(where, key, one) for one in values), tuple(map(float, weights)))


def _valid(where: str, key: Key, value: object) -> Value:
    if key.kind is bool:
        if not isinstance(value, bool):
            raise RecipeError(f"{where}: {value!r} is neither true nor false")
        return value
    if key.kind is str:
        return "x".join(map(str, page_size(where, value)))
    number = _number(where, key, value)
    return int(number) if key.kind is int else number


def _number(where: str, key: Key, value: object) -> float:
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if not fits or (key.kind is int and value != int(value)):  # type: ignore[call-overload]
        raise RecipeError(f"{where}: {value!r} is no {'whole ' * (key.kind is int)}number")
    if not key.low <= value <= key.high:  # type: ignore[operator]
        unit = f" ({key.unit})" if key.unit else ""
        raise RecipeError(f"{where}: {value} is not between {key.low:g} and {key.high:g}{unit}")
    return float(value)  # type: ignore[arg-type]


LARGEST_SIDE = 20_000  # pixels


def page_size(where: str, value: object) -> tuple[int, int]:
    """Width and height in pixels of a page: ``"1894x2668"`` or two numbers."""
    if isinstance(value, list | tuple):
        value = "x".join(map(str, value))
    width, _, height = str(value).lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise RecipeError(
            f"{where}: {value!r} is no size such as 1894x2668 (width x height in pixels)"
        )
    if not (1 <= int(width) <= LARGEST_SIDE and 1 <= int(height) <= LARGEST_SIDE):
        raise RecipeError(f"{where}: {value} is not between 1 and {LARGEST_SIDE} pixels a side")
    return int(width), int(height)


def draw_style(styling: Styling, seed: int, score: str, font: str) -> dict[str, Value]:
    """The values of a score in one font, but for what each page has its own of."""
    drawn = {}
    for key, spread in styling:
        what = KEYS[key].drawn_for
        if what != "page":
            names = (key, score) if what == "score" else (key, score, font)
            drawn[key] = _drawn(spread, KEYS[key], seed, *names)
    return drawn


def draw_for_page(
    styling: Styling, seed: int, score: str, font: str, number: int
) -> dict[str, Value]:
    """The values that a page has its own of."""
    return {
        key: _drawn(spread, KEYS[key], seed, key, score, font, number)
        for key, spread in styling
        if KEYS[key].drawn_for == "page"
    }


def _drawn(spread: Draw, key: Key, seed: int, *names: object) -> Value:
    if len(spread.choices) == 1:
        return spread.choices[0]
    # A stream of its own for each key: what else varies changes nothing.
    random = stream(seed, "style", *names)
    if spread.choices:
        weights = spread.weights or (1.0,) * len(spread.choices)
        at = random.random() * sum(weights)
        for choice, weight in zip(spread.choices, weights, strict=True):
            at -= weight
            if at < 0:
                return choice
        return spread.choices[-1]
    if key.kind is int and spread.mean is None:
        return int(random.integers(int(spread.low), int(spread.high), endpoint=True))
    if spread.mean is None or spread.sd is None:
        number = random.uniform(spread.low, spread.high)
    else:
        number = min(max(random.normal(spread.mean, spread.sd), spread.low), spread.high)
    return round(number) if key.kind is int else round(float(number), 4)
