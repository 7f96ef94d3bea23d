"""The manifest lists every file, in order, and finds every change."""

import hashlib
import os
from heapq import merge
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepscores.dataset.manifest import (
    Entry,
    check_manifest,
    hash_files,
    list_files,
    read_manifest,
    write_manifest,
)
from deepscores.errors import DatasetError
from deepscores.runs.files import write_file

NAMES = ("a-b/x.png", "a/b.png", "a/x/y.png", "a.png", "a0", "Z", "ü/é.xml", "𝄞")


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    for name in NAMES:
        write_file(tmp_path / name, name.encode())
    write_file(tmp_path / ".build/state.json", b"{}")
    write_manifest(tmp_path / "manifest.tsv", hash_files(tmp_path, list_files(tmp_path)))
    return tmp_path


def test_files_are_listed_bytewise_without_manifest_and_state(dataset: Path) -> None:
    assert list(list_files(dataset)) == sorted(NAMES, key=lambda name: name.encode())


def test_every_line_has_path_size_and_digest(dataset: Path) -> None:
    header, *lines = (dataset / "manifest.tsv").read_text("utf-8").splitlines()
    assert header == "path\tbytes\tsha256"
    assert lines == [
        f"{name}\t{len(name.encode())}\t{hashlib.sha256(name.encode()).hexdigest()}"
        for name in sorted(NAMES, key=lambda name: name.encode())
    ]


def test_reading_gives_back_what_was_written(dataset: Path) -> None:
    entries = list(read_manifest(dataset / "manifest.tsv"))
    assert entries == sorted(Entry.of(name, name.encode()) for name in NAMES)


def test_digests_kept_by_the_writers_give_the_same_manifest(dataset: Path) -> None:
    kept = [Entry.of(name, name.encode()) for name in NAMES]
    parts = sorted(kept[:3]), sorted(kept[3:])
    write_manifest(dataset / ".build" / "manifest.tsv", merge(*parts))
    assert (dataset / ".build/manifest.tsv").read_bytes() == (dataset / "manifest.tsv").read_bytes()


def test_an_undisturbed_dataset_has_no_problem(dataset: Path) -> None:
    checked: list[int] = []
    assert check_manifest(dataset, checked.append) == []
    assert sum(checked) == len(NAMES)


def test_every_kind_of_change_is_found(dataset: Path) -> None:
    (dataset / "Z").write_bytes(b"z")
    (dataset / "a.png").unlink()
    (dataset / "a/b.png").write_bytes(b"longer than before")
    (dataset / "a/new").write_bytes(b"")
    (dataset / "𝄞").unlink()
    (dataset / "𝄞").symlink_to("nowhere")
    assert [(path, what.split()[0]) for path, what in check_manifest(dataset)] == [
        ("Z", "content"),
        ("a.png", "missing"),
        ("a/b.png", "size"),
        ("a/new", "extra:"),
        ("𝄞", "cannot"),
    ]


def test_a_part_on_another_disk_is_followed(dataset: Path, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    elsewhere = tmp_path_factory.mktemp("disk") / "a"
    (dataset / "a").rename(elsewhere)
    (dataset / "a").symlink_to(elsewhere)
    assert check_manifest(dataset) == []


def test_more_files_than_a_batch(tmp_path: Path) -> None:
    for number in range(1100):
        (tmp_path / f"{number:04}").touch()
    write_manifest(tmp_path / "manifest.tsv", hash_files(tmp_path, list_files(tmp_path)))
    (tmp_path / "0777").unlink()
    assert [problem.path for problem in check_manifest(tmp_path)] == ["0777"]


GOOD = Entry("b", 0, "0" * 64)


@pytest.mark.parametrize(
    "entries", [[GOOD, GOOD], [GOOD, GOOD._replace(path="a")], [GOOD._replace(path="a\tb")]]
)
def test_what_cannot_be_a_manifest_is_not_written(entries: list[Entry], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="manifest"):
        write_manifest(tmp_path / "manifest.tsv", entries)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        f"b\t0\t{'0' * 64}\n",
        "path\tbytes\tsha256\nb\t0\n",
        f"path\tbytes\tsha256\nb\t-1\t{'0' * 64}\n",
        f"path\tbytes\tsha256\nb\t0\t{'0' * 64}\na\t0\t{'0' * 64}\n",
        f"path\tbytes\tsha256\nb\t0\t{'0' * 63}",
        f"path\tbytes\tsha256\nb\t0\t{'0' * 64}",
    ],
)
def test_a_damaged_manifest_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.tsv").write_text(text)
    with pytest.raises(DatasetError, match=r"manifest\.tsv: line \d is damaged"):
        list(read_manifest(tmp_path / "manifest.tsv"))


def test_a_missing_manifest_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"manifest\.tsv: cannot read"):
        check_manifest(tmp_path)


paths = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\t\n"), min_size=1, max_size=8
)


@given(st.sets(paths))
def test_the_order_of_strings_is_the_order_of_their_bytes(names: set[str]) -> None:
    assert sorted(names) == sorted(names, key=str.encode)
