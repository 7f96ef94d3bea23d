"""What holds of every one of these formats alike."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepscores import export
from tests.places import ROOT

FORMATS: dict[str, dict[str, Any]] = {
    "webdataset": {"tiles": 400, "overlap": 40},
    "parquet": {"labels": "deepscores-v2"},
    "patches": {"patches_per_class": 4},
    "patch-mosaics": {"patches_per_class": 11, "staff_space": 14},
    "mung": {"labels": "full", "tiles": 400, "overlap": 40},
}


@pytest.mark.parametrize("to", FORMATS)
def test_bytes_do_not_depend_on_the_workers(
    to: str, built: Path, tmp_path: Path, differences: Callable[[Path, Path], list[str]]
) -> None:
    for name, executor in (("one", "inline"), ("two", "local")):
        export(built, tmp_path / name, to=to, jobs=2, executor=executor, **FORMATS[to])
    assert differences(tmp_path / "one", tmp_path / "two") == []
    assert sum(path.is_file() for path in (tmp_path / "one").rglob("*")) > 2


@pytest.mark.parametrize("to", FORMATS)
def test_an_export_that_was_killed_while_finishing_ends_with_the_same_bytes(
    to: str,
    built: Path,
    tmp_path: Path,
    differences: Callable[[Path, Path], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from deepscores.formats.registry import find_exporter

    export(built, tmp_path / "whole", to=to, **FORMATS[to])
    form = find_exporter(to)
    finish = form.finish

    def killed(*arguments: Any) -> None:
        finish(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(form, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            export(built, tmp_path / "killed", to=to, **FORMATS[to])
    summary = export(built, tmp_path / "killed", to=to, **FORMATS[to])
    assert summary.new_pages == 0
    assert differences(tmp_path / "whole", tmp_path / "killed") == []


@pytest.mark.parametrize("to", FORMATS)
def test_another_export_in_its_place_leaves_nothing_of_it(
    to: str, built: Path, tmp_path: Path
) -> None:
    export(built, tmp_path / "out", to=to, **FORMATS[to])
    export(built, tmp_path / "out", to="coco", split="test", force=True)
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert left <= {"annotations", "images", "export.json"}


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # webdataset closes none
@pytest.mark.parametrize("to", FORMATS)
def test_example_in_the_documentation_runs(
    to: str,
    built: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    section = page.partition(f"\n## `{to}`\n")[2].partition("\n## ")[0]
    code = section.partition("```python\n")[2].partition("```")[0]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    datasets.disable_progress_bars()
    export(built, Path(to), to=to)
    exec(compile(code, f"docs/formats.md, {to}", "exec"), {})
    assert capsys.readouterr().out.strip()
