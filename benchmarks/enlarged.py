"""Make a larger dataset from another: its pages repeated under other names, images hard-linked.

    python -m benchmarks.enlarged DATASET OUTPUT --pages 10000

For measurements on more pages than are available. It is a dataset as `deepscores build`
leaves it (tables, XML, lists and manifest are of all pages), except for the patches, which are
those of the first copy: a build has no more of frequent classes, either. Scores are copied whole,
so there may be a few more pages.
"""

import argparse
import csv
import io
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from deepscores.dataset.columns import WRITING, encode_table
from deepscores.dataset.manifest import Entry, hash_files, read_manifest, write_manifest

PICTURES = ("images_png", "instances_png", "pix_annotations_png")
WRITTEN = ("pages.parquet", "scores.parquet", "dataset.json", "classes.csv")
_NAMES = ("page", "score", "work")


def enlarge(source: Path, target: Path, pages: int) -> int:
    """Write *target* with at least so many *pages*; how many it has."""
    table = pq.read_table(source / "pages.parquet")
    entries = {one.path: one for one in read_manifest(source / "manifest.tsv")}
    for name in entries:
        if name not in WRITTEN and not name.startswith("splits/"):
            link(source / name, target / name)
    tables, counts = [table], Counter[str]()
    copy = 0
    while sum(map(len, tables)) < pages:
        copy += 1
        some = whole_scores(table, pages - sum(map(len, tables)))
        tables.append(renamed(some, copy))
        counts += copy_pages(source, target, some, copy)
        entries |= dict(linked(entries, some, copy))
    merged = pa.concat_tables(tables)
    write_tables(source, target, merged, counts, copy)
    new = [*WRITTEN, *(f"splits/{one.name}" for one in (target / "splits").iterdir())]
    new += [f"symbols/{one.name}" for one in (target / "symbols").iterdir()]
    new += [f"xml_annotations/{one}.xml" for one in merged["page"].to_pylist()[len(table) :]]
    entries |= {one.path: one for one in hash_files(target, new)}
    write_manifest(target / "manifest.tsv", [entries[name] for name in sorted(entries)])
    return len(merged)


def name_of(copy: int, name: str) -> str:
    """A name that comes after all others."""
    return f"zz{copy}-{name}"


def whole_scores(table: pa.Table, least: int) -> pa.Table:
    """The first pages of *table*, so many or as many more as end a score."""
    scores = table["score"].to_pylist()
    end = min(least, len(scores))
    while end < len(scores) and scores[end] == scores[end - 1]:
        end += 1
    return table.slice(0, end)


def renamed(table: pa.Table, copy: int) -> pa.Table:
    """*table*, in which the names of pages, scores and works are of another *copy*."""
    for name in set(_NAMES) & set(table.column_names):
        place = table.column_names.index(name)
        values = pc.binary_join_element_wise(f"zz{copy}", table[name], "-")
        table = table.set_column(place, table.schema.field(name), values)
    return table


def link(source: Path, target: Path) -> None:
    """The same file under another name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    os.link(source, target)


def linked(entries: dict[str, Entry], some: pa.Table, copy: int) -> Iterator[tuple[str, Entry]]:
    """The manifest's entries of all that is linked for *some* pages."""
    names = [f"{kind}/{page}.png" for kind in PICTURES for page in some["page"].to_pylist()]
    scores = set(some["score"].to_pylist())
    names += [name for name in entries if name.startswith("scores/") and Path(name).stem in scores]
    for name in names:
        path = str(Path(name).with_name(name_of(copy, Path(name).name)))
        yield path, Entry(path, entries[name].size, entries[name].sha256)


def copy_pages(source: Path, target: Path, some: pa.Table, copy: int) -> Counter[str]:
    """Pictures, XML, scores and symbols of *some* pages; counts of symbols and of classes."""
    for page in some["page"].to_pylist():
        for kind in PICTURES:
            link(source / kind / f"{page}.png", target / kind / f"{name_of(copy, page)}.png")
        xml = (source / "xml_annotations" / f"{page}.xml").read_text("utf-8")
        xml = xml.replace(f"<filename>{page}.", f"<filename>{name_of(copy, page)}.", 1)
        (target / "xml_annotations" / f"{name_of(copy, page)}.xml").write_text(xml, "utf-8")
    scores = set(some["score"].to_pylist())
    for path in (source / "scores").iterdir():
        if path.stem in scores:
            link(path, target / "scores" / name_of(copy, path.name))
    return copy_symbols(source, target, some["page"], copy)


def copy_symbols(source: Path, target: Path, pages: pa.ChunkedArray, copy: int) -> Counter[str]:
    """Their rows of the symbol table, in row groups as before."""
    counts: Counter[str] = Counter()
    for path in sorted((source / "symbols").iterdir()):
        file = pq.ParquetFile(path)
        to = target / "symbols" / f"part-{copy:02d}{path.stem[-3:]}.parquet"
        with pq.ParquetWriter(to, file.schema_arrow, **WRITING) as writer:
            for group in range(file.num_row_groups):
                rows = file.read_row_group(group)
                rows = rows.filter(pc.is_in(rows["page"], value_set=pages.combine_chunks()))
                if not len(rows):
                    continue
                writer.write_table(renamed(rows, copy))
                counts["symbols"] += len(rows)
                first = rows.filter(pc.equal(rows["object"], rows["number"]))
                counts.update(f"class {name}" for name in first["class"].to_pylist())
    return counts


def write_tables(
    source: Path, target: Path, merged: pa.Table, counts: Counter[str], copies: int
) -> None:
    """All that is about the whole."""
    (target / "pages.parquet").write_bytes(encode_table(merged))
    scores = pq.read_table(source / "scores.parquet")
    kept = set(merged["score"].to_pylist())
    more = [renamed(scores, copy) for copy in range(1, copies + 1)]
    every = pa.concat_tables([scores, *more])
    every = every.filter(pc.is_in(every["score"], value_set=pa.array(sorted(kept))))
    (target / "scores.parquet").write_bytes(encode_table(every))
    (target / "splits").mkdir()
    for split in ("train", "val", "test"):
        names = merged.filter(pc.equal(merged["split"], split))["page"].to_pylist()
        (target / "splits" / f"{split}.txt").write_text("".join(f"{one}\n" for one in names))
    info = json.loads((source / "dataset.json").read_bytes())
    told = info["counts"]
    for name in told["classes"]:
        told["classes"][name] += counts[f"class {name}"]
    told |= {
        "scores": len(every),
        "pages": len(merged),
        "symbols": told["symbols"] + counts["symbols"],
        "objects": sum(told["classes"].values()),
    }
    (target / "dataset.json").write_text(json.dumps(info, indent=1) + "\n", "utf-8")
    write_classes(source, target, told["classes"])


def write_classes(source: Path, target: Path, objects: dict[str, int]) -> None:
    """``classes.csv`` with how many *objects* each has."""
    with open(source / "classes.csv", newline="", encoding="utf-8") as file:
        rows: list[dict[str, Any]] = [
            {**row, "objects": objects[row["name"]]} for row in csv.DictReader(file)
        ]
    sink = io.StringIO()
    writer = csv.DictWriter(sink, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (target / "classes.csv").write_text(sink.getvalue(), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--pages", type=int, default=10_000)
    options = parser.parse_args()
    print(enlarge(options.dataset, options.output, options.pages), "pages")


if __name__ == "__main__":
    main()
