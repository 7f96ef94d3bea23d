"""A store of named bytes, where a run keeps its records: a local folder is one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from deepscores.runs.files import PARTIAL, commit_record, write_file


class Store(Protocol):
    """Bytes by name. Names are relative paths with ``/``.

    The bytes of a name are whole or absent at any time, whatever happens to their writer.
    """

    def write(self, name: str, data: bytes) -> None:
        """Store *data* as *name*, in place of what it was."""

    def commit(self, name: str, data: bytes) -> None:
        """As `write`, but once *name* exists, all that was written to the store before it does."""

    def read(self, name: str) -> bytes:
        """The bytes of *name*. Raise FileNotFoundError where there are none."""

    def list(self, folder: str) -> list[str]:
        """The names directly below *folder*, sorted; none where there is no such folder."""

    def exists(self, name: str) -> bool:
        """Whether *name* has bytes."""

    def remove(self, name: str) -> None:
        """Remove the bytes of *name*, if there are any."""


@dataclass(frozen=True, slots=True)
class FolderStore:
    """A local folder as a store. Raises DatasetError where it cannot be written, or is full."""

    folder: Path

    def write(self, name: str, data: bytes) -> None:
        write_file(self.folder / name, data)

    def commit(self, name: str, data: bytes) -> None:
        commit_record(self.folder / name, data)

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def list(self, folder: str) -> list[str]:
        paths = (self.folder / folder).glob("*")
        return sorted(
            path.relative_to(self.folder).as_posix()
            for path in paths
            if path.is_file() and not path.name.endswith(PARTIAL)
        )

    def exists(self, name: str) -> bool:
        return (self.folder / name).is_file()

    def remove(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)
