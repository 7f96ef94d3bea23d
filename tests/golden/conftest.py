"""Golden listings: what a listing should be stands in a file; ``--accept-golden`` rewrites it."""

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest

LISTINGS = Path(__file__).parent / "listings"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept-golden", action="store_true", help="take what is found as golden")


@pytest.fixture
def golden(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str, str], None]:
    """Compare a text with the golden one called so; show the difference and keep the text."""

    def compare(name: str, found: str) -> None:
        path = LISTINGS / name
        if request.config.getoption("--accept-golden", default=False):
            path.parent.mkdir(exist_ok=True)
            path.write_text(found, encoding="utf-8")
            return
        wanted = path.read_text(encoding="utf-8") if path.exists() else ""
        if found != wanted:
            actual = tmp_path / name
            actual.write_text(found, encoding="utf-8")
            lines = difflib.unified_diff(
                wanted.splitlines(), found.splitlines(), str(path), str(actual), lineterm="", n=0
            )
            pytest.fail("\n".join(lines), pytrace=False)

    return compare
