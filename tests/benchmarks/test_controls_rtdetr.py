"""What RT-DETR is fed, and when it learns how fast; with transformers, that it trains at all."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.controls.rtdetr import SIDE, Fitted, main, network, rate


def sample(height: int, width: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    return torch.full((1, height, width), 255, dtype=torch.uint8), {
        "boxes": torch.tensor([[0.0, 0.0, 64.0, 32.0], [64.0, 0.0, 128.0, 64.0]]),
        "labels": torch.tensor([3, 1]),
        "iscrowd": torch.tensor([0, 1]),
    }


def test_a_sample_fits_the_network() -> None:
    image, target = Fitted(640)(*sample(640, 640))
    assert image.shape == (1, 640, 640)
    assert target["class_labels"].tolist() == [2]  # from 0; what shows too little is left out
    assert target["boxes"].numpy() == pytest.approx(np.array([[0.05, 0.025, 0.1, 0.05]]))


def test_a_page_is_shrunk_with_its_boxes() -> None:
    image, target = Fitted(640)(*sample(1280, 640))
    assert image.shape == (1, 640, 640)
    assert target["boxes"].numpy() == pytest.approx(np.array([[0.025, 0.0125, 0.05, 0.025]]))


def test_the_rate_goes_up_then_down() -> None:
    shares = [rate(step / 1000, step) for step in range(1001)]
    top = int(np.argmax(shares))
    assert 0 < shares[0] < 0.01
    assert 150 < top < 250
    assert shares[-1] < 1e-6
    assert (np.diff(shares[top:]) <= 0).all()


def test_it_trains_and_writes_detections(built: Path, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    model = network(5, size="tiny", queries=10, denoising=10)
    assert sum(one.numel() for one in model.parameters()) < 1_000_000
    options = "--device cpu --size tiny --steps 2 --batch 2 --workers 0 --queries 20 --pages 1"
    main([str(built), "-o", str(tmp_path), "--split", "train", "--least", "0", *options.split()])
    run = json.loads((tmp_path / "run.json").read_text())
    found = json.loads((tmp_path / "detections.json").read_text())
    assert run["training"]["steps"] == 2
    assert len(found) == run["predicting"]["boxes"] > 0
    assert all(0 <= one["bbox"][0] < SIDE + 800 for one in found)
