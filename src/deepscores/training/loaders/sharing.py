"""Numbers shared by a loader's workers and the process that started them."""

import torch


def shared_counter(*shape: int) -> torch.Tensor:
    """Zeros (int64) in memory that forked and spawned workers share with this process."""
    zeros = torch.zeros(shape, dtype=torch.int64)
    counter: torch.Tensor = zeros.share_memory_()  # type: ignore[no-untyped-call]
    return counter
