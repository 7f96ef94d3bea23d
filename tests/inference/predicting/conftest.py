"""Models made by hand, and pages drawn with staves and squares at known places."""

from pathlib import Path

import pytest

from tests.inference.predicting.networks import write_detector, write_segmenter


@pytest.fixture(scope="session")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file that finds black squares."""
    return write_detector(tmp_path_factory.mktemp("models") / "squares.onnx")


@pytest.fixture(scope="session")
def segmenter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file that tells black from grey."""
    return write_segmenter(tmp_path_factory.mktemp("models") / "ink.onnx")
