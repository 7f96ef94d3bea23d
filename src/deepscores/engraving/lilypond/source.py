"""LilyPond source under construction: one thing a line, which leads back to its element."""


class Source:
    """Lines of LilyPond, each with the id of the MEI element that it stands for, if any.

    LilyPond tells of everything it draws from which line it came (see ``tags.ly``).
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._ids: list[str] = []

    def add(self, text: str, element: str = "") -> None:
        """Append one line."""
        self._lines.append(" ".join(text.splitlines()))
        self._ids.append(element)

    def extend(self, other: "Source") -> None:
        """Append all lines of *other*."""
        self._lines += other._lines
        self._ids += other._ids

    @property
    def text(self) -> str:
        return "\n".join(self._lines) + "\n"

    @property
    def elements(self) -> dict[int, str]:
        """Element ids by line number, from 1."""
        return {number: one for number, one in enumerate(self._ids, start=1) if one}


def quoted(text: str) -> str:
    """*text* as a LilyPond string.

    >>> print(quoted('a "b" c'))
    "a \\"b\\" c"
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
