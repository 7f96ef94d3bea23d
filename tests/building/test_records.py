"""Records of shards: in any store, and read without what else lies beside them."""

from pathlib import Path

import pytest

from deepscores.building.shards import Record, read_records, write_record
from deepscores.runs.store import FolderStore
from tests.runs.memory_store import MemoryStore


@pytest.mark.parametrize("kind", ["folder", "memory"])
def test_records_are_read_as_they_were_written(kind: str, tmp_path: Path) -> None:
    store = FolderStore(tmp_path) if kind == "folder" else MemoryStore()
    records = [Record(index, f"song-{index}", None, (), (), "timeout", "60 s") for index in (3, 1)]
    for record in records:
        write_record(store, record)
    store.write(".build/shards/0000003.symbols.parquet", b"of a shard")
    assert read_records(store) == {record.index: record for record in records}
