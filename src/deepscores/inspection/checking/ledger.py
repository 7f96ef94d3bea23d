"""What an audit finds, and how it adds up."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from deepscores.formats.reading.findings import Finding

KEPT = 100  # findings of one check in one place that are told one by one; all are counted


class Tally(NamedTuple):
    """What one check looked at."""

    check: str
    pages: int
    objects: int
    findings: int


@dataclass(slots=True)
class Ledger:
    """Collects findings and counts; what processes found apart adds up with `add`."""

    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, list[int]] = field(default_factory=dict)  # pages, objects, findings

    def look(
        self, check: str, where: str, objects: int, found: Iterable[tuple[object, str]]
    ) -> None:
        """Note what *check* found on a page, as pairs of object and detail."""
        some = [Finding(check, where, str(one), detail) for one, detail in found]
        self._count(check, 1, objects, len(some))
        self.findings += some[:KEPT]

    def note(self, check: str, pages: int, objects: int, some: list[Finding]) -> None:
        """Note what *check* found in a dataset as a whole."""
        self._count(check, pages, objects, len(some))
        self.findings += some[:KEPT]

    def add(self, other: "Ledger") -> None:
        self.findings += other.findings
        for check, counts in other.counts.items():
            self._count(check, *counts)

    def _count(self, check: str, pages: int, objects: int, findings: int) -> None:
        sums = self.counts.setdefault(check, [0, 0, 0])
        for place, more in enumerate((pages, objects, findings)):
            sums[place] += more


@dataclass(frozen=True, slots=True)
class Report:
    """What an audit looked at and found."""

    folder: str
    layout: str  # "deepscores" | "deepscores-v1" | "deepscores-v2" | "coco"
    pages: int  # looked at
    pages_in_all: int
    tallies: tuple[Tally, ...]
    findings: tuple[Finding, ...]  # by check, page and object; of one check and page KEPT at most

    @property
    def total(self) -> int:
        """Findings in all, those not kept included."""
        return sum(one.findings for one in self.tallies)

    def as_table(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return {
            "dataset": self.folder,
            "layout": self.layout,
            "pages": self.pages,
            "pages_in_all": self.pages_in_all,
            "checks": [one._asdict() for one in self.tallies],
            "findings": [one._asdict() for one in self.findings],
        }


def report(
    folder: str, layout: str, pages: tuple[int, int], ledger: Ledger, order: Iterable[str]
) -> Report:
    """The report of a finished audit; *pages* are those looked at and all, *order* of checks."""
    rank = {check: place for place, check in enumerate([*order, *sorted(ledger.counts)][::-1])}
    counts = sorted(ledger.counts.items(), key=lambda item: -rank[item[0]])
    found = sorted(ledger.findings, key=lambda one: (-rank[one.check], one.where, _number(one)))
    tallies = tuple(Tally(check, *sums) for check, sums in counts)
    return Report(folder, layout, *pages, tallies, tuple(found))


def _number(one: Finding) -> tuple[int, str]:
    return (int(one.object), "") if one.object.isdecimal() else (-1, one.object)
