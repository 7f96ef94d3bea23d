"""Importing the package is quick and quiet; the library knows nothing of the command line."""

import pkgutil
import subprocess
import sys
from importlib.util import find_spec

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
    """The modules that are loaded after *code*."""
    script = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not loaded_by("import deepscores").intersection(HEAVY + SHELL)


def test_help_loads_nothing_heavy() -> None:
    code = "import sys; sys.argv = ['deepscores', '-h']\nfrom deepscores.cli import main\n"
    code += "try: main()\nexcept SystemExit: pass"
    assert not loaded_by(code).intersection((*HEAVY, "rich"))


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


def test_no_package_can_take_the_place_of_a_function_of_its_name() -> None:
    import deepscores

    packages = {one.name for one in pkgutil.iter_modules(deepscores.__path__)}
    assert packages.isdisjoint(deepscores.__all__)


def test_a_build_loads_no_part_that_it_does_not_need() -> None:
    code = "import deepscores.cli.screen, deepscores\n"
    code += "try: deepscores.build(recipe='none.toml')\n"
    code += "except deepscores.errors.DeepScoresError: pass"
    loaded = loaded_by(code)
    assert "deepscores.building.build" in loaded
    unneeded = tuple(
        f"deepscores.{name}"
        for name in ("building.importing", "evaluation", "inference", "inspection", "training")
    )
    assert all(map(find_spec, unneeded))
    assert not [module for module in loaded if module.startswith(unneeded)]


def test_everything_promised_is_there() -> None:
    import deepscores

    assert all(hasattr(deepscores, name) for name in deepscores.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = deepscores.nothing
