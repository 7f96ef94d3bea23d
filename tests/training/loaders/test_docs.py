"""The examples of docs/loaders.md, run as they stand."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from deepscores.dataset.png.codec import encode_png
from tests.places import ROOT

TEXT = (ROOT / "docs" / "loaders.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("code", EXAMPLES, ids=lambda code: code.split("import ")[2].split()[0])
def test_example_runs(
    code: str,
    built: Path,
    small: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "dataset").symlink_to(built)
    (tmp_path / "scores").symlink_to(small)
    (tmp_path / "sequences/train").mkdir(parents=True)
    pixels = np.full((20, 90), 200, np.uint8)
    (tmp_path / "sequences/train/a.png").write_bytes(encode_png(pixels))
    (tmp_path / "sequences/train/a.mei").write_text("<mei/>")
    row = {"image": "train/a.png", "mei": "train/a.mei", "system": 1}
    (tmp_path / "sequences/train.jsonl").write_text(json.dumps(row) + "\n")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/loaders.md", "exec"), {})
    assert capsys.readouterr().out


def test_every_loader_has_an_example() -> None:
    shown = {name for code in EXAMPLES for name in re.findall(r"= (\w+)\(", code)}
    assert shown >= {"Detection", "Segmentation", "Patches", "Sequences", "SyntheticPages"}
