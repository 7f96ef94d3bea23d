"""JSON in one line."""

import json
from typing import Any


def compact_json(value: Any) -> bytes:
    """*value* as JSON without spaces, in UTF-8.

    >>> compact_json({"name": "Übung"}).decode()
    '{"name":"Übung"}'
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
