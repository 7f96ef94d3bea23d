"""Batches on their way from the data to the device."""

import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset

from deepscores.training.loop.protocol import Batch


def loader(
    dataset: Dataset[Any],
    device: str,
    workers: int,
    *,
    batches: Sequence[Sequence[int]] | None = None,
    batch_size: int | None = None,
    collate: Callable[..., Any] | None = None,
) -> Iterator[Batch]:
    """Batches of *dataset* in a fixed order: those of item numbers in *batches*, or of a stream.

    With *workers*, processes make them, into pinned memory for a graphics card. The workers leave
    Ctrl-C to the process that trains.
    """
    if isinstance(dataset, IterableDataset):
        options: dict[str, Any] = {"batch_size": batch_size, "drop_last": batch_size is not None}
    else:
        options = {"batch_sampler": batches}
    if workers:
        options |= {"worker_init_fn": _start_worker, "prefetch_factor": 4}
    return iter(
        DataLoader(
            dataset,
            num_workers=workers,
            collate_fn=collate,
            pin_memory=device == "cuda",
            generator=torch.Generator().manual_seed(0),  # or torch's own would be drawn from
            **options,
        )
    )


def _start_worker(_number: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)


def to_device(batch: Batch, device: torch.device) -> Batch:
    """*batch* with its tensors on *device*; its tuples, lists and dicts are made anew."""
    if isinstance(batch, torch.Tensor):
        return batch.to(device, non_blocking=True)
    if isinstance(batch, dict):
        return {name: to_device(part, device) for name, part in batch.items()}
    if isinstance(batch, tuple):
        parts = [to_device(part, device) for part in batch]
        return type(batch)(*parts) if hasattr(batch, "_fields") else tuple(parts)
    if isinstance(batch, list):
        return [to_device(part, device) for part in batch]
    return batch


def samples_in(batch: Batch) -> int:
    """How many samples a batch has: the length of its first tensor."""
    if isinstance(batch, torch.Tensor):
        return len(batch)
    parts = batch.values() if isinstance(batch, dict) else batch
    if isinstance(batch, dict | tuple | list):
        return next((count for part in parts if (count := samples_in(part))), 0)
    return 0
