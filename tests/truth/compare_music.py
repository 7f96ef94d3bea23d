"""Hold every label of the corpus against its source: ``python -m tests.truth.compare_music``.

Note by note: part, measure, staff, voice, pitch, duration, onset. Sign by sign: what the file has
is drawn, once, and nothing else is. What differs has a reason that is known, or is reported.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from deepscores.page.model import Symbol
from deepscores.scores import Source, default_corpus
from tests.truth import reasons
from tests.truth.drawn import Drawn, draw
from tests.truth.musicxml import Note, Truth, read_truth
from tests.truth.signs import Systems, Token, shown, told

FACTS = ("part", "measure", "staff", "voice", "step", "alter", "octave", "duration", "onset")
UNEXPLAINED = "UNEXPLAINED"
Result = dict[str, Any]


def compare_score(source: Source, font: str = "Leland") -> Result:
    """Engrave one score and compare all of it."""
    truth = read_truth(source.path)
    return compare(truth, draw(truth.xml(), source.name, font))


def compare(truth: Truth, drawn: Drawn) -> Result:
    """Compared and equal objects by family, and the differences by reason."""
    result: Result = {"compared": Counter(), "equal": Counter(), "different": Counter()}
    result["examples"] = {}
    known = reasons.Reasons(truth, drawn)
    _compare_facts(result, truth, drawn, known)
    systems = Systems(truth, drawn.pages)
    wanted, found = told(truth, systems), shown(truth, drawn.pages)
    for family in sorted({*wanted, *found}):
        both = wanted[family] | found[family]
        result["compared"][family] += both.total()
        result["equal"][family] += (wanted[family] & found[family]).total()
        for what, bag in (
            ("not drawn", wanted[family] - found[family]),
            ("drawn too", found[family] - wanted[family]),
        ):
            for token, count in bag.items():
                reason = known.of_sign(family, token, what) or UNEXPLAINED
                _note(result, f"{family}, {what}", reason, token, count)
    return result


def _compare_facts(result: Result, truth: Truth, drawn: Drawn, known: reasons.Reasons) -> None:
    notes = {note.id: note for note in truth.notes}
    for page in drawn.pages:
        for symbol in page:
            if symbol.role != "notehead" or symbol.kind.startswith("noteheadParen"):
                continue
            result["compared"]["notes"] += 1
            note = notes.get(symbol.element)
            wrong = _differences(symbol, note) if note else ("source",)
            result["equal"]["notes"] += not wrong
            for fact in wrong:
                reason = known.of_fact(fact, note, symbol) if note else ""
                _note(result, f"notes, {fact}", reason or UNEXPLAINED, (symbol.element,), 1)


def _differences(symbol: Symbol, note: Note) -> tuple[str, ...]:
    alter, octave = (note.alter, note.octave) if note.step else (None, None)
    wanted = (
        note.part, note.measure, note.staff, note.voice, note.step, alter, octave,
        float(note.duration), float(note.onset),
    )  # fmt: skip
    return tuple(
        fact
        for fact, want in zip(FACTS, wanted, strict=True)
        if not _same(getattr(symbol, fact), want)
    )


def _same(found: object, wanted: object) -> bool:
    if isinstance(found, float) and isinstance(wanted, float):
        return abs(found - wanted) < 1e-6
    return found == wanted


def _note(result: Result, what: str, reason: str, token: Token, count: int) -> None:
    result["different"][what, reason] += count
    result["examples"].setdefault((what, reason), token)


def merge(results: dict[str, Result]) -> dict[str, Any]:
    """The figures of all scores, as they are kept."""
    families: dict[str, dict[str, int]] = {}
    different: dict[tuple[str, str], dict[str, Any]] = {}
    for score, result in sorted(results.items()):
        for family, count in result["compared"].items():
            entry = families.setdefault(family, {"compared": 0, "equal": 0})
            entry["compared"] += count
            entry["equal"] += result["equal"][family]
        for key, count in result["different"].items():
            row = different.setdefault(
                key,
                {
                    "what": key[0], "reason": key[1], "count": 0, "scores": 0,
                    "example": f"{score} {' '.join(map(str, result['examples'][key]))}",
                },
            )  # fmt: skip
            row["count"] += count
            row["scores"] += 1
    return {
        "scores": len(results),
        "families": dict(sorted(families.items())),
        "differences": sorted(different.values(), key=lambda row: (row["what"], -row["count"])),
    }


def unexplained(result: Result) -> list[str]:
    return [
        f"{what}: {count}, as {result['examples'][what, reason]}"
        for (what, reason), count in result["different"].items()
        if reason == UNEXPLAINED
    ]


def run(
    sources: Iterable[Source], font: str, kept: Path, say: Callable[[str], None]
) -> dict[str, Result]:
    """Compare in two processes; results in *kept* are not made again."""
    results: dict[str, Result] = {}
    waiting = []
    kept.mkdir(parents=True, exist_ok=True)
    for source in sources:
        path = kept / f"{source.id}.{font}.json"
        if path.exists():
            results[source.id] = _thawed(path.read_text())
        else:
            waiting.append(source)
    waiting.sort(key=lambda source: -source.path.stat().st_size)
    with ProcessPoolExecutor(2) as workers:
        jobs = {workers.submit(compare_score, source, font): source for source in waiting}
        for done, job in enumerate(as_completed(jobs), 1):
            source = jobs[job]
            results[source.id] = job.result()
            (kept / f"{source.id}.{font}.json").write_text(_frozen(results[source.id]))
            if done % 25 == 0 or done == len(jobs):
                say(f"{done} of {len(jobs)}")
    return results


def _frozen(result: Result) -> str:
    rows = [
        [what, reason, count, list(map(str, result["examples"][what, reason]))]
        for (what, reason), count in result["different"].items()
    ]
    return json.dumps({"compared": result["compared"], "equal": result["equal"], "rows": rows})


def _thawed(text: str) -> Result:
    kept = json.loads(text)
    return {
        "compared": Counter(kept["compared"]),
        "equal": Counter(kept["equal"]),
        "different": Counter({(row[0], row[1]): row[2] for row in kept["rows"]}),
        "examples": {(row[0], row[1]): tuple(row[3]) for row in kept["rows"]},
    }


def table(figures: dict[str, Any]) -> str:
    lines = ["| objects | compared | equal |", "|---|---:|---:|"]
    for family, entry in figures["families"].items():
        lines.append(f"| {family} | {entry['compared']:,} | {entry['equal']:,} |")
    lines += [
        "",
        "| difference | reason | objects | scores | for example |",
        "|---|---|---:|---:|---|",
    ]
    for row in figures["differences"]:
        cells = (row["what"], row["reason"], f"{row['count']:,}", row["scores"], row["example"])
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", type=int, help="only every so many that this number results")
    parser.add_argument("--font", default="Leland")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--keep", type=Path, default=Path("build/truth"), help="results, to go on")
    options = parser.parse_args()
    sources = default_corpus()
    if options.scores:
        sources = sources[:: max(1, len(sources) // options.scores)][: options.scores]
    results = run(sources, options.font, options.keep, lambda text: print(text, file=sys.stderr))
    figures = {"font": options.font, **merge(results)}
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    print(table(figures))
    return int(any(row["reason"] == UNEXPLAINED for row in figures["differences"]))


if __name__ == "__main__":
    sys.exit(main())
