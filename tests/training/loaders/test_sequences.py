"""Sequences: pictures with their music, from what an export wrote."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from deepscores.dataset.png.codec import encode_png
from deepscores.errors import DatasetError, RecipeError
from deepscores.training.loaders import Sequences, collate


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """A folder as ``export --to sequences`` writes it: two systems and their page."""
    rows = []
    (tmp_path / "train").mkdir()
    for name, system, width in (("a--system-1", 1, 30), ("a--system-2", 2, 50), ("a", None, 90)):
        pixels = np.full((20, width), 200, np.uint8)
        (tmp_path / f"train/{name}.png").write_bytes(encode_png(pixels))
        row = {"image": f"train/{name}.png", "page": "a", "system": system}
        for encoding in ("mei", "krn")[: 2 - (system == 2)]:
            row[encoding] = f"train/{name}.{encoding}"
            (tmp_path / row[encoding]).write_text(f"{encoding} of {name} ♭", "utf-8")
        rows.append(json.dumps(row, ensure_ascii=False))
    (tmp_path / "train.jsonl").write_text("\n".join(rows) + "\n", "utf-8")
    return tmp_path


def test_systems_come_with_their_music(exported: Path) -> None:
    systems = Sequences(exported)
    assert len(systems) == 2
    image, text = systems[1]
    assert (image.dtype, image.shape) == (torch.uint8, (1, 20, 50))
    assert image.unique().tolist() == [200]
    assert text == "mei of a--system-2 ♭"
    assert systems.row(1)["page"] == "a"


def test_pages_or_all_can_be_asked_for(exported: Path) -> None:
    assert [text for _, text in Sequences(exported, of="pages")] == ["mei of a ♭"]
    assert len(Sequences(exported, of="all")) == 3


def test_what_lacks_the_encoding_is_left_out(exported: Path) -> None:
    assert [text for _, text in Sequences(exported, encoding="krn")] == ["krn of a--system-1 ♭"]


def test_pictures_of_different_sizes_go_into_a_batch(exported: Path) -> None:
    ((images, texts),) = DataLoader(Sequences(exported), batch_size=2, collate_fn=collate)
    assert [image.shape[2] for image in images] == [30, 50]
    assert len(texts) == 2


def test_damage_and_nonsense_are_named(exported: Path) -> None:
    with pytest.raises(DatasetError, match=r"val\.jsonl: missing; 'deepscores export"):
        Sequences(exported, "val")
    with pytest.raises(RecipeError, match="encoding: 'midi'"):
        Sequences(exported, encoding="midi")  # type: ignore[arg-type]
    (exported / "train/a--system-1.mei").unlink()
    with pytest.raises(DatasetError, match=r"a--system-1\.mei: No such file"):
        Sequences(exported)[0]
    (exported / "train.jsonl").write_text("{}\n")
    with pytest.raises(DatasetError, match="at byte 0: not a line"):
        Sequences(exported)
