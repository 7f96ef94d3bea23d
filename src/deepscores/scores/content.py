"""The content of a score's text, in whatever format it is written."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Content:
    """A score's safe text and its metadata; `Score` without the file."""

    format: str
    text: str
    title: str = ""
    work_title: str = ""
    work_number: str = ""
    composer: str = ""
    rights: str = ""
    notes: int | None = None
    measures: int | None = None
    mended: tuple[str, ...] = ()


def one_line(text: str | None) -> str:
    """*text* without line breaks and repeated spaces.

    >>> one_line("Sonata\\n   facile "), one_line(None)
    ('Sonata facile', '')
    """
    return " ".join((text or "").split())
