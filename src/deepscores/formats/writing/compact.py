"""JSON in one line."""

import json
from typing import Any

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def compact_json(value: Any) -> bytes:
    """*value* as JSON without spaces, in UTF-8.

    >>> compact_json({"name": "Übung"}).decode()
    '{"name":"Übung"}'
    """
    return _ENCODER.encode(value).encode()
