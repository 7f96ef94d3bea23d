"""An option is declared once: command line, Python, recipe files and docs all follow from it."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields, replace
from typing import Any

import pytest
from typer.main import get_command

import deepscores
from deepscores.cli.app import find_commands, make_app
from deepscores.errors import RecipeError
from deepscores.evaluation.request import Request
from deepscores.formats.options import ExportOptions
from deepscores.inference.predicting.options import Options as PredictOptions
from deepscores.inspection.checking.audit import DEFAULT_ALIKE
from deepscores.inspection.report.run import DEFAULT_AUDIT
from deepscores.recipe.options import datasets, models, outputs, recipes, runs
from deepscores.recipe.options.declaration import Option
from deepscores.recipe.options.table import COMMANDS, OPTIONS, keys_of, options_of
from deepscores.recipe.recipe import Recipe
from deepscores.training.loop.options import TrainOptions
from tests.places import ROOT

FUNCTIONS = {
    "import": deepscores.import_dataset,
    "stats": deepscores.statistics,
    **{
        name: getattr(deepscores, name)
        for name in COMMANDS
        if name not in ("classes", "import", "stats")
    },
}
# Keywords that no command line can give.
PYTHON_ONLY = {"model": "", "progress": None, "ready": None}
NO_DEFAULT = inspect.Parameter.empty


def cli_parameters(command: str) -> dict[str, Any]:
    """The parameters that Typer has made for a command, by name."""
    parameters = get_command(make_app()).commands[command].params
    return {parameter.name: parameter for parameter in parameters}


def declared_defaults(command: str) -> dict[str, object]:
    """The keywords that a function should have, with their defaults."""
    return {
        option.python_name: NO_DEFAULT if option.required else option.default
        for option in options_of(command)
        if option.in_python
    }


def drifts(command: str, function: Any) -> Iterator[str]:
    """Where a function's signature differs from the declarations."""
    parameters = inspect.signature(function).parameters
    defaults = {**declared_defaults(command), **PYTHON_ONLY}
    for name, parameter in parameters.items():
        if parameter.default != defaults.get(name, "undeclared"):
            yield f"{name}={parameter.default!r}"
    yield from (f"no {name}" for name in declared_defaults(command) if name not in parameters)


def test_every_command_is_registered_and_declared() -> None:
    assert tuple(find_commands()) == COMMANDS
    assert {name for option in OPTIONS for name in option.commands} == set(COMMANDS)
    assert set(FUNCTIONS) == {*COMMANDS} - {"classes"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_line_has_the_declared_options_and_no_defaults_of_its_own(command: str) -> None:
    parameters = cli_parameters(command)
    assert list(parameters) == [option.python_name for option in options_of(command)]
    for option in options_of(command):
        parameter = parameters[option.python_name]
        if not option.positional:
            assert f"--{option.name}" in parameter.opts
        assert parameter.required == option.required
        assert parameter.default is None


@pytest.mark.parametrize("command", FUNCTIONS)
def test_a_function_has_the_declared_keywords_and_defaults(command: str) -> None:
    assert not [*drifts(command, FUNCTIONS[command])]


def test_a_drift_is_found() -> None:
    def check(dataset, *, sample=None, alike=0.6, jobs=1, executor=None, colour=None): ...
    def forgetful(dataset, *, sample=None, jobs=None, executor=None): ...

    assert [*drifts("check", check)] == ["alike=0.6", "jobs=1", "colour=None"]
    assert [*drifts("check", forgetful)] == ["no alike"]


@pytest.mark.parametrize("command", FUNCTIONS)
def test_a_command_hands_over_what_its_function_takes(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever option is given arrives at the function by its name in Python."""
    from deepscores import api

    function = FUNCTIONS[command]
    signature = inspect.signature(function)
    received: dict[str, Any] = {}

    def record(*arguments: Any, **keywords: Any) -> None:
        received.update(signature.bind(*arguments, **keywords).arguments)
        raise RecipeError("recorded")

    monkeypatch.setattr(api, function.__name__, record)
    values: dict[str, Any] = {
        option.python_name: [option.name] if option.repeated else option.name
        for option in options_of(command)
        if option.in_python
    }
    with pytest.raises(RecipeError, match="recorded"):
        find_commands()[command].run(**values)
    assert {**values, **received} == received | (
        {"inputs": received["inputs"]} if command == "predict" else {}
    )


def test_workers_are_one_per_core_everywhere() -> None:
    for command in runs.JOBS.commands:
        assert inspect.signature(FUNCTIONS[command]).parameters["jobs"].default is None
    for command, function in FUNCTIONS.items():
        assert ("jobs" in inspect.signature(function).parameters) == (command in runs.JOBS.commands)


@pytest.mark.parametrize("command", COMMANDS)
def test_docs_show_the_declared_options(command: str) -> None:
    page = (ROOT / "docs/commands.md").read_text("utf-8")
    section = page.split(f"## deepscores {command}\n")[1].split("\n## ")[0]
    words = " ".join(section.split()).replace("- ", "-")
    for option in options_of(command):
        assert option.metavar in section if option.positional else f"--{option.name}" in section
        if option not in (outputs.EXPORT_FORMAT, datasets.LAYOUT):  # which list the formats
            assert option.help_text.replace("- ", "-") in words
    names = set(re.findall(r"^  (?:-o, )?--([a-z-]+)", section, re.MULTILINE))
    assert names == {option.name for option in options_of(command) if not option.positional}


def test_the_defaults_declared_are_those_of_the_rooms_that_use_them() -> None:
    for command, owner in (
        ("build", Recipe),
        ("export", ExportOptions),
        ("train", TrainOptions),
        ("predict", PredictOptions),
        ("evaluate", Request),
    ):
        defaults = {
            field.name: field.default for field in fields(owner) if field.default is not MISSING
        }
        shared = [
            option
            for option in options_of(command)
            if option.python_name in defaults and option.default_text == "" and not option.required
        ]
        assert len(shared) > 2
        for option in shared:
            if command != "evaluate" or option.name in ("protocol", "resamples", "seed"):
                assert defaults[option.python_name] == option.default, (command, option.name)
    assert recipes.LABELS.default == Recipe().labels.name
    assert datasets.ALIKE.default == DEFAULT_ALIKE
    assert datasets.AUDIT.default == DEFAULT_AUDIT


def test_a_recipe_file_holds_the_options_of_a_build_and_of_its_run() -> None:
    build = {option.name for option in options_of("build")}
    assert {*keys_of("run")} == {"output", "jobs", "executor", "force"}
    assert {*keys_of("recipe")} - build == {"font-files", "readability"}
    assert build - {*keys_of("recipe")} - {*keys_of("run")} == {"recipe"}


def test_an_option_out_of_range_is_refused_with_its_name_and_unit() -> None:
    assert recipes.MARGIN.parse("50") == 50
    with pytest.raises(RecipeError, match=r"^margin: 501 px is not between 0 and 500$"):
        recipes.MARGIN.parse("501")
    with pytest.raises(RecipeError, match=r"^--jobs: 0 is not at least 1$"):
        runs.JOBS.check(0, "--jobs")


@pytest.mark.parametrize(
    ("option", "text"),
    [
        (recipes.STAFF_SPACE, "16 px"),
        (recipes.PAGE_SIZE, "1894x2668"),
        (runs.SEED, "0"),
        (models.OVERLAY, "--overlay"),
        (runs.FORCE, ""),
        (replace(runs.FORCE, default_text="never"), "never"),
    ],
)
def test_help_shows_the_default(option: Option, text: str) -> None:
    assert option.default_label == text
    assert option.help_text.endswith(f" [default: {text}]." if text else ".")


def test_help_speaks_plainly() -> None:
    """Words of ours that readers had to guess the meaning of."""
    private = re.compile(
        r"\b(where to|at most so many|so many|goes on|comes? along|found out|one a core|a page\b.*"
        r"a class|is no\b|mind:|told|tells)\b",
        re.IGNORECASE,
    )
    texts = [option.help for option in OPTIONS]
    texts += [command.run.__doc__ or "" for command in find_commands().values()]
    assert not [text for text in texts if private.search(text)]
