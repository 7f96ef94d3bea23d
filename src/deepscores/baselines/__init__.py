"""Baselines, trained in PyTorch (``pip install 'deepscores[torch]'``), which is loaded on use."""

from typing import Any

from deepscores.errors import RecipeError

_EXTRAS = ("torch", "safetensors", "onnx", "onnxscript", "onnxruntime", "tensorboard")


def training() -> Any:
    """The module `run`, whose `train` trains; raise RecipeError where a package is not there."""
    from importlib import import_module  # noqa: PLC0415
    from importlib.util import find_spec  # noqa: PLC0415

    missing = [name for name in _EXTRAS if find_spec(name) is None]
    if missing:
        raise RecipeError(f"training needs {missing[0]}: pip install 'deepscores[torch]'")
    return import_module("deepscores.baselines.run")
