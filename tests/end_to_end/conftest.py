"""The command line as a program of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_COMMAND = [sys.executable, "-c", "from deepscores.cli import main; main()"]

Deepscores = Callable[..., "subprocess.CompletedProcess[str]"]


def arguments(*words: object, **options: object) -> list[str]:
    """Command words and options as a shell would hand them over."""
    named = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
    return [*_COMMAND, *map(str, words), *named]


@pytest.fixture(scope="session")
def command() -> Callable[..., list[str]]:
    return arguments


@pytest.fixture
def deepscores(tmp_path: Path) -> Deepscores:
    """Run a command in the test's folder; what it printed, and its exit status."""

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
