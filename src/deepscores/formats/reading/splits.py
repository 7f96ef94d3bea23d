"""The split of a page, from the names of files and folders or from lists."""

import re
from pathlib import Path, PurePath

from deepscores.dataset.splits import SPLITS
from deepscores.runs.files import read_bytes

_WORDS = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val",
    "dev": "val", "test": "test", "testing": "test",
}  # fmt: skip


def split_in_path(path: PurePath | str) -> str:
    """The split that a path names, searched from its end; "" if it names none.

    >>> (
    ...     split_in_path("annotations/instances_val2017.json"),
    ...     split_in_path("train/labels/a"),
    ...     split_in_path("a"),
    ... )
    ('val', 'train', '')
    """
    for part in reversed(PurePath(path).parts):
        for word in reversed(re.findall("[a-z]+", part.lower())):
            if word in _WORDS:
                return _WORDS[word]
    return ""


def listed_splits(folder: Path) -> dict[str, str]:
    """Splits by stem, from lists of names: ``splits/train.txt`` or ``train.txt`` and so on."""
    splits = {}
    for split in SPLITS:
        for path in (folder / "splits" / f"{split}.txt", folder / f"{split}.txt"):
            if path.is_file():
                for line in read_bytes(path).decode("utf-8", "replace").splitlines():
                    if line.strip():
                        splits[PurePath(line.strip()).name.removesuffix(".png")] = split
                break
    return splits
