"""Register commands: functions whose parameters follow from the declared options."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from inspect import Parameter, Signature
from typing import Annotated, Any

import typer

from deepscores.recipe.options.declaration import Option
from deepscores.recipe.options.table import options_of
from deepscores.recipe.options.values import FLAG

ExitStatus = int | None  # None: 0
Run = Callable[..., ExitStatus]


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the command line."""

    name: str
    run: Run  # with the values that were given, by the options' names in Python
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)  # option → its values

    @property
    def options(self) -> tuple[Option, ...]:
        """Its arguments and options."""
        return options_of(self.name)

    def add_to(self, app: typer.Typer, name: str = "", *, hidden: bool = False) -> None:
        """Let *app* have the command, by its own or another *name*."""
        app.command(name or self.name, help=self.run.__doc__, hidden=hidden)(self._callback())

    def _callback(self) -> Callable[..., ExitStatus]:
        """A function as Typer takes it, with a parameter for each option."""

        def call(**values: Any) -> ExitStatus:
            return self.run(**self._keep_given(values))

        parameters = [_parameter(option, self.choices) for option in self.options]
        call.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return call

    def _keep_given(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the options on the command line; those of all others are left out.

        So the defaults are those of the function that runs. Raise RecipeError for a value that is
        out of range.
        """
        keywords = {}
        for option in self.options:
            value = values[option.python_name]
            if value is not None and value != []:
                option.check(value, f"--{option.name}")
                keywords[option.python_name] = value
        return keywords


COMMANDS: dict[str, Command] = {}  # by name, once `find_commands` has run


def command(name: str, choices: Mapping[str, Sequence[str]] | None = None) -> Callable[[Run], Run]:
    """Register a function as the command *name*; its docstring is the help.

    *choices* are the values of options, by name, whose declarations cannot know them.
    """

    def register(run: Run) -> Run:
        COMMANDS[name] = Command(name, run, choices or {})
        return run

    return register


def _parameter(option: Option, choices: Mapping[str, Sequence[str]]) -> Parameter:
    """The parameter that Typer makes an argument or option from."""
    kind: Any = list[option.kind.python] if option.repeated else option.kind.python  # type: ignore[name-defined]
    return Parameter(
        option.python_name,
        Parameter.KEYWORD_ONLY,
        default=Parameter.empty if option.required else None,
        annotation=Annotated[
            kind if option.required else kind | None,
            _argument(option) if option.positional else _option(option, choices),
        ],
    )


def _argument(option: Option) -> Any:
    return typer.Argument(metavar=option.metavar, help=option.help_text, show_default=False)


def _option(option: Option, choices: Mapping[str, Sequence[str]]) -> Any:
    names = [option.short] if option.short else []
    names.append(f"--{option.name}/--no-{option.name}" if option.negatable else f"--{option.name}")
    if option.name in choices:
        option = replace(option, help=f"{option.help}: {', '.join(choices[option.name])}")
    metavar = None if option.kind is FLAG else option.metavar
    return typer.Option(*names, metavar=metavar, help=option.help_text, show_default=False)
