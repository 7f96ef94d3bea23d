"""Random streams with names: the same draw on any worker, in any order."""

from hashlib import blake2b

import numpy as np


def key_hash(seed: int, *key: object) -> int:
    """A 64-bit number that depends on *seed* and *key* alone.

    ``hash()`` would not do: Python salts it in every process.

    >>> key_hash(0, "bwv-66", 1) == key_hash(0, "bwv-66", 1) != key_hash(1, "bwv-66", 1)
    True
    """
    text = "\0".join(map(str, (seed, *key)))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def stream(seed: int, *key: object) -> np.random.Generator:
    """The random stream with the name *key*."""
    return np.random.default_rng([seed, key_hash(seed, *key)])
