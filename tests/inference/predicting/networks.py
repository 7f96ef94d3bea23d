"""Networks made by hand, whose answers are known exactly, as model files."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from deepscores.inference.models.card import PROPERTY, ModelCard

BLOB = 9  # pixels each way of the squares that the detector finds
SPACE = 16.0  # pixels from line to line that it wants


def write_detector(
    path: Path, space: float | None = SPACE, classes: int = 1, size: float = BLOB
) -> Path:
    """Finds black squares of `BLOB` px, and says that they have *size*.

    Where all around a pixel is black, there is the middle of one.
    """
    nodes = [
        helper.make_node("Cast", ["image"], ["grey"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["white", "grey"], ["ink"]),
        helper.make_node(
            "AveragePool", ["ink"], ["mean"], kernel_shape=[BLOB] * 2, pads=[BLOB // 2] * 4,
            count_include_pad=1,
        ),
        helper.make_node("Sub", ["mean", "least"], ["beyond"]),
        helper.make_node("Mul", ["beyond", "nothing"], ["zero"]),
        helper.make_node("Concat", ["zero"] * 4, ["boxes"], axis=1),
        helper.make_node("Identity", ["beyond"], ["heat"]),
    ]  # fmt: skip
    numbers = {"white": 255.0, "least": 200.0, "nothing": 0.0}
    card = _card(
        "detect", classes, space,
        stride=1, channels=[[1, 0, size, size, "whole"]], threshold=0.05, overlap=0.7,
    )  # fmt: skip
    outputs = {"heat": [1, 1, "height", "width"], "boxes": [1, 4, "height", "width"]}
    return _write(path, nodes, numbers, outputs, card)


def write_segmenter(path: Path, space: float | None = SPACE) -> Path:
    """Calls ink of class 2 where it is black, and of class 1 where it is grey."""
    nodes = [
        helper.make_node("Cast", ["image"], ["grey"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["grey", "flat"], ["row"]),
        helper.make_node("Less", ["row", "half"], ["is ink"]),
        helper.make_node("NonZero", ["is ink"], ["found"]),
        helper.make_node("Reshape", ["found", "flat"], ["places"]),
        helper.make_node("Gather", ["row", "places"], ["values"]),
        helper.make_node("Sub", ["values", "quarter"], ["lighter"]),
        helper.make_node("Neg", ["lighter"], ["darker"]),
        helper.make_node("Unsqueeze", ["lighter", "last"], ["one"]),
        helper.make_node("Unsqueeze", ["darker", "last"], ["two"]),
        helper.make_node("Concat", ["one", "two"], ["logits"], axis=1),
    ]
    numbers = {"half": 128.0, "quarter": 64.0, "flat": np.array([-1]), "last": np.array([1])}
    outputs = {"places": ["n"], "logits": ["n", 2]}
    return _write(path, nodes, numbers, outputs, _card("segment", 2, space, class_ids=[1, 2]))


def write_classifier(path: Path, classes: tuple[str, ...]) -> Path:
    """Gives the first class the share of white in the picture's first channel, others the rest."""
    rest = np.full((1, len(classes) - 1), 1 / (len(classes) - 1), np.float32)
    nodes = [
        helper.make_node("Cast", ["image"], ["grey"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["grey", "white"], ["share"]),
        helper.make_node("ReduceMean", ["share", "sides"], ["mean"], keepdims=0),
        helper.make_node("Gather", ["mean", "first"], ["white share"], axis=1),
        helper.make_node("Sub", ["one", "white share"], ["black share"]),
        helper.make_node("MatMul", ["black share", "rest"], ["others"]),
        helper.make_node("Concat", ["white share", "others"], ["scores"], axis=1),
    ]
    numbers = {
        "white": 255.0, "one": 1.0, "sides": np.array([2, 3]), "first": np.array([0]), "rest": rest,
    }  # fmt: skip
    card = _card("classify", classes, None, patch=[20, 30], box_channel=True)
    return _write(path, nodes, numbers, {"scores": ["n", len(classes)]}, card, channels=2)


def _card(
    task: str, classes: int | tuple[str, ...], space: float | None, **settings: Any
) -> ModelCard:
    if isinstance(classes, int):
        classes = tuple(f"class {number}" for number in range(1, classes + 1))
    return ModelCard(task, classes, "by hand", space, "small", "0", settings)


def _write(
    path: Path,
    nodes: list[Any],
    numbers: dict[str, Any],
    outputs: dict[str, list[Any]],
    card: ModelCard,
    channels: int = 1,
) -> Path:
    constants = [
        numpy_helper.from_array(np.array(value, np.float32 if np.isscalar(value) else None), name)
        for name, value in numbers.items()
    ]
    picture = helper.make_tensor_value_info(
        "image", TensorProto.UINT8, ["n", channels, "height", "width"]
    )
    told = [
        helper.make_tensor_value_info(
            name, TensorProto.INT64 if name == "places" else TensorProto.FLOAT, shape
        )
        for name, shape in outputs.items()
    ]
    graph = helper.make_graph(nodes, "by hand", [picture], told, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {PROPERTY: card.as_json()})
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path
