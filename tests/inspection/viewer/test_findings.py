"""The report of an audit, read back."""

import json
from pathlib import Path

import pytest

from deepscores import check
from deepscores.errors import DatasetError
from deepscores.inspection.viewer.findings import find_findings, read_findings


def test_what_check_writes_is_read(built: Path, tmp_path: Path) -> None:
    report = check(built)
    path = tmp_path / "findings.json"
    path.write_text(json.dumps(report.as_table()))
    assert read_findings(path) == report.findings


def test_findings_beside_the_dataset_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    assert find_findings(folder) is None
    beside = tmp_path / "dataset.findings.json"
    beside.write_text("{}")
    assert find_findings(folder) == find_findings(tmp_path / "link") == beside


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"findings": 3}', '{"findings": [{}]}', '{"findings": [1]}']
)
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(DatasetError, match=r"other\.json"):
        read_findings(path)
    with pytest.raises(DatasetError, match="No such file"):
        read_findings(tmp_path / "none.json")
