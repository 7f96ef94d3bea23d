"""Stores: whole or absent, listed in order."""

from pathlib import Path

import pytest

from deepscores.runs.store import FolderStore, Store
from tests.runs.memory_store import MemoryStore


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return FolderStore(tmp_path / "new") if request.param == "folder" else MemoryStore()


def test_what_is_written_is_read_and_replaced(store: Store) -> None:
    store.write("a/b.json", b"first")
    store.commit("a/b.json", b"second")
    assert store.read("a/b.json") == b"second"
    assert store.exists("a/b.json")


def test_what_was_never_written_or_is_removed_is_absent(store: Store) -> None:
    store.write("a/b", b"")
    for name in ("a/b", "a/b", "c"):
        store.remove(name)
        assert not store.exists(name)
        with pytest.raises(FileNotFoundError):
            store.read(name)


def test_names_are_listed_in_order_by_folder(store: Store) -> None:
    for name in ("a/2", "a/10", "a/b/1", "c"):
        store.write(name, name.encode())
    assert store.list("a") == ["a/10", "a/2"]
    assert store.list("nowhere") == []


def test_what_a_killed_writer_left_is_not_listed(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.write("a/1", b"whole")
    (tmp_path / "a/2.partial").write_bytes(b"par")
    assert store.list("a") == ["a/1"]
