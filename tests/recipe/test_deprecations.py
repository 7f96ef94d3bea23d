"""Names that were changed work for one more version, and say what the new ones are."""

import logging
import pickle
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module

import pytest

import deepscores
from deepscores.recipe.deprecations import (
    RENAMED_FUNCTIONS,
    RENAMED_LOGGERS,
    RENAMED_MODULES,
    heed_old_logger,
)


@pytest.fixture(autouse=True)
def _forget_old_names() -> Iterator[None]:
    """Each import of an old name is the first."""
    yield
    for name in [*sys.modules]:
        if f"{name}.".startswith(tuple(f"{old_name}." for old_name in RENAMED_MODULES)):
            del sys.modules[name]
    for old_name in RENAMED_MODULES:
        vars(deepscores).pop(old_name.rpartition(".")[2], None)


@pytest.mark.parametrize("old_name", ["deepscores.labelled", "deepscores.models"])
def test_a_module_s_old_name_is_the_same_module_and_warns(old_name: str) -> None:
    current_name = RENAMED_MODULES[old_name]
    with pytest.warns(DeprecationWarning, match=f"^{old_name} is now called {current_name};") as w:
        module = import_module(old_name)
    assert module is import_module(current_name)
    assert module.__spec__ is not None
    assert module.__spec__.name == current_name
    assert getattr(deepscores, old_name.rpartition(".")[2]) is module
    assert len(w) == 1


def test_a_warning_names_the_line_that_imports() -> None:
    with pytest.warns(DeprecationWarning, match=r"deepscores\.models") as warnings:
        import deepscores.models  # noqa: F401
    assert warnings[0].filename == __file__


def test_submodules_of_a_renamed_package_are_not_imported_twice() -> None:
    from deepscores.dataset.labelled import page

    with pytest.warns(DeprecationWarning, match=r"deepscores\.labelled"):
        old_page = import_module("deepscores.labelled.page")
    assert old_page is page


def test_what_was_pickled_by_an_old_name_is_read() -> None:
    from deepscores.dataset.labelled.page import LabelledPage

    with pytest.warns(DeprecationWarning, match=r"deepscores\.labelled"):
        assert pickle.loads(b"cdeepscores.labelled.page\nLabelledPage\n.") is LabelledPage


def test_a_module_that_never_was_is_not_found() -> None:
    with pytest.raises(ModuleNotFoundError):
        import_module("deepscores.loaded")


def test_loaders_go_by_their_old_name() -> None:
    pytest.importorskip("torch")
    with pytest.warns(DeprecationWarning, match=r"deepscores\.training\.loaders"):
        from deepscores.loaders import Detection
    from deepscores.training import loaders

    assert Detection is loaders.Detection


@pytest.mark.parametrize("old_name", RENAMED_FUNCTIONS)
def test_a_function_s_old_name_warns(old_name: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"^deepscores.{old_name} is now called ") as w:
        function = getattr(deepscores, old_name)
    assert function is getattr(deepscores, RENAMED_FUNCTIONS[old_name])
    assert w[0].filename == __file__
    assert old_name not in deepscores.__all__


def test_level_and_handlers_of_a_logger_s_old_name_hold(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ((old_name, name),) = RENAMED_LOGGERS.items()
    old_logger = logging.getLogger(old_name)
    logger = logging.Logger(name)  # noqa: LOG001 - the one of the loaders heeds it already
    heed_old_logger(logger)
    logger.addHandler(caplog.handler)
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    try:
        old_logger.addHandler(handler)
        logger.warning("a score was skipped")
        assert [record.name for record in records] == [name]
        old_logger.setLevel(logging.ERROR)
        logger.warning("another")
        assert len(records) == len(caplog.records) == 1
    finally:
        old_logger.removeHandler(handler)
        old_logger.setLevel(logging.NOTSET)


def test_a_program_that_never_uses_an_old_name_never_warns() -> None:
    code = "import deepscores, deepscores.dataset.labelled, deepscores.inference.models.detections"
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert not process.stderr
