"""Systems and pages with their music as text, from an export ``--to sequences``."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from deepscores.dataset.splits import SPLITS
from deepscores.errors import DatasetError, RecipeError
from deepscores.training.loaders.forms import image_tensor
from deepscores.training.loaders.reading import read_pixels

_ENCODINGS = ("mei", "musicxml", "krn", "abc")
_LEVELS = ("systems", "pages", "all")


class Sequences(Dataset[tuple[torch.Tensor, str]]):
    """``(image, text)``: uint8, (1, height, width), 255 = paper; the music in an *encoding*.

    *folder* is what ``deepscores export DATASET --to sequences`` wrote. *of* chooses pictures of
    systems, of pages, or all; those without the encoding are left out. Pictures differ in size:
    give a loader ``collate_fn=collate``. *transform* takes and gives ``(image, text)``. Raise
    DatasetError for a folder without such an export, RecipeError for invalid arguments.
    """

    def __init__(
        self,
        folder: str | Path,
        split: str = "train",
        *,
        encoding: Literal["mei", "musicxml", "krn", "abc"] = "mei",
        of: Literal["systems", "pages", "all"] = "systems",
        transform: Callable[..., Any] | None = None,
    ) -> None:
        for name, value, choices in (
            ("split", split, SPLITS), ("encoding", encoding, _ENCODINGS), ("of", of, _LEVELS)
        ):  # fmt: skip
            if value not in choices:
                raise RecipeError(f"{name}: {value!r} is none of {', '.join(choices)}")
        self.folder, self.encoding, self.transform = Path(folder), encoding, transform
        self._list = self.folder / f"{split}.jsonl"
        self._starts = self._find_lines(of)

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, item: int) -> Any:
        row = self.row(item)
        image = read_pixels(self.folder / row["image"])
        sample = (image_tensor(image), self._text(self.folder / row[self.encoding]))
        return sample if self.transform is None else self.transform(*sample)

    def row(self, item: int) -> dict[str, Any]:
        """The export's row of an item: page, score, font, measures, staves …"""
        start = int(self._starts[item])
        try:
            with open(self._list, "rb") as lines:
                lines.seek(start)
                return self._parse(lines.readline(), start)
        except OSError as error:
            raise DatasetError(f"{self._list}: {error.strerror}") from None

    def _find_lines(self, selection: str) -> NDArray[np.int64]:
        """Where in the list the selected lines begin: all that a worker holds of it."""
        starts, start = [], 0
        try:
            with open(self._list, "rb") as lines:
                for line in lines:
                    row = self._parse(line, start)
                    level = "pages" if row.get("system") is None else "systems"
                    if self.encoding in row and selection in (level, "all"):
                        starts.append(start)
                    start += len(line)
        except FileNotFoundError:
            raise DatasetError(
                f"{self._list}: missing; 'deepscores export DATASET --to sequences' writes it"
            ) from None
        except OSError as error:
            raise DatasetError(f"{self._list}: {error.strerror}") from None
        return np.array(starts, np.int64)

    def _parse(self, line: bytes, start: int) -> dict[str, Any]:
        try:
            row = json.loads(line)
            row["image"]
        except (ValueError, KeyError, TypeError):
            location = f"{self._list}: at byte {start}"
            raise DatasetError(f"{location}: not a line of an export of sequences") from None
        return dict(row)

    def _text(self, path: Path) -> str:
        try:
            return path.read_text("utf-8")
        except OSError as error:
            raise DatasetError(f"{path}: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise DatasetError(f"{path}: {error}") from None
