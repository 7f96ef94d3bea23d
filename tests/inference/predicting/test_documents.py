"""PDFs are rendered so that their staff space comes out as wanted."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepscores.errors import DatasetError
from deepscores.inference.predicting.clock import Clock
from deepscores.inference.predicting.documents import count_pages, render_page
from deepscores.inference.predicting.inputs import PageInput
from deepscores.inference.predicting.reading import read_page
from tests.inference.predicting.drawn import drawn_page


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages, scanned at 150 dpi with a staff space of 12 px."""
    path = tmp_path_factory.mktemp("book") / "book.pdf"
    pages = [Image.fromarray(drawn_page(12)), Image.fromarray(drawn_page(12, places=()))]
    pages[0].save(path, save_all=True, append_images=pages[1:], resolution=150)
    return path


def test_pages_are_rendered_at_any_resolution(book: Path) -> None:
    assert count_pages(book) == 2
    own = drawn_page(12)
    assert np.abs(render_page(book, 0, 150).astype(int) - own).mean() < 3
    assert render_page(book, 1, 300).shape == tuple(2 * side for side in own.shape)


@pytest.mark.parametrize("wanted", [8.0, 16.0, 20.0])
def test_the_staff_space_comes_out_as_wanted(book: Path, wanted: float) -> None:
    page = read_page(PageInput("book", book, "pdf"), None, wanted, Clock())
    assert page.staff_space == pytest.approx(wanted, rel=0.021)
    assert page.dpi == pytest.approx(150 * wanted / 12, rel=0.03)
    assert page.image.shape[1] == pytest.approx(400 * wanted / 16, rel=0.03)
    assert page.staff_space_origin == "estimated"
    assert not page.in_file


def test_a_staff_space_in_points_is_taken(book: Path) -> None:
    page = read_page(PageInput("book", book, "pdf"), 12 * 72 / 150, 16.0, Clock())
    assert (page.dpi, page.staff_space, page.staff_space_origin) == pytest.approx(
        (200, 16, "given")
    )


def test_a_model_for_any_staff_space_asks_for_none(book: Path) -> None:
    page = read_page(PageInput("book", book, "pdf"), None, None, Clock())
    assert (page.dpi, page.staff_space, page.staff_space_origin) == (200, None, "")


def test_what_is_no_pdf_or_too_large_is_named(book: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.pdf"
    half.write_bytes(b"%PDF-1.4\n" + book.read_bytes()[4000:5000])
    with pytest.raises(DatasetError, match=r"half\.pdf: not a readable PDF"):
        count_pages(half)
    with pytest.raises(DatasetError, match="too large for 9999 pixels per inch"):
        render_page(book, 0, 9999)


@pytest.mark.parametrize(
    ("package", "call"),
    [
        ("pypdfium2", "documents.count_pages(Path('a.pdf'))"),
        ("onnxruntime", "open_model(b'', 'a')"),
    ],
)
def test_a_missing_package_is_one_error_that_names_the_extra(package: str, call: str) -> None:
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from pathlib import Path\n"
        "from deepscores.errors import RecipeError\n"
        "from deepscores.inference.models.file import open_model\n"
        "from deepscores.inference.predicting import documents, run\n"
        f"try: {call}\nexcept RecipeError as error: print(error)\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    told, torch = done.stdout.splitlines()
    assert told.endswith("pip install 'deepscores[predict]'")
    assert torch == "False"
