"""What runs in the engraver's process in tests of what it may do to training."""

import os
from dataclasses import replace

from deepscores.training.loaders import fresh


def make_pages(work: fresh.EngravingTask) -> fresh.EngravingResult:
    """As the real one, but for the scores of these names."""
    if "piece-0" in work.source.name:
        os.abort()
    if "piece-1" in work.source.name:
        work = replace(work, recipe=None)  # type: ignore[arg-type]
    return fresh.make_pages(work)
