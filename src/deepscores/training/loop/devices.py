"""Where a run computes, and how many processes feed it."""

import os

import torch

from deepscores.errors import RecipeError

_MAX_WORKERS = 12
_MIN_CORES = 4  # below, a process that makes batches slows training as much as it helps


def choose_device(choice: str) -> torch.device:
    """The device of *choice*; ``auto``: CUDA if there is any. Raise RecipeError if not."""
    if choice == "cpu" or (choice == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise RecipeError("device: PyTorch finds no CUDA here; give cpu, or auto")
    return torch.device("cuda", torch.cuda.current_device())


def describe_device(device: torch.device) -> str:
    """The device's name, for logs and reports."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"cpu, {torch.get_num_threads()} threads"


def default_workers(device: torch.device) -> int:
    """The number of processes that make batches beside training: none on few cores."""
    cores = len(os.sched_getaffinity(0))
    if device.type == "cuda":
        return max(min(cores - 1, _MAX_WORKERS), 1)
    return 0 if cores < _MIN_CORES else 2


def prepare(device: torch.device) -> None:
    """Let a graphics card compute as fast as training allows."""
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.benchmark = True
