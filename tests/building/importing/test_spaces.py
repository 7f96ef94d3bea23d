"""The distance of staff lines, from pictures of real and drawn pages."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepscores import open_dataset
from deepscores.building.importing.spaces import staff_space


def test_a_blank_page_tells_nothing() -> None:
    assert staff_space(np.full((300, 200), 255, np.uint8)) == 0


@pytest.mark.parametrize("distance", [5, 8, 12, 16, 23])
@pytest.mark.parametrize("thick", [1, 2, 3])
def test_lines_are_found_at_any_distance(distance: int, thick: int) -> None:
    image = np.full((400, 300), 255, np.uint8)
    for line in range(5):
        at = 100 + line * distance
        image[at : at + thick, 20:280] = 0
    assert staff_space(image) == distance


def test_pages_of_ours_are_measured_to_a_tenth(built: Path, quick: dict[str, Any]) -> None:
    found = [staff_space(page.image) for page in open_dataset(built)]
    assert found == pytest.approx([quick["staff_space"]] * len(found), abs=0.1)
