"""Names that were changed: the old ones work for one more version and say what the new ones are."""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from logging import Logger, LogRecord
    from types import ModuleType

# All of them go in the version after the one that renamed them.
RENAMED_COMMANDS = {"zoo": "gallery"}
RENAMED_FUNCTIONS = {"zoo": "gallery"}  # of the package
RENAMED_MODULES = {
    "deepscores.labelled": "deepscores.dataset.labelled",
    "deepscores.loaders": "deepscores.training.loaders",
    "deepscores.models": "deepscores.inference.models",
}
RENAMED_LOGGERS = {"deepscores.loaders": "deepscores.training.loaders"}


def warn_of_rename(old_name: str, new_name: str, *, stacklevel: int) -> None:
    """Warn whoever uses *old_name*, *stacklevel* calls up from the caller."""
    warnings.warn(
        f"{old_name} is now called {new_name}; the old name will be removed in the next version",
        DeprecationWarning,
        stacklevel=stacklevel + 1,
    )


class RenamedModules:
    """Imports modules by their old names: the same module objects, with a warning.

    A finder and loader as `importlib.abc` specifies them, whose import would double the time that
    the package takes to load.
    """

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the protocol's
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """A spec for an old name; None for any other."""
        return ModuleSpec(fullname, self) if _current_name(fullname) else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """Python's own empty module, in whose place `exec_module` puts the renamed one."""

    def exec_module(self, module: ModuleType) -> None:
        """Let the old name stand for the module of the new one."""
        current_name = _current_name(module.__name__)
        warn_of_rename(module.__name__, current_name, stacklevel=2)
        sys.modules[module.__name__] = import_module(current_name)


def _current_name(name: str) -> str:
    """The name by which a module goes now; "" if it was not renamed."""
    for old_name, current_name in RENAMED_MODULES.items():
        if name == old_name or name.startswith(f"{old_name}."):
            return current_name + name.removeprefix(old_name)
    return ""


def install() -> None:
    """Let Python find modules by their old names, once."""
    if not any(isinstance(finder, RenamedModules) for finder in sys.meta_path):
        # First, as the submodules of a renamed package would else be imported a second time.
        sys.meta_path.insert(0, RenamedModules())


def heed_old_logger(logger: Logger) -> None:
    """Let levels and handlers that a program gave the logger's old name hold for *logger*, too."""
    from logging import getLogger

    old_loggers = [
        getLogger(old_name)
        for old_name, current_name in RENAMED_LOGGERS.items()
        if current_name == logger.name
    ]

    def is_logged(record: LogRecord) -> bool:
        for old_logger in old_loggers:
            if record.levelno < old_logger.level:
                return False
            for handler in old_logger.handlers:
                handler.handle(record)
        return True

    logger.addFilter(is_logged)
