"""The findings of an audit, by page: read from the JSON that ``deepscores check --json`` writes."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores.errors import DatasetError
from deepscores.formats.reading.findings import Finding
from deepscores.inspection.viewer.catalogue import ANY, Catalogue

SUFFIX = ".findings.json"


def find_findings(folder: Path) -> Path | None:
    """``DATASET.findings.json`` beside the dataset's folder, if it is there.

    Inside the folder it would be a file that the manifest does not list.
    """
    real = folder.resolve()
    beside = real.with_name(real.name + SUFFIX)
    return beside if beside.is_file() else None


def read_findings(path: Path) -> tuple[Finding, ...]:
    """The findings of an audit's report; raise DatasetError if *path* holds none."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DatasetError(f"{path}: cannot be read: {reason}") from None
    rows = table.get("findings") if isinstance(table, dict) else None
    if not isinstance(rows, list):
        raise DatasetError(f"{path}: is not a report of 'deepscores check DATASET --json'")
    return tuple(_finding(row, path) for row in rows)


def _finding(row: Any, path: Path) -> Finding:
    try:
        return Finding(*(str(row[name]) for name in Finding._fields))
    except (KeyError, TypeError):
        raise DatasetError(f"{path}: a finding lacks {', '.join(Finding._fields)}") from None


class Findings:
    """An audit's findings, by page and by check."""

    def __init__(self, findings: Sequence[Finding], catalogue: Catalogue) -> None:
        self._by_place: dict[int, list[Finding]] = defaultdict(list)
        places = catalogue.places([finding.where for finding in findings])
        for place, finding in zip(places.tolist(), findings, strict=True):
            self._by_place[place].append(finding)
        self.elsewhere = tuple(self._by_place.pop(-1, ()))  # about files, or pages that are gone

    def of_page(self, place: int) -> Sequence[Finding]:
        return self._by_place.get(place, ())

    def checks(self) -> list[tuple[str, int]]:
        """Each check that found something on a page, and on how many pages it did."""
        checks = [{finding.check for finding in findings} for findings in self._by_place.values()]
        return sorted(Counter(check for page_checks in checks for check in page_checks).items())

    def counts(self, check: str, pages: int) -> NDArray[np.int64]:
        """The number of findings of *check*, or ANY, on each of *pages* pages."""
        counts = np.zeros(pages, np.int64)
        for place, findings in self._by_place.items():
            counts[place] = sum(check in (ANY, finding.check) for finding in findings)
        return counts
