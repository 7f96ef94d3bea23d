"""Whether a loader's processes grow while they read a large dataset.

    python -m benchmarks.loader_memory DATASET [--tiles 2000]

The first tiles of an epoch, of 512 px at random, in batches of 16, through PyTorch's loader with 2
workers. After every tenth of them: the proportional set size (what several processes share counts
once) of the main process and of the workers.
"""

import argparse
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table
from torch.utils.data import DataLoader, RandomSampler

from benchmarks.common import at_most, conditions, report
from deepscores.training.loaders import Detection, Segmentation, collate

SIZE, BATCH, WORKERS, LOOKS = 512, 16, 2, 10
KINDS = {"Detection": Detection, "Segmentation": Segmentation}


def looked_at(kind: str, dataset: Path, tiles: int) -> Iterator[tuple[int, list[int]]]:
    """Tiles so far, and MB of the main process and of each worker."""
    pages = KINDS[kind](dataset, "all", tiles=SIZE)
    sampler = RandomSampler(pages, num_samples=tiles)
    loader: DataLoader[Any] = DataLoader(
        pages, BATCH, sampler=sampler, num_workers=WORKERS, collate_fn=collate
    )
    batches, mine = iter(loader), psutil.Process()
    step = max(tiles // BATCH // LOOKS, 1)
    for seen, _ in enumerate(islice(batches, tiles // BATCH), start=1):
        if seen % step == 0:
            found = [mine, *mine.children()]
            yield seen * BATCH, [round(one.memory_full_info().pss / 2**20) for one in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--tiles", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result: dict[str, Any] = {"size": SIZE, "workers": WORKERS, **conditions(), "targets": []}
    table = Table("", "tiles", "main process, MB", *(f"worker {n + 1}, MB" for n in range(WORKERS)))
    for kind in KINDS:
        rows = []
        for tiles, sizes in looked_at(kind, options.dataset, options.tiles):
            rows.append((tiles, sizes))
            table.add_row(kind, str(tiles), *map(str, sizes))
            print(kind, tiles, sizes, file=sys.stderr)
        sums = [sum(sizes) for _, sizes in rows]
        middle = len(sums) // 2
        growth = round(max(sums[middle:]) / max(sums[:middle]), 2)
        result[kind] = rows
        result["targets"].append(at_most(f"{kind}: second half / first", growth, 1.1))
    Console().print(table)
    report(result, options.json)


if __name__ == "__main__":
    main()
