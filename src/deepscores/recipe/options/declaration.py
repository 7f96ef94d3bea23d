"""What the declaration of an option says; see `deepscores.recipe.options.table`."""

from dataclasses import dataclass
from typing import Any, Literal

from deepscores.errors import RecipeError
from deepscores.recipe.options.values import FLAG, NUMBER, SIZE, TEXT, WHOLE_NUMBER, Kind

_INFINITY = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option or argument, declared for the command line, recipe files and Python at once."""

    name: str  # on the command line and in recipe files: "page-size"
    commands: tuple[str, ...] = ()  # those that take it
    help: str = ""  # without the default, and without a full stop
    kind: Kind = TEXT
    metavar: str = ""
    unit: str = ""  # of the value, as messages and defaults show it
    low: float = -_INFINITY  # whole numbers are not below 0 in any case
    high: float = _INFINITY
    default: Any = None
    default_text: str = ""  # what holds without the option, where no single value says it
    required: bool = False
    repeated: bool = False  # may be given several times
    positional: bool = False  # an argument, not an option
    short: str = ""  # another name on the command line: "-o"
    negatable: bool = False  # a flag with a --no- form
    keyword: str = ""  # in Python, if it is not the name with underscores
    in_python: bool = True  # whether the function of a command takes it, too
    file_section: Literal["", "recipe", "run"] = ""  # what it says in a recipe file, if it may

    @property
    def python_name(self) -> str:
        """The keyword of Python's functions."""
        return self.keyword or self.name.replace("-", "_")

    @property
    def default_label(self) -> str:
        """The default as help shows it; "" if there is none worth showing."""
        if self.default_text or self.default is None or self.default in ("", ()):
            return self.default_text
        if self.kind is FLAG:
            return f"--{self.name}" if self.default else ""
        if self.kind is SIZE:
            return "x".join(map(str, self.default))
        number = f"{self.default:g}" if self.kind is NUMBER else str(self.default)
        return f"{number} {self.unit}".rstrip()

    @property
    def help_text(self) -> str:
        """The help with its default and full stop."""
        label = f" [default: {self.default_label}]" if self.default_label else ""
        return f"{self.help}{label}."

    def parse(self, value: object, name: str = "") -> Any:
        """The value that *value* stands for, called *name* in messages; raise RecipeError."""
        parsed = self.kind.parse(name or self.name, value)
        self.check(parsed, name)
        return parsed

    def check(self, value: Any, name: str = "") -> None:
        """Raise RecipeError for a number that is out of range; what is not a number has none."""
        low = max(self.low, 0) if self.kind is WHOLE_NUMBER else self.low
        is_limited = (low, self.high) != (-_INFINITY, _INFINITY)  # NaN is in no other range
        if not is_limited or not isinstance(value, int | float) or low <= value <= self.high:
            return
        subject = f"{name or self.name}: {value:g} {self.unit}".rstrip()
        if self.high == _INFINITY:
            raise RecipeError(f"{subject} is not at least {low:g}")
        raise RecipeError(f"{subject} is not between {low:g} and {self.high:g}")
