"""Every file of three golden datasets, and of their exports in every format, is what it was.

After a meant change: ``python -m tests.golden.datasets --accept``, and read the difference in git.
"""

from pathlib import Path

import pytest

from deepscores import export
from deepscores.formats.registry import FORMATS
from tests.golden.datasets import EXPORTS, RECIPES, build, differences
from tests.sharing import make_once


@pytest.fixture(scope="module", params=["inline", pytest.param("local", marks=pytest.mark.slow)])
def executor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def datasets(executor: str, shared: Path) -> dict[str, Path]:
    def make(folder: Path) -> None:
        for name in RECIPES:
            build(name, folder / name, executor=executor)

    folder = make_once(shared / f"golden-{executor}", make)
    return {name: folder / name for name in RECIPES}


@pytest.mark.parametrize("name", RECIPES)
def test_every_file_of_a_dataset_is_golden(name: str, datasets: dict[str, Path]) -> None:
    assert differences(name, datasets[name]) == []


@pytest.mark.parametrize("form", EXPORTS)
def test_every_file_of_an_export_is_golden(
    form: str, datasets: dict[str, Path], executor: str, tmp_path: Path
) -> None:
    source, options = EXPORTS[form]
    export(datasets[source], tmp_path / form, to=form, executor=executor, **options)
    assert differences(f"export-{form}", tmp_path / form) == []


def test_every_format_has_a_golden_export() -> None:
    assert set(EXPORTS) == set(FORMATS)
