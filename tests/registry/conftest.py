"""SMuFL fonts from the npm registry, installed by npm: exact versions, with their digests."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def registry_fonts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Font file by the name of its package.

    Where they cannot be had (a bare machine has no npm), tests skip and say why; with
    ``DEEPSCORES_REGISTRY=1`` they fail.
    """
    folder = tmp_path_factory.mktemp("npm")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
        )
        problem = "" if done.returncode == 0 else done.stderr[-500:]
    except (OSError, subprocess.TimeoutExpired) as error:
        problem = str(error)
    if problem:
        tell = pytest.fail if os.environ.get("DEEPSCORES_REGISTRY") else pytest.skip
        tell(f"the fonts of the npm registry cannot be installed: {problem}")
    return {path.stem: path for path in sorted(folder.glob("node_modules/@vexflow-fonts/*/*.otf"))}
