"""The tables of a report, from what was counted."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from deepscores.inspection.pages.tables import Column, Table, Value
from deepscores.inspection.report.imbalance import imbalance
from deepscores.inspection.report.material import ReportMaterial
from deepscores.inspection.report.published import published_datasets, the_paper
from deepscores.inspection.report.tally import Tally, top_share
from deepscores.inspection.statistics.model import Extent, Spread

_SPREAD = (
    Column("mean", "number"), Column("s.d.", "number"), Column("max"), Column("min"),
    Column("median", "number"),
)  # fmt: skip
_PAIRS = 40
_TOP = 10


def datasets_table(material: ReportMaterial) -> Table:
    """Table 1: this dataset beside others; those on disk are counted in the same way."""
    tally = material.tally
    rows: list[tuple[Value, ...]] = [_counted(material.title, len(material.names), tally, "this")]
    rows += [
        _counted(dataset.title, dataset.classes, dataset.tally, f"counted here ({dataset.layout})")
        for dataset in material.compared
    ]
    for dataset in published_datasets():
        per_image = dataset.objects / dataset.images if dataset.objects and dataset.images else None
        numbers = (
            dataset.classes,
            None,
            dataset.images,
            dataset.objects,
            per_image,
            dataset.pixels,
        )
        rows.append((dataset.name, *numbers, f"published: {dataset.source}"))
    columns = (
        Column("dataset", "text"), Column("classes"), Column("with an object"), Column("images"),
        Column("objects"), Column("objects an image", "number"), Column("pixels"),
        Column("from", "text"),
    )  # fmt: skip
    return Table(
        "table-1-datasets",
        "Table 1: this dataset beside others",
        "Classes, images, objects and pixels. Rows marked “published” are as their authors state; "
        "a dash: not stated, or unknown because images differ in size.",
        columns,
        tuple(rows),
    )


def _counted(title: str, classes: int, tally: Tally, source: str) -> tuple[Value, ...]:
    pixels = tally.pixels if not tally.unsized else None
    per_image = tally.objects / tally.images if tally.images else None
    return (
        title, classes, tally.classes_seen, tally.images, tally.objects, per_image, pixels, source
    )  # fmt: skip


def spreads_table(material: ReportMaterial) -> Table:
    """Table 2: symbols per page and per class, this dataset's and the paper's."""
    paper, statistics = the_paper(), material.statistics
    rows = [
        _spread_row("objects per page", material.title, statistics.objects_per_page),
        *(
            _spread_row("objects per page", dataset.title, dataset.tally.objects_per_page())
            for dataset in material.compared
        ),
        _spread_row("objects per page", "the paper", paper.per_page),
        _spread_row(
            "symbols per page, labelled or not", material.title, statistics.symbols_per_page
        ),
        _spread_row(
            "objects per class that has one", material.title, statistics.objects_per_class_seen
        ),
        *(
            _spread_row(
                "objects per class that has one", dataset.title, dataset.tally.objects_per_class()
            )
            for dataset in material.compared
        ),
        _spread_row("objects per class", "the paper", paper.per_class),
        _spread_row(
            "objects per class, empty ones too", material.title, statistics.objects_per_class
        ),
    ]
    return Table(
        "table-2-symbols",
        "Table 2: symbols per page and per class",
        "Mean, standard deviation (of the population), maximum, minimum, median. The paper's "
        "symbols are labelled objects here.",
        (Column("what", "text"), Column("dataset", "text"), *_SPREAD),
        tuple(rows),
    )


def _spread_row(quantity: str, title: str, spread: Spread) -> tuple[Value, ...]:
    return quantity, title, *_spread(spread)


def _spread(spread: Spread) -> tuple[Value, ...]:
    return spread.mean, spread.std, spread.max, spread.min, spread.median


def classes_table(material: ReportMaterial) -> Table:
    """Every class of the label set: how often, where, how large, how hidden."""
    survey, shares = material.survey, the_paper().shares
    is_paper_label_set = material.dataset.labels.name == "deepscores-118"
    rows = []
    order = sorted(material.statistics.classes, key=lambda counted: (-counted.objects, counted.id))
    for counted in order:
        place, objects = counted.id - 1, counted.objects or None
        size = _median_size(counted.staff_spaces) if objects else (None, None)
        rows.append(
            (
                counted.id, counted.name, counted.objects, counted.share,
                shares.get(counted.name) if is_paper_label_set else None,
                counted.pages, *_spread(counted.per_page), *size,
                survey.hidden[0, place] / objects if objects else None,
                survey.overlapping[place] / objects if objects else None,
            )
        )  # fmt: skip
    columns = (
        Column("id"), Column("class", "text"), Column("objects"), Column("share", "share"),
        Column("share in the paper", "share"), Column("pages"), *_SPREAD,
        Column("height, sp", "number", 3), Column("width, sp", "number", 3),
        Column("hidden", "share"), Column("overlaps", "share"),
    )  # fmt: skip
    return Table(
        "classes",
        "Every class",
        "Mean to median: objects per page, over all pages. Height and width: medians in staff "
        "spaces. Hidden: mean share of an object's pixels covered by others. Overlaps: share "
        "of the objects whose box overlaps another object's.",
        columns,
        tuple(rows),
    )


def _median_size(extent: Extent | None) -> tuple[Value, Value]:
    return (extent.height.median, extent.width.median) if extent else (None, None)


_TITLES = {"split": "By split", "font": "By music font", "engraver": "By engraver"}
_OF_GROUPS = (
    Column("pages"), Column("share of pages", "share"), Column("objects"), Column("classes"),
    Column("top ten", "share"), Column("objects a megapixel", "number"), *_SPREAD,
)  # fmt: skip


def group_tables(material: ReportMaterial) -> Iterator[Table]:
    """Yield a table of fonts, of engravers and of splits."""
    order = {"split": ("train", "val", "test")}
    for column, tallies in material.survey.groups.items():
        names = [name for name in order.get(column, ()) if name in tallies]
        names += sorted(set(tallies) - set(names))
        rows = [(name, *_group(tallies[name], material.tally)) for name in names]
        caption = "Pages, labelled objects and classes of each; mean to median: objects per page."
        columns = (Column(column, "text"), *_OF_GROUPS)
        yield Table(f"by-{column}", _TITLES[column], caption, columns, tuple(rows))


def _group(tally: Tally, total: Tally) -> tuple[Value, ...]:
    return (
        tally.images, tally.images / total.images, tally.objects, tally.classes_seen,
        top_share(tally.counts), 1e6 * tally.objects / max(tally.pixels, 1),
        *_spread(tally.objects_per_page()),
    )  # fmt: skip


def imbalance_table(material: ReportMaterial) -> Table:
    """Measures of imbalance, of this dataset and of those it is compared with."""
    rows = []
    for title, tally in (
        (material.title, material.tally),
        *((dataset.title, dataset.tally) for dataset in material.compared),
    ):
        measures = imbalance(tally.counts)
        rows.append((title, tally.classes_seen, top_share(tally.counts, _TOP), *measures))
    return Table(
        "imbalance",
        "Measures of imbalance",
        "Over classes with an object. Gini: 0 if all are equally frequent. Entropy in bits; "
        "evenness is its share of the most there can be; effective classes: 2 to the entropy. "
        f"The paper's top ten have {100 * the_paper().top_ten_share:.0f} %.",
        (
            Column("dataset", "text"), Column("classes"), Column("top ten", "share"),
            Column("Gini", "number", 3), Column("entropy", "number", 3),
            Column("evenness", "number", 3), Column("effective classes", "number", 3),
            Column("inverse Simpson", "number", 3), Column("most over least", "number", 3),
            Column("under 10 objects"),
        ),
        tuple(rows),
    )  # fmt: skip


def together_table(material: ReportMaterial) -> Table:
    """Pairs of classes that share pages more often than chance would have it."""
    together, pages = material.survey.together, material.tally.pages_with
    images, rows = material.tally.images, []
    for first in range(len(material.names)):
        for second in range(first):
            common = int(together[first, second])
            if common >= 5:
                lift = common * images / (int(pages[first]) * int(pages[second]))
                either = int(pages[first] + pages[second]) - common
                names = material.names[second], material.names[first]
                rows.append((*names, common, common / either, lift))
    rows.sort(key=lambda row: (-row[3], row[0], row[1]))
    return Table(
        "together",
        "Pairs of classes that come together",
        f"The {_PAIRS} pairs of classes with the largest share of common pages (those with both "
        "over those with either), of pairs with at least 5. Lift: how many times as many as if "
        "they were independent.",
        (
            Column("class", "text"), Column("other class", "text"), Column("pages with both"),
            Column("of pages with either", "share"), Column("lift", "number", 3),
        ),
        tuple(rows[:_PAIRS]),
    )  # fmt: skip


def overlaps_table(material: ReportMaterial) -> Table:
    """Pairs of classes whose boxes overlap."""
    rows = [
        (material.names[first], material.names[second], times)
        for (first, second), times in material.survey.overlaps.most_common(_PAIRS)
    ]
    return Table(
        "overlaps",
        "Boxes that overlap",
        "Pairs of labelled objects whose boxes share more than a hundredth of their union, by "
        f"class; the {_PAIRS} most frequent pairs of classes.",
        (Column("class", "text"), Column("other class", "text"), Column("pairs of boxes")),
        tuple(rows),
    )


def hidden_table(material: ReportMaterial) -> Table:
    """How much of each class's objects is covered by others."""
    sums, rows = material.survey.hidden, []
    for counted in material.frequent:
        mean, tenth, half, wholly = (float(row[counted.id - 1]) / counted.objects for row in sums)
        rows.append((counted.name, counted.objects, mean, tenth, half, wholly))
    rows.sort(key=lambda row: -row[2])
    return Table(
        "hidden",
        "Occlusion by class",
        "Hidden: the share of an object's pixels that others cover. Share of a class's objects "
        "that are hidden by more than a tenth, by more than half, and wholly.",
        (
            Column("class", "text"), Column("objects"), Column("hidden, mean", "share"),
            Column("over a tenth", "share"), Column("over half", "share"),
            Column("wholly", "share"),
        ),
        tuple(rows),
    )  # fmt: skip


def skipped_table(material: ReportMaterial) -> Table:
    """Scores and pages that the build skipped, by reason."""
    skipped_scores: Counter[str] = Counter()
    skipped_pages: Counter[str] = Counter()
    example: dict[str, str] = {}
    for skip in material.dataset.skipped:
        reason = str(skip.get("reason"))
        (skipped_pages if skip.get("page") is not None else skipped_scores)[reason] += 1
        example.setdefault(reason, f"{skip.get('score')}: {skip.get('detail')}"[:160])
    reasons = sorted(
        skipped_scores | skipped_pages,
        key=lambda reason: (-(skipped_scores + skipped_pages)[reason], reason),
    )
    return Table(
        "skipped",
        "Skipped",
        "Scores and pages that the build skipped, by reason; all are in skipped.jsonl.",
        (
            Column("reason", "text"), Column("scores"), Column("pages"),
            Column("for instance", "text"),
        ),
        tuple(
            (reason, skipped_scores[reason], skipped_pages[reason], example[reason])
            for reason in reasons
        ),
    )  # fmt: skip


def rights_table(material: ReportMaterial) -> Table:
    """The scores' statements of rights."""
    return _by_text(
        material, "rights", "Rights", "The scores' statements of rights, verbatim.", 400
    )


def composers_table(material: ReportMaterial) -> Table:
    """The composers as the scores name them."""
    return _by_text(material, "composer", "Composers", "Composers, as the scores name them.", 120)


def _by_text(
    material: ReportMaterial, column: str, title: str, caption: str, longest: int
) -> Table:
    scores: Counter[str] = Counter()
    pages: Counter[str] = Counter()
    for score_row in material.dataset.scores:
        text = " ".join(str(score_row[column] or "").split()) or "not stated"
        scores[text] += 1
        pages[text] += int(score_row["pages"] or 0)
    order = sorted(scores, key=lambda text: (-pages[text], text))
    return Table(
        column if column == "rights" else "composers",
        title,
        caption,
        (Column(column, "text"), Column("scores"), Column("pages")),
        tuple((_cut(text, longest), scores[text], pages[text]) for text in order),
    )


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def audit_table(material: ReportMaterial) -> Table | None:
    """The findings of an audit of a sample of pages; None without an audit."""
    audit = material.audit
    if audit is None:
        return None
    return Table(
        "audit",
        "Audit",
        f"deepscores check on {audit.pages:,} of {audit.pages_in_all:,} pages: "
        f"{audit.total:,} findings.",
        (Column("check", "text"), Column("pages"), Column("objects"), Column("findings")),
        tuple(tuple(tally) for tally in audit.tallies),
    )


_MAKERS: tuple[Callable[[ReportMaterial], Table | None], ...] = (
    datasets_table, spreads_table, classes_table, imbalance_table, together_table, overlaps_table,
    hidden_table, skipped_table, rights_table, composers_table, audit_table,
)  # fmt: skip


def all_tables(material: ReportMaterial) -> dict[str, Table]:
    """Every table of the report by name."""
    tables: Iterable[Table | None] = (make(material) for make in _MAKERS)
    present = [table for table in (*tables, *group_tables(material)) if table is not None]
    return {table.name: table for table in present}
