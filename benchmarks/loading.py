"""Tiles per second from a loader: from disk, on the fly, and read with cv2.

    python -m benchmarks.loading DATASET [--tiles 512] [--repeats 3] [--json FILE]

Tiles of 512 px with their class ids, in batches of 16, through PyTorch's loader with 2 workers. cv2
reads a page's picture and class map whole and cuts the same tile from both. All sides take turns;
the clock runs from each side's second batch on, so starting workers and engravers is not in it; the
median of the repeats. What ours and cv2 read is compared first: it must be the same.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch.utils.data import DataLoader, Dataset, Sampler, Subset

from benchmarks.common import conditions, import_extra, report, sample
from deepscores.training.loaders import PageSampler, Segmentation, SyntheticPages

SIZE, BATCH, WORKERS = 512, 16, 2


class Cv2Tiles(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """The tiles of ours, read the plain way."""

    def __init__(self, ours: Segmentation, folder: Path) -> None:
        self.ours, self.folder = ours, folder

    def __len__(self) -> int:
        return len(self.ours)

    def __getitem__(self, item: int) -> tuple[torch.Tensor, torch.Tensor]:
        cv2 = import_extra("cv2")
        page, nth = self.ours.place(item)
        row = self.ours.index.row(int(self.ours.places[page]))
        x, y, size = self.ours.view.grid(row["width"], row["height"])[nth]
        image, mask = (
            cv2.imread(str(self.folder / kind / f"{row['page']}.png"), cv2.IMREAD_UNCHANGED)
            for kind in ("images_png", "pix_annotations_png")
        )
        part = np.s_[y : y + size, x : x + size]
        return (
            torch.from_numpy(image[part].copy())[None],
            torch.from_numpy(mask[part].astype(np.int64)),
        )


def rate(make: Callable[[], DataLoader[Any]], tiles: int) -> float:
    """Tiles a second of a loader, from its second batch on."""
    batches = iter(make())
    next(batches)
    start, seen = time.perf_counter(), 0
    for images, _ in batches:
        seen += len(images)
        if seen >= tiles:
            break
    return seen / (time.perf_counter() - start)


def sides(folder: Path, tiles: int, seed: int) -> dict[str, Callable[[], DataLoader[Any]]]:
    """Loaders that are made when it is their turn."""
    ours = Segmentation(folder, "all", tiles=SIZE)
    plain = Cv2Tiles(ours, folder)
    scores = [one.path for one in sample()]

    def loaded(tiles_of: Any, sampler: Sampler[int] | None) -> DataLoader[Any]:
        return DataLoader(tiles_of, BATCH, sampler=sampler, num_workers=WORKERS)

    def some(of: Dataset[Any]) -> Any:
        random = np.random.default_rng(seed)
        return Subset(of, random.integers(len(ours), size=tiles + BATCH).tolist())

    def fresh() -> DataLoader[Any]:
        return loaded(SyntheticPages(scores, "segmentation", tiles=SIZE, seed=seed), None)

    return {
        "from disk, page by page": lambda: loaded(ours, PageSampler(ours, seed=seed)),
        "from disk, at random": lambda: loaded(some(ours), None),
        "cv2, page by page": lambda: loaded(plain, PageSampler(ours, seed=seed)),
        "cv2, at random": lambda: loaded(some(plain), None),
        "on the fly": fresh,
    }


def require_same(folder: Path) -> None:
    """Also reads some pages into the file cache."""
    ours = Segmentation(folder, "all", tiles=SIZE)
    plain = Cv2Tiles(ours, folder)
    for item in np.random.default_rng(0).integers(len(ours), size=20).tolist():
        for mine, theirs in zip(ours[item], plain[item], strict=True):
            assert torch.equal(mine, theirs), item


def show(result: dict[str, Any]) -> None:
    """The figures as a table."""
    title = f"tiles of {SIZE} px, {WORKERS} workers, load {result['load'][0]}"
    table = Table("", "tiles a second", "least", "most", title=title)
    for side, figures in result["sides"].items():
        table.add_row(side, *map(str, figures.values()))
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--tiles", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    require_same(options.dataset)
    runs: dict[str, list[float]] = {}
    for seed in range(options.repeats):
        for side, make in sides(options.dataset, options.tiles, seed).items():
            runs.setdefault(side, []).append(rate(make, options.tiles))
    result = {
        "size": SIZE,
        "batch": BATCH,
        "workers": WORKERS,
        "tiles": options.tiles,
        "repeats": options.repeats,
        "sides": {
            side: {
                "tiles_per_s": round(statistics.median(rates), 1),
                "least": round(min(rates), 1),
                "most": round(max(rates), 1),
            }
            for side, rates in runs.items()
        },
        "versions": {
            name: version(name) for name in ("torch", "opencv-python-headless", "verovio")
        },
        **conditions(),
    }
    show(result)
    report(result, options.json)


if __name__ == "__main__":
    main()
