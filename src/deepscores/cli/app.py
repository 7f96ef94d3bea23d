"""The command line. Exit status: 0 done, 1 failed or problems found, 2 a usage error."""

import os
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated

import typer
from typer.main import get_command

from deepscores.cli import commands
from deepscores.cli.command import COMMANDS, Command
from deepscores.errors import DeepScoresError, RecipeError
from deepscores.recipe.deprecations import RENAMED_COMMANDS
from deepscores.recipe.options import table
from deepscores.version import __version__

_INTERRUPTED = 130  # the exit status that shells give for SIGINT


def find_commands() -> Mapping[str, Command]:
    """Every command by name, in the order of the help; each file registers its own."""
    for module in iter_modules(commands.__path__):
        import_module(f"{commands.__name__}.{module.name}")
    return {name: COMMANDS[name] for name in sorted(COMMANDS, key=table.COMMANDS.index)}


def make_app() -> typer.Typer:
    """The command line with all its commands."""
    app = typer.Typer(
        name="deepscores",
        help="Labelled sheet-music pages from MusicXML.",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        rich_markup_mode=None,
        callback=_take_global_options,
    )
    found_commands = find_commands()
    for command in found_commands.values():
        command.add_to(app)
    for old_name, new_name in RENAMED_COMMANDS.items():
        found_commands[new_name].add_to(app, old_name, hidden=True)
    return app


def _print_version(value: bool) -> None:  # noqa: FBT001 - Typer calls it so
    if value:
        print(f"deepscores {__version__}")
        raise typer.Exit


def _take_global_options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; expected errors are printed on one line."""
    arguments = sys.argv[1:] or ["--help"]
    debug = "--debug" in arguments  # before or after the command
    sys.exit(run([argument for argument in arguments if argument != "--debug"], debug=debug))


def run(arguments: list[str], *, debug: bool) -> int:
    """Run one command; the exit status."""
    try:
        _warn_of_renames(arguments)
        status = get_command(make_app())(arguments, prog_name="deepscores", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of the output has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (KeyboardInterrupt, typer.Abort):
        status = _INTERRUPTED
    except Exception as error:
        if debug:
            traceback.print_exception(error)
        else:
            _print_error(_message_of(error))
        # Typer's own errors, whose class is private, are all about usage.
        return 2 if isinstance(error, RecipeError) or hasattr(error, "format_message") else 1
    if status == _INTERRUPTED:
        _print_error("interrupted. Re-run the same command to resume")
    return status or 0


def _warn_of_renames(arguments: list[str]) -> None:
    command = next((word for word in arguments if not word.startswith("-")), "")
    if command in RENAMED_COMMANDS:
        _print_error(
            f"warning: the command '{command}' is now called '{RENAMED_COMMANDS[command]}'; the "
            "old name will be removed in the next version"
        )


def _message_of(error: Exception) -> str:
    if isinstance(error, DeepScoresError):
        return str(error)
    if hasattr(error, "format_message"):
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "deepscores"
        return f"{error.format_message().rstrip('.')}; see: {command} -h"
    return f"internal error: {type(error).__name__}: {error}; run with --debug to see where"


def _print_error(line: str) -> None:
    print(f"deepscores: {' '.join(line.splitlines())}", file=sys.stderr)
