"""Opens a trained model, one ONNX file that describes itself, for ONNX Runtime."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores.errors import DatasetError, RecipeError
from deepscores.inference.models.card import PROPERTY, ModelCard, parse_card

MODEL = "model.onnx"  # in the folder of a training run


@dataclass(frozen=True, slots=True)
class Model:
    """A trained model: its card, and the network as ONNX Runtime holds it."""

    card: ModelCard
    session: Any  # onnxruntime.InferenceSession
    outputs: tuple[str, ...]  # names

    def run(self, **arrays: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """The outputs of the network for the inputs *arrays*, by name."""
        values = self.session.run(list(self.outputs), arrays)
        return {name: np.asarray(value) for name, value in zip(self.outputs, values, strict=True)}


def load_model(path: str | Path, *, threads: int | None = None) -> Model:
    """Open a model file, or the one in the folder of a training run.

    *threads* are used per call, by default as many as this process may use. Raise DatasetError
    for a file that is not a model of deepscores, RecipeError without ONNX Runtime
    (``deepscores[predict]``).
    """
    file = Path(path) / MODEL if Path(path).is_dir() else Path(path)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise DatasetError(f"{file}: {error.strerror or error}") from None
    return open_model(content, str(file), threads=threads)


def open_model(content: bytes, source: str, *, threads: int | None = None) -> Model:
    """The model in the bytes of a file; errors, as of `load_model`, name *source*."""
    runtime = _runtime()
    options = runtime.SessionOptions()
    options.log_severity_level = 3  # errors
    options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
    try:
        session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise DatasetError(
            f"{source}: is not a model that ONNX Runtime can open: {error}"
        ) from None
    text = session.get_modelmeta().custom_metadata_map.get(PROPERTY)
    if text is None:
        raise DatasetError(f"{source}: is an ONNX file, but not a model of deepscores")
    names = tuple(output.name for output in session.get_outputs())
    return Model(parse_card(text, source), session, names)


def _runtime() -> Any:
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "onnxruntime":
            raise
        raise RecipeError(
            "predicting needs ONNX Runtime: pip install 'deepscores[predict]'"
        ) from None
    return onnxruntime
