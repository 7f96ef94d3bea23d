"""LilyPond source, line by line, with the element that each line stands for."""


class Source:
    """Lines of LilyPond, each with the id of the MEI element that it stands for, if any.

    LilyPond reports the line that caused each thing it draws (see ``tags.ly``).
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._ids: list[str] = []

    def add(self, text: str, element: str = "") -> None:
        """Append one line."""
        self._lines.append(" ".join(text.splitlines()))
        self._ids.append(element)

    def extend(self, source: "Source") -> None:
        """Append all lines of *source*."""
        self._lines += source._lines
        self._ids += source._ids

    @property
    def text(self) -> str:
        return "\n".join(self._lines) + "\n"

    @property
    def elements(self) -> dict[int, str]:
        """Element ids by line number, from 1."""
        return {number: element for number, element in enumerate(self._ids, start=1) if element}


def quote(text: str) -> str:
    """*text* as a LilyPond string.

    >>> print(quote('a "b" c'))
    "a \\"b\\" c"
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
