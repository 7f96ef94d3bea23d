"""PyTorch is an extra: nothing loads it before it is used, and its want is told in one line."""

import subprocess
import sys

WITHOUT = "import sys; sys.modules['torch'] = None\n"


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_importing_the_loaders_loads_no_torch() -> None:
    loaders = "deepscores.training.loaders"
    code = f"import {loaders}, {loaders}.fresh, {loaders}.stream, sys\n"
    assert run(code + "print('torch' in sys.modules)") == "False\n"


def test_a_missing_torch_is_one_error_that_names_the_extra() -> None:
    code = WITHOUT + (
        "import deepscores.training.loaders as loaders\n"
        "from deepscores.errors import RecipeError\n"
        "for name in loaders.__all__:\n"
        "    try: getattr(loaders, name)\n"
        "    except RecipeError as error: print(error)\n"
    )
    told = run(code).splitlines()
    assert set(told) == {"loaders need PyTorch: pip install 'deepscores[torch]'"}
    assert len(told) == 10


def test_names_that_are_not_there_are_told_as_python_does() -> None:
    code = WITHOUT + "import deepscores.training.loaders as x; print(hasattr(x, 'Nothing'))"
    assert run(code) == "False\n"
