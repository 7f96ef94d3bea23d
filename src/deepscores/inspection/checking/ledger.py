"""The findings of an audit, added up."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from deepscores.formats.reading.findings import Finding

MAX_LISTED = 100  # findings of one check on one page that are listed; all are counted


class Tally(NamedTuple):
    """How much one check covered, and its findings."""

    check: str
    pages: int
    objects: int
    findings: int


@dataclass(slots=True)
class Ledger:
    """Collects findings and counts; ledgers of several processes add up with `add`."""

    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, list[int]] = field(default_factory=dict)  # pages, objects, findings

    def look(
        self, check: str, page: str, objects: int, details: Iterable[tuple[object, str]]
    ) -> None:
        """Note the findings of *check* on a page, as pairs of object and detail."""
        findings = [Finding(check, page, str(object_id), detail) for object_id, detail in details]
        self._count(check, 1, objects, len(findings))
        self.findings += findings[:MAX_LISTED]

    def note(self, check: str, pages: int, objects: int, findings: list[Finding]) -> None:
        """Note the findings of *check* in a dataset as a whole."""
        self._count(check, pages, objects, len(findings))
        self.findings += findings[:MAX_LISTED]

    def add(self, ledger: "Ledger") -> None:
        self.findings += ledger.findings
        for check, counts in ledger.counts.items():
            self._count(check, *counts)

    def _count(self, check: str, pages: int, objects: int, findings: int) -> None:
        sums = self.counts.setdefault(check, [0, 0, 0])
        for place, amount in enumerate((pages, objects, findings)):
            sums[place] += amount


@dataclass(frozen=True, slots=True)
class Report:
    """The result of an audit."""

    folder: str
    layout: str  # "deepscores" | "deepscores-v1" | "deepscores-v2" | "coco"
    pages: int  # checked
    pages_in_all: int
    tallies: tuple[Tally, ...]
    findings: tuple[Finding, ...]  # by check, page, object; up to MAX_LISTED per check and page

    @property
    def total(self) -> int:
        """All findings, listed or not."""
        return sum(tally.findings for tally in self.tallies)

    def as_table(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return {
            "dataset": self.folder,
            "layout": self.layout,
            "pages": self.pages,
            "pages_in_all": self.pages_in_all,
            "checks": [tally._asdict() for tally in self.tallies],
            "findings": [finding._asdict() for finding in self.findings],
        }


def report(
    folder: str, layout: str, pages: tuple[int, int], ledger: Ledger, order: Iterable[str]
) -> Report:
    """The report of a finished audit: *pages* checked and in all, *order* of the checks."""
    rank = {check: place for place, check in enumerate([*order, *sorted(ledger.counts)][::-1])}
    counts = sorted(ledger.counts.items(), key=lambda item: -rank[item[0]])
    findings = sorted(
        ledger.findings, key=lambda finding: (-rank[finding.check], finding.where, _number(finding))
    )
    tallies = tuple(Tally(check, *sums) for check, sums in counts)
    return Report(folder, layout, *pages, tallies, tuple(findings))


def _number(finding: Finding) -> tuple[int, str]:
    return (int(finding.object), "") if finding.object.isdecimal() else (-1, finding.object)
