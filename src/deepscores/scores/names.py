"""Names that are safe everywhere: in file names, shard keys and tables."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b

_MAX_LENGTH = 100


def slug(text: str) -> str:
    """*text* in letters, digits and hyphens; anything else becomes a hash.

    >>> slug("Schumann, Clara/Mein Stern (no. 1)"), slug("Für Elise")
    ('Schumann-Clara-Mein-Stern-no-1', 'Fur-Elise')
    >>> slug("春の海") != slug("夏の海")
    True
    """
    plain = unicodedata.normalize("NFKD", text)
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    safe = re.sub(r"[^A-Za-z0-9_]+", "-", letters).strip("-_")
    lost = any(char.isalnum() and not char.isascii() for char in letters)
    if lost or not safe or len(safe) > _MAX_LENGTH:
        safe = f"{safe[: _MAX_LENGTH - 9]}-{short_hash(text)}".lstrip("-")
    return safe


def short_hash(text: str) -> str:
    """Eight hexadecimal digits that depend on *text* alone."""
    normal = unicodedata.normalize("NFC", text)
    return blake2b(normal.encode("utf-8", "backslashreplace"), digest_size=4).hexdigest()


def unique_slugs(names: Sequence[str], stems: Sequence[str]) -> list[str]:
    """A slug of each stem; where several are equal, each gets a hash of its whole name.

    Lower and upper case count as equal, as on case-insensitive file systems.
    """
    slugs = [slug(stem) for stem in stems]
    counts = Counter(text.casefold() for text in slugs)
    return [
        text if counts[text.casefold()] == 1 else f"{text}-{short_hash(name)}"
        for text, name in zip(slugs, names, strict=True)
    ]
