"""Commands of `deepscores`: run in this process, or as a program of its own."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import pytest

from deepscores.cli import main

PROGRAM = [sys.executable, "-c", "from deepscores.cli import main; main()"]


def words_of(*words: object, **options: object) -> list[str]:
    """Command words and options as a shell would hand them over."""
    named = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
    return [*map(str, words), *named]


def run_command(
    *words: object,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    **options: object,
) -> "subprocess.CompletedProcess[str]":
    """Run a command in *folder* in this process, which needs a tenth of a program's start."""
    arguments = words_of(*words, **options)
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryFile("w+", encoding="utf-8") as output,
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
    ):
        for key, value in (environment or {}).items():
            patch.setenv(key, value)
        patch.chdir(folder or Path.cwd())
        patch.setattr(sys, "argv", ["deepscores", *arguments])
        with (
            redirected(1, output),
            redirected(2, errors),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(errors),
            pytest.raises(SystemExit) as ended,
        ):
            main()
        texts = []
        for stream in (output, errors):
            stream.flush()
            stream.seek(0)
            texts.append(stream.read())
    return subprocess.CompletedProcess(arguments, int(ended.value.code or 0), *texts)


@contextlib.contextmanager
def redirected(descriptor: int, stream: IO[str]) -> Iterator[None]:
    """Let what is written by libraries, past Python, go into *stream* too."""
    before = os.dup(descriptor)
    os.dup2(stream.fileno(), descriptor)
    try:
        yield
    finally:
        os.dup2(before, descriptor)
        os.close(before)
