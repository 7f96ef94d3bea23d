"""The command line: parse, call, print."""

from deepscores.cli.app import main

__all__ = ["main"]
