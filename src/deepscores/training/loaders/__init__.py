"""Datasets and samplers for PyTorch (``pip install 'deepscores[torch]'``).

Nothing is imported until a name is asked for; without PyTorch that raises RecipeError.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepscores.training.loaders.forms import DetectionForm, SegmentationForm, collate
    from deepscores.training.loaders.patches import Patches
    from deepscores.training.loaders.samplers import BalancedSampler, PageSampler
    from deepscores.training.loaders.sequences import Sequences
    from deepscores.training.loaders.synthetic import SyntheticPages
    from deepscores.training.loaders.tiles import Detection, Segmentation

__all__ = [
    "BalancedSampler",
    "Detection",
    "DetectionForm",
    "PageSampler",
    "Patches",
    "Segmentation",
    "SegmentationForm",
    "Sequences",
    "SyntheticPages",
    "collate",
]

_HOMES = {
    "BalancedSampler": "samplers",
    "Detection": "tiles",
    "DetectionForm": "forms",
    "PageSampler": "samplers",
    "Patches": "patches",
    "Segmentation": "tiles",
    "SegmentationForm": "forms",
    "Sequences": "sequences",
    "SyntheticPages": "synthetic",
    "collate": "forms",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'deepscores.training.loaders' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    from deepscores.errors import RecipeError  # noqa: PLC0415

    try:
        return getattr(import_module(f"deepscores.training.loaders.{_HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "torch":
            raise
        raise RecipeError("loaders need PyTorch: pip install 'deepscores[torch]'") from None
