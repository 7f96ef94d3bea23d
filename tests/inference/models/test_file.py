"""Model files describe themselves; other files are told for what they are."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from deepscores.errors import DatasetError
from deepscores.inference.models.card import PROPERTY, ModelCard
from deepscores.inference.models.file import MODEL, load_model

CARD = ModelCard("segment", ("stem",), "full", None, "base", "0.1.0")


def doubling() -> onnx.ModelProto:
    """A model that adds its input to itself."""
    shape = ["n", 2]
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "x"], ["y"])],
        "doubling",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )
    opset = [helper.make_opsetid("", 18)]
    return helper.make_model(graph, opset_imports=opset, ir_version=10)


def test_a_model_is_found_in_a_run_s_folder_and_runs(tmp_path: Path) -> None:
    model = doubling()
    helper.set_model_props(model, {PROPERTY: CARD.as_json()})
    (tmp_path / MODEL).write_bytes(model.SerializeToString())
    for path in (tmp_path, tmp_path / MODEL):
        found = load_model(path, threads=1)
        assert found.card == CARD
        output = found.run(x=np.array([[1, 2.5]], np.float32))
        assert {name: one.tolist() for name, one in output.items()} == {"y": [[2, 5]]}


def test_an_onnx_file_of_others_is_told(tmp_path: Path) -> None:
    (tmp_path / "other.onnx").write_bytes(doubling().SerializeToString())
    with pytest.raises(DatasetError, match=r"other\.onnx: is an ONNX file, but not a model"):
        load_model(tmp_path / "other.onnx")


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n", b"\x08\x01garbage" * 40])
def test_a_file_that_is_no_model_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "page.png").write_bytes(content)
    with pytest.raises(DatasetError, match=r"page\.png: is no(t| )"):
        load_model(tmp_path / "page.png")


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"model\.onnx: No such file"):
        load_model(tmp_path)


def test_a_missing_runtime_is_one_error_that_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / MODEL).write_bytes(b"")
    code = (
        "import sys; sys.modules['onnxruntime'] = None\n"
        "from deepscores.errors import RecipeError\n"
        "from deepscores.inference.models.file import load_model\n"
        f"try: load_model({str(tmp_path)!r})\n"
        "except RecipeError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "predicting needs ONNX Runtime: pip install 'deepscores[predict]'\n"
