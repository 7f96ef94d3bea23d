"""The examples of docs/formats.md that read formats with shapes, run as they stand."""

import re
from pathlib import Path

import pytest

from deepscores import export
from tests.places import ROOT

PAGE = ROOT / "docs" / "formats.md"
KINDS = ("coco", "yolo", "yolo-seg", "yolo-obb", "voc", "deepscores-v1", "deepscores-v2", "dota")

# Of pycocotools 2.0 with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def example_of(kind: str) -> str:
    text = PAGE.read_text(encoding="utf-8")
    section = text.partition(f"\n## `{kind}`\n")[2].partition("\n## ")[0]
    (code,) = re.findall(r"^```python\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    return str(code)


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_reads_what_is_exported(
    kind: str,
    built: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    export(built, tmp_path / kind, to=kind)
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    exec(compile(example_of(kind), f"docs/formats.md, {kind}", "exec"), namespace)
    if kind == "yolo-seg":
        assert namespace["mask"].any()  # type: ignore[attr-defined]
    else:
        assert len(capsys.readouterr().out.splitlines()) > 1
