"""Importing the package is quick and quiet; the library knows nothing of the command line."""

import subprocess
import sys

import pytest

HEAVY = (
    "numpy",
    "verovio",
    "pyarrow",
    "numba",
    "lxml",
    "PIL",
    "uharfbuzz",
    "isal",
    "psutil",
    "duckdb",
)
SHELL = ("typer", "click", "rich")


def loaded_by(code: str) -> set[str]:
    """The top-level modules that are loaded after *code*."""
    script = f"{code}\nimport sys; print(*(name for name in sys.modules if '.' not in name))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not loaded_by("import deepscores").intersection(HEAVY + SHELL)


def test_help_loads_nothing_heavy() -> None:
    code = "import sys; sys.argv = ['deepscores', '-h']\nfrom deepscores.cli import main\n"
    code += "try: main()\nexcept SystemExit: pass"
    assert not loaded_by(code).intersection(HEAVY)


def test_the_library_never_loads_the_command_line_s_packages() -> None:
    code = (
        "import deepscores, importlib, pathlib\n"
        "root = pathlib.Path(deepscores.__file__).parent\n"
        "for path in root.rglob('*.py'):\n"
        "    name = '.'.join(['deepscores', *path.relative_to(root).with_suffix('').parts])\n"
        "    if 'cli' not in path.parts: importlib.import_module(name.removesuffix('.__init__'))"
    )
    loaded = loaded_by(code)
    assert not loaded.intersection(SHELL)
    assert loaded.issuperset(HEAVY[:3])


def test_a_package_never_takes_the_place_of_the_function_of_its_name() -> None:
    code = "import deepscores; deepscores.build; assert callable(deepscores.zoo)"
    assert "deepscores" in loaded_by(code)


def test_everything_promised_is_there() -> None:
    import deepscores

    assert all(hasattr(deepscores, name) for name in deepscores.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = deepscores.nothing
