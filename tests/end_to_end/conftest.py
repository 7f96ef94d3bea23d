"""The command line, in the test's process and as a program of its own."""

import os
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.commands import PROGRAM, run_command, words_of

Deepscores = Callable[..., "subprocess.CompletedProcess[str]"]


def arguments(*words: object, **options: object) -> list[str]:
    """What starts the program with these words and options."""
    return [*PROGRAM, *words_of(*words, **options)]


@pytest.fixture(scope="session")
def command() -> Callable[..., list[str]]:
    return arguments


@pytest.fixture
def deepscores(tmp_path: Path) -> Deepscores:
    """Run a command in the test's folder and process; what it printed, and its exit status."""
    return partial(run_command, folder=tmp_path)


@pytest.fixture
def program(tmp_path: Path) -> Deepscores:
    """As `deepscores`, as a program of its own."""

    def run(
        *words: object, environment: dict[str, str] | None = None, **options: Any
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            arguments(*words, **options),
            cwd=tmp_path,
            env=os.environ | (environment or {}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
