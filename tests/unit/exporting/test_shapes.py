"""What holds for every format with shapes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deepscores import export, open_dataset
from deepscores.exporting.registry import FORMATS, format_named

SHAPES = ("yolo", "yolo-seg", "yolo-obb", "voc", "deepscores-v1", "deepscores-v2", "dota")


@pytest.mark.parametrize("kind", SHAPES)
def test_the_number_of_workers_changes_no_byte(
    kind: str, built: Path, tmp_path: Path, differences: Callable[[Path, Path], list[str]]
) -> None:
    for jobs in (1, 2):
        export(built, tmp_path / str(jobs), to=kind, tiles=512, jobs=jobs)
    assert differences(tmp_path / "1", tmp_path / "2") == []


@pytest.mark.parametrize("kind", SHAPES)
def test_what_a_killed_run_left_is_written_again_to_the_same_bytes(
    kind: str,
    built: Path,
    tmp_path: Path,
    differences: Callable[[Path, Path], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(format_named(kind), "pages_a_chunk", 2, raising=False)
    export(built, tmp_path / "whole", to=kind)
    whole = format_named(kind).write
    done = []

    def killed(*given: object) -> bytes:
        part = whole(*given)  # type: ignore[arg-type]
        done.append(part)
        if len(done) == 2:
            raise KeyboardInterrupt
        return part

    with monkeypatch.context() as patch:
        patch.setattr(format_named(kind), "write", killed)
        with pytest.raises(KeyboardInterrupt):
            export(built, tmp_path / "killed", to=kind)
    summary = export(built, tmp_path / "killed", to=kind)
    assert summary.new_pages == len(open_dataset(built)) - 2  # one chunk was done
    assert differences(tmp_path / "whole", tmp_path / "killed") == []


@pytest.mark.parametrize("kind", SHAPES)
def test_a_format_owns_all_that_it_writes(kind: str, built: Path, tmp_path: Path) -> None:
    export(built, tmp_path, to=kind)
    written = {path.name for path in tmp_path.iterdir()}
    assert written - {"export.json"} <= set(format_named(kind).owns)


def test_they_are_all_registered() -> None:
    assert set(SHAPES) <= set(FORMATS)
