"""The tables of a report, from what was counted."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from deepscores.inspection.pages.tables import Column, Table, Value
from deepscores.inspection.report.imbalance import imbalance
from deepscores.inspection.report.material import Material
from deepscores.inspection.report.published import published_datasets, the_paper
from deepscores.inspection.report.tally import Tally, top_share
from deepscores.inspection.statistics.model import Extent, Spread

_SPREAD = (
    Column("mean", "number"), Column("s.d.", "number"), Column("max"), Column("min"),
    Column("median", "number"),
)  # fmt: skip
_PAIRS = 40
_TOP = 10


def datasets_table(material: Material) -> Table:
    """Table 1: this dataset beside others, those on disk counted as ours is."""
    tally = material.tally
    rows: list[tuple[Value, ...]] = [_counted(material.title, len(material.names), tally, "this")]
    rows += [
        _counted(one.title, one.classes, one.tally, f"counted here ({one.layout})")
        for one in material.others
    ]
    for one in published_datasets():
        each = one.objects / one.images if one.objects and one.images else None
        numbers = (one.classes, None, one.images, one.objects, each, one.pixels)
        rows.append((one.name, *numbers, f"published: {one.source}"))
    columns = (
        Column("dataset", "text"), Column("classes"), Column("with an object"), Column("images"),
        Column("objects"), Column("objects an image", "number"), Column("pixels"),
        Column("from", "text"),
    )  # fmt: skip
    return Table(
        "table-1-datasets",
        "Table 1: this dataset beside others",
        "Classes, images, objects and pixels. Rows marked “published” are what their makers say; "
        "a dash is what they do not say, or what images of many sizes do not tell.",
        columns,
        tuple(rows),
    )


def _counted(title: str, classes: int, tally: Tally, source: str) -> tuple[Value, ...]:
    pixels = tally.pixels if not tally.unsized else None
    each = tally.objects / tally.images if tally.images else None
    return (
        title, classes, tally.classes_seen, tally.images, tally.objects, each, pixels, source
    )  # fmt: skip


def spreads_table(material: Material) -> Table:
    """Table 2: symbols a page and a class, ours beside the paper's."""
    paper, found = the_paper(), material.statistics
    rows = [
        _spread_row("objects a page", material.title, found.objects_per_page),
        *(
            _spread_row("objects a page", one.title, one.tally.objects_per_page())
            for one in material.others
        ),
        _spread_row("objects a page", "the paper", paper.per_page),
        _spread_row("symbols a page, unlabelled ones too", material.title, found.symbols_per_page),
        _spread_row("objects a class that has one", material.title, found.objects_per_class_seen),
        *(
            _spread_row("objects a class that has one", one.title, one.tally.objects_per_class())
            for one in material.others
        ),
        _spread_row("objects a class", "the paper", paper.per_class),
        _spread_row("objects a class, empty ones too", material.title, found.objects_per_class),
    ]
    return Table(
        "table-2-symbols",
        "Table 2: symbols a page and a class",
        "Mean, standard deviation (of the population), maximum, minimum, median. The paper's "
        "symbols are our labelled objects.",
        (Column("what", "text"), Column("dataset", "text"), *_SPREAD),
        tuple(rows),
    )


def _spread_row(what: str, title: str, spread: Spread) -> tuple[Value, ...]:
    return what, title, *_spread(spread)


def _spread(one: Spread) -> tuple[Value, ...]:
    return one.mean, one.std, one.max, one.min, one.median


def classes_table(material: Material) -> Table:
    """Every class of the label set: how often, where, how large, how hidden."""
    survey, shares = material.survey, the_paper().shares
    ours = material.dataset.labels.name == "deepscores-118"
    rows = []
    order = sorted(material.statistics.classes, key=lambda one: (-one.objects, one.id))
    for one in order:
        place, some = one.id - 1, one.objects or None
        size = _median_size(one.staff_spaces) if some else (None, None)
        rows.append(
            (
                one.id, one.name, one.objects, one.share, shares.get(one.name) if ours else None,
                one.pages, *_spread(one.per_page), *size,
                survey.hidden[0, place] / some if some else None,
                survey.overlapping[place] / some if some else None,
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
        "Mean to median: objects a page, over all pages. Height and width: medians in staff "
        "spaces. Hidden: mean share of an object's pixels that others own. Overlaps: share of the "
        "objects whose box meets another object's.",
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


def group_tables(material: Material) -> Iterator[Table]:
    """Yield a table of fonts, of engravers and of splits."""
    order = {"split": ("train", "val", "test")}
    for column, tallies in material.survey.groups.items():
        names = [name for name in order.get(column, ()) if name in tallies]
        names += sorted(set(tallies) - set(names))
        rows = [(name, *_group(tallies[name], material.tally)) for name in names]
        caption = "Pages, labelled objects and classes of each; mean to median: objects a page."
        columns = (Column(column, "text"), *_OF_GROUPS)
        yield Table(f"by-{column}", _TITLES[column], caption, columns, tuple(rows))


def _group(tally: Tally, whole: Tally) -> tuple[Value, ...]:
    return (
        tally.images, tally.images / whole.images, tally.objects, tally.classes_seen,
        top_share(tally.counts), 1e6 * tally.objects / max(tally.pixels, 1),
        *_spread(tally.objects_per_page()),
    )  # fmt: skip


def imbalance_table(material: Material) -> Table:
    """Measures of imbalance, of this dataset and of those it is compared with."""
    rows = []
    for title, tally in (
        (material.title, material.tally),
        *((one.title, one.tally) for one in material.others),
    ):
        found = imbalance(tally.counts)
        rows.append((title, tally.classes_seen, top_share(tally.counts, _TOP), *found))
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


def together_table(material: Material) -> Table:
    """Pairs of classes that share pages more often than chance would have it."""
    together, pages = material.survey.together, material.tally.pages_with
    images, rows = material.tally.images, []
    for one in range(len(material.names)):
        for other in range(one):
            both = int(together[one, other])
            if both >= 5:
                lift = both * images / (int(pages[one]) * int(pages[other]))
                either = int(pages[one] + pages[other]) - both
                names = material.names[other], material.names[one]
                rows.append((*names, both, both / either, lift))
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


def overlaps_table(material: Material) -> Table:
    """Pairs of classes whose boxes meet."""
    rows = [
        (material.names[one], material.names[other], times)
        for (one, other), times in material.survey.overlaps.most_common(_PAIRS)
    ]
    return Table(
        "overlaps",
        "Boxes that overlap",
        "Pairs of labelled objects whose boxes share over a hundredth of what either covers, by "
        f"class; the {_PAIRS} most frequent pairs of classes.",
        (Column("class", "text"), Column("other class", "text"), Column("pairs of boxes")),
        tuple(rows),
    )


def hidden_table(material: Material) -> Table:
    """How much of each class's objects is covered by others."""
    sums, rows = material.survey.hidden, []
    for one in material.frequent:
        mean, tenth, half, whole = (float(row[one.id - 1]) / one.objects for row in sums)
        rows.append((one.name, one.objects, mean, tenth, half, whole))
    rows.sort(key=lambda row: -row[2])
    return Table(
        "hidden",
        "Occlusion by class",
        "Hidden is what others own of the pixels that an object would own alone. Share of a "
        "class's objects that are hidden by more than a tenth, by more than half, and wholly.",
        (
            Column("class", "text"), Column("objects"), Column("hidden, mean", "share"),
            Column("over a tenth", "share"), Column("over half", "share"),
            Column("wholly", "share"),
        ),
        tuple(rows),
    )  # fmt: skip


def skipped_table(material: Material) -> Table:
    """What the build left out, by reason."""
    whole: Counter[str] = Counter()
    pages: Counter[str] = Counter()
    example: dict[str, str] = {}
    for one in material.dataset.skipped:
        reason = str(one.get("reason"))
        (pages if one.get("page") is not None else whole)[reason] += 1
        example.setdefault(reason, f"{one.get('score')}: {one.get('detail')}"[:160])
    reasons = sorted(whole | pages, key=lambda reason: (-(whole + pages)[reason], reason))
    return Table(
        "skipped",
        "What was left out",
        "Scores and pages that the build left out, by reason; all are in skipped.jsonl.",
        (
            Column("reason", "text"), Column("scores"), Column("pages"),
            Column("for instance", "text"),
        ),
        tuple((one, whole[one], pages[one], example[one]) for one in reasons),
    )  # fmt: skip


def rights_table(material: Material) -> Table:
    """What the scores say of their rights."""
    return _by_text(
        material, "rights", "Rights", "What the scores state of their rights, word for word.", 400
    )


def composers_table(material: Material) -> Table:
    """The composers as the scores name them."""
    return _by_text(material, "composer", "Composers", "Composers, as the scores name them.", 120)


def _by_text(material: Material, column: str, title: str, caption: str, longest: int) -> Table:
    scores: Counter[str] = Counter()
    pages: Counter[str] = Counter()
    for one in material.dataset.scores:
        text = " ".join(str(one[column] or "").split()) or "not stated"
        scores[text] += 1
        pages[text] += int(one["pages"] or 0)
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


def audit_table(material: Material) -> Table | None:
    """What an audit of a sample of the pages found; None where none was made."""
    audit = material.audit
    if audit is None:
        return None
    return Table(
        "audit",
        "What an audit says",
        f"deepscores check on {audit.pages:,} of {audit.pages_in_all:,} pages: "
        f"{audit.total:,} findings.",
        (Column("check", "text"), Column("pages"), Column("objects"), Column("findings")),
        tuple(tuple(one) for one in audit.tallies),
    )


_MAKERS: tuple[Callable[[Material], Table | None], ...] = (
    datasets_table, spreads_table, classes_table, imbalance_table, together_table, overlaps_table,
    hidden_table, skipped_table, rights_table, composers_table, audit_table,
)  # fmt: skip


def all_tables(material: Material) -> dict[str, Table]:
    """Every table of the report by name."""
    made: Iterable[Table | None] = (make(material) for make in _MAKERS)
    found = [one for one in (*made, *group_tables(material)) if one is not None]
    return {one.name: one for one in found}
