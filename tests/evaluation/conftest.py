"""Scenes to measure, and predictions on disk."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepscores.evaluation.matching.judging import DetectionMaterial
from tests.evaluation.scenes import detections_of, scene


@pytest.fixture(scope="session")
def scenes() -> list[DetectionMaterial]:
    return [scene(seed) for seed in range(4)]


@pytest.fixture(scope="session")
def found_all(built: Path) -> list[dict[str, Any]]:
    """Everything in the training pages of `built`, found."""
    found = detections_of(built)
    assert len(found) > 50
    return found


@pytest.fixture
def written(tmp_path: Path) -> Callable[[object], Path]:
    """Write predictions as JSON, or a string as it is; the file."""

    def write(predictions: object) -> Path:
        path = tmp_path / "detections.json"
        text = predictions if isinstance(predictions, str) else json.dumps(predictions)
        path.write_text(text)
        return path

    return write
