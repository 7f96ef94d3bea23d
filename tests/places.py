"""Where the repository and the golden scores lie, for tests in any folder."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
GOLDEN_SCORES = ROOT / "tests" / "golden" / "scores"
