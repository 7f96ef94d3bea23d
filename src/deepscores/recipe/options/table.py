"""The table of all options, and what follows from it.

The parameters of the command line, the keys of recipe files, the keywords and defaults of
`deepscores.api`, and docs/commands.md follow from the declarations in the modules beside this one.
Options of one name that mean different things for different commands are declared once for each
meaning. The order is that of the help.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from deepscores.recipe.options import arguments, datasets, models, outputs, recipes, runs
from deepscores.recipe.options.declaration import Option

COMMANDS = (
    "build", "engrave", "classes", "gallery", "stats", "train", "predict", "view", "report",
    "export", "evaluate", "import", "fonts", "verify", "check",
)  # fmt: skip
OPTIONS: tuple[Option, ...] = tuple(
    declaration
    for module in (arguments, outputs, recipes, models, datasets, runs)
    for declaration in vars(module).values()
    if isinstance(declaration, Option)
)


def options_of(command: str) -> tuple[Option, ...]:
    """The arguments and options of a command, in the order of its help."""
    return tuple(option for option in OPTIONS if command in option.commands)


def keys_of(section: str) -> dict[str, Option]:
    """The keys that a recipe file may hold for the ``recipe`` itself or for a ``run`` of it."""
    return {option.name: option for option in OPTIONS if option.file_section == section}


_Function = TypeVar("_Function", bound=Callable[..., Any])


def takes_options(command: str) -> Callable[[_Function], _Function]:
    """Let the signature of a function show the options of *command* that it takes as ``**``."""

    def decorate(function: _Function) -> _Function:
        signature = inspect.signature(function)
        function.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[*_parameters(signature, command)]
        )
        return function

    return decorate


def _parameters(signature: inspect.Signature, command: str) -> Iterator[inspect.Parameter]:
    for parameter in signature.parameters.values():
        if parameter.kind is not parameter.VAR_KEYWORD:
            yield parameter
            continue
        for option in options_of(command):
            if option.in_python and option.python_name not in signature.parameters:
                yield parameter.replace(
                    name=option.python_name,
                    kind=parameter.KEYWORD_ONLY,
                    default=inspect.Parameter.empty if option.required else option.default,
                )
