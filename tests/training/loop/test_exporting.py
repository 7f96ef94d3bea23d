"""The model file gives what PyTorch gives, or is not written."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from deepscores.errors import DeepScoresError
from deepscores.inference.models import file
from deepscores.inference.models.card import ModelCard
from deepscores.inference.models.file import open_model
from deepscores.training.classify.network import ResidualNetwork
from deepscores.training.loop import exporting
from deepscores.training.loop.exporting import check_export, to_onnx
from deepscores.training.loop.protocol import Exportable

CARD = ModelCard("classify", ("a", "b", "c"), "none", None, "small", "0")


@pytest.fixture(scope="module")
def wanted() -> Exportable:
    torch.manual_seed(1)
    network = ResidualNetwork(2, 3, (21, 34), 8, (8, 16), 1)
    for one in network.modules():
        if isinstance(one, nn.BatchNorm2d):
            nn.init.uniform_(one.weight, 0.5, 1.5)
            nn.init.uniform_(one.running_mean, -1, 1)
    count = torch.export.Dim("n", min=1, max=64)
    return Exportable(network, (torch.rand(5, 2, 34, 21),), ("x",), ("y",), ({0: count},))


def test_the_exported_model_gives_the_same_for_any_number_of_pictures(wanted: Exportable) -> None:
    wanted.module.train()
    content = to_onnx(wanted, CARD)
    assert wanted.module.training  # as it was
    assert check_export(content, wanted) < 1e-4
    model = open_model(content, "here", threads=1)
    assert model.card == CARD
    for count in (1, 9):
        x = torch.rand(count, 2, 34, 21)
        with torch.no_grad():
            expected = wanted.module(x).numpy()
        np.testing.assert_allclose(model.run(x=x.numpy())["y"], expected, rtol=1e-4, atol=1e-5)


def test_a_model_that_differs_is_refused(wanted: Exportable) -> None:
    content = to_onnx(wanted, CARD)
    other = ResidualNetwork(2, 3, (21, 34), 8, (8, 16), 1)
    with pytest.raises(DeepScoresError, match="ONNX Runtime differs from PyTorch"):
        check_export(content, replace(wanted, module=other))


def test_exporting_says_nothing(wanted: Exportable, capfd: pytest.CaptureFixture[str]) -> None:
    to_onnx(wanted, CARD)
    assert capfd.readouterr() == ("", "")


def test_a_model_file_tells_nothing_of_the_machine_that_made_it(wanted: Exportable) -> None:
    content = to_onnx(wanted, CARD)
    for place in (__file__, exporting.__file__, torch.__file__):
        assert str(Path(place).parent).encode() not in content
    assert b"stack_trace" not in content


@pytest.mark.parametrize("task", ["classify", "detect", "segment"])
def test_no_model_that_comes_along_tells_where_it_was_made(task: str) -> None:
    path = Path(file.__file__).parent / "shipped" / f"{task}.onnx"
    assert open_model(path.read_bytes(), str(path), threads=1).card.task == task
    assert b".py" not in path.read_bytes()
