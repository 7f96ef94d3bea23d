"""A store that no disk holds."""

from dataclasses import dataclass, field


@dataclass
class MemoryStore:
    """The least store there can be."""

    content: dict[str, bytes] = field(default_factory=dict)

    def write(self, name: str, data: bytes) -> None:
        self.content[name] = data

    commit = write

    def read(self, name: str) -> bytes:
        if name not in self.content:
            raise FileNotFoundError(name)
        return self.content[name]

    def list(self, folder: str) -> list[str]:
        return sorted(name for name in self.content if name.rpartition("/")[0] == folder)

    def exists(self, name: str) -> bool:
        return name in self.content

    def remove(self, name: str) -> None:
        self.content.pop(name, None)
