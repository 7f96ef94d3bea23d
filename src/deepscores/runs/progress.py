"""How long work reports its progress."""

from typing import Protocol


class Progress(Protocol):
    """Receives the stages of long work; all calls come from one thread."""

    def stage(self, name: str, total: int | None) -> None:
        """A stage begins: *total* steps, or None if that is not known."""

    def advance(self, steps: int = 1) -> None:
        """Steps of the current stage are done."""

    def note(self, text: str) -> None:
        """Report something that the user may want to know while it runs."""


class NullProgress:
    """Ignores all reports."""

    def stage(self, name: str, total: int | None) -> None:
        pass

    def advance(self, steps: int = 1) -> None:
        pass

    def note(self, text: str) -> None:
        pass
