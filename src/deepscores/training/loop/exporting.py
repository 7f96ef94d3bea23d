"""From the trained network to the model file: ONNX with the card inside, and checked."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from deepscores.errors import DeepScoresError
from deepscores.inference.models.card import PROPERTY, ModelCard
from deepscores.inference.models.file import open_model
from deepscores.training.loop.protocol import Exportable

_LOGGERS = ("onnxscript", "onnx_ir", "torch.onnx", "torch.export")


def to_onnx(exportable: Exportable, card: ModelCard) -> bytes:
    """The model file's bytes; its module is left as it was."""
    was_training = exportable.module.training
    exportable.module.eval()
    try:
        with torch.no_grad(), _quiet():
            program = torch.onnx.export(
                exportable.module,
                exportable.arguments,
                dynamo=True,
                verbose=False,
                input_names=list(exportable.inputs),
                output_names=list(exportable.outputs),
                dynamic_shapes=tuple(dict(axes) for axes in exportable.dynamic),
            )
    finally:
        exportable.module.train(was_training)
    assert program is not None
    model = program.model_proto
    _without_origins(model.graph)
    entry = model.metadata_props.add()
    entry.key, entry.value = PROPERTY, card.as_json()
    return bytes(model.SerializeToString())


def _without_origins(graph: Any) -> None:
    """Remove PyTorch's notes on the origin of each part: lines and paths of this machine."""
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.initializer,
                 *graph.value_info):  # fmt: skip
        part.ClearField("metadata_props")


def check_export(content: bytes, exportable: Exportable) -> float:
    """The largest difference between ONNX Runtime and PyTorch, as a share of the largest value.

    Raise DeepScoresError if it is more than the task allows.
    """
    model = open_model(content, "export")
    exportable.module.eval()
    with torch.inference_mode():
        expected = exportable.module(*exportable.arguments)
    if isinstance(expected, torch.Tensor):
        expected = (expected,)
    arrays = zip(
        exportable.inputs, (argument.numpy() for argument in exportable.arguments), strict=True
    )
    outputs = model.run(**dict(arrays))
    worst = 0.0
    for name, output in zip(exportable.outputs, expected, strict=True):
        worst = max(worst, _difference(output.numpy(), outputs[name]))
    if not worst <= exportable.tolerance:
        raise DeepScoresError(
            f"ONNX Runtime differs from PyTorch by {worst:.2g} of the largest value, more than "
            f"{exportable.tolerance:g}: the exported model would not be the trained one"
        )
    return worst


def _difference(expected: NDArray[np.float32], actual: NDArray[np.float32]) -> float:
    if expected.shape != actual.shape:
        return float("inf")
    largest = max(float(np.abs(expected).max(initial=0)), 1e-6)
    return float(np.abs(expected.astype(np.float64) - actual).max(initial=0)) / largest


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence PyTorch's exporter, whose messages are for its own developers."""
    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
