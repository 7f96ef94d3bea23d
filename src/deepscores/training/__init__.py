"""Baselines, trained in PyTorch (``pip install 'deepscores[torch]'``), which is loaded on use."""

from os import environ
from typing import Any

from deepscores.errors import RecipeError

_EXTRAS = ("torch", "safetensors", "onnx", "onnxscript", "onnxruntime", "tensorboard")


def training() -> Any:
    """The module `run`, whose `train` trains; raise RecipeError where a package is missing."""
    from importlib import import_module  # noqa: PLC0415
    from importlib.util import find_spec  # noqa: PLC0415

    missing = [name for name in _EXTRAS if find_spec(name) is None]
    if missing:
        raise RecipeError(f"training needs {missing[0]}: pip install 'deepscores[torch]'")
    # Read when PyTorch is loaded. Threads that wait by spinning make a step four to eight times as
    # long where anything else takes a core (two cores: 3.3 s, not 0.8; alone 0.5 either way).
    environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    return import_module("deepscores.training.loop.run")
