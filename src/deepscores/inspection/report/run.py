"""Make a report: count, cut and draw, then write."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from deepscores.dataset.reader import Dataset, open_dataset
from deepscores.errors import DatasetError, RecipeError
from deepscores.inspection.checking.audit import audit
from deepscores.inspection.checking.ledger import Report as Audit
from deepscores.inspection.pages.drawing import Figure
from deepscores.inspection.pages.tables import Table, to_csv, to_markdown
from deepscores.inspection.report.counts import all_tables
from deepscores.inspection.report.extremes import Extreme, extremes_figure
from deepscores.inspection.report.gallery import Card, gallery
from deepscores.inspection.report.lookalikes import look_alike_figure, look_alikes
from deepscores.inspection.report.material import ComparedDataset, ReportMaterial
from deepscores.inspection.report.page import assemble
from deepscores.inspection.report.page_objects import Source
from deepscores.inspection.report.passages import passage_figure, passages
from deepscores.inspection.report.sources import open_source
from deepscores.inspection.report.specimens import Specimen, cut_specimens
from deepscores.inspection.report.survey import survey
from deepscores.inspection.report.tally import Tally, top_share
from deepscores.inspection.report.truth import choose_page, truth_figures
from deepscores.inspection.statistics.counting import statistics
from deepscores.runs.claim import claim_output
from deepscores.runs.executors.choice import ONE_WORKER
from deepscores.runs.executors.protocol import Executor
from deepscores.runs.files import write_file
from deepscores.runs.progress import NullProgress, Progress

DEFAULT_AUDIT = 50  # pages
PAGE = "index.html"
_FOLDERS = ("figures", "tables")
_EXTREMES = 8
_EXTRA = ("altair", "vl_convert", "duckdb")


@dataclass(frozen=True, slots=True)
class ReportOutput:
    """The parts of a written report."""

    page: Path
    figures: tuple[str, ...]  # stems in ``figures/``
    tables: tuple[str, ...]  # stems in ``tables/``


def write_report(
    folder: Path,
    output: Path,
    *,
    against: Sequence[Path] = (),
    audited: int = DEFAULT_AUDIT,
    executor: Executor = ONE_WORKER,
    force: bool = False,
    progress: Progress | None = None,
) -> ReportOutput:
    """Write the report of the dataset in *folder* to *output*, beside the datasets *against*.

    *audited* pages are audited as by `deepscores check`; 0 for none. Nothing is written before all
    is drawn. Raise DatasetError for a folder that is not a dataset or is unreadable and for an
    unusable *output*, where the report of another dataset is only replaced with *force*;
    RecipeError without the extra ``report``.
    """
    progress = progress or NullProgress()
    _require_extra()
    _require_room(folder, output)
    dataset = open_dataset(folder)
    about = {"dataset": folder.resolve().name}
    claim = claim_output(output, "report", about, (PAGE, *_FOLDERS), force=force)
    claim.check()
    if not len(dataset):
        raise DatasetError(f"{folder}: the dataset has no pages")
    sources = [open_source(path) for path in against]
    material = _gather(dataset, sources, audited, executor, progress)
    from deepscores.inspection.pages.charts.vega import bundle
    from deepscores.inspection.report.charts import all_charts

    progress.stage("Drawing", None)
    drawn = [*_pictures(material), *all_charts(material)]
    figures, tables = {figure.name: figure for figure in drawn}, all_tables(material)
    page = assemble(material, figures, tables, bundle())
    written = list(_files(figures.values(), tables.values(), progress))
    claim.begin()
    for name, data in [*written, (PAGE, page.encode())]:
        write_file(output / name, data)
    return ReportOutput(output / PAGE, tuple(figures), tuple(tables))


def _require_extra() -> None:
    if not all(find_spec(name) for name in _EXTRA):
        raise RecipeError(
            "reports need Vega-Altair, vl-convert and DuckDB: pip install 'deepscores[report]'"
        )


def _require_room(folder: Path, output: Path) -> None:
    """Raise RecipeError if *output* lies in the dataset."""
    if output.resolve().is_relative_to(folder.resolve()):
        raise RecipeError(
            f"--output: {output} lies in the dataset {folder}, whose files are listed"
        )


def _gather(
    dataset: Dataset,
    sources: Sequence[Source],
    audited: int,
    executor: Executor,
    progress: Progress,
) -> ReportMaterial:
    compared = []
    for source in sources:
        progress.stage(f"Counting {source.title}", None)
        compared.append(_count(source, progress))
    progress.stage("Counting pages", len(dataset))
    surveyed = survey(dataset, progress.advance)
    samples = [sample for class_samples in surveyed.samples for sample in class_samples]
    progress.stage("Cutting patches", len({sample.page for sample in samples}))
    specimens = cut_specimens(dataset, samples, progress.advance)
    return ReportMaterial(
        dataset.folder.resolve().name,
        dataset,
        surveyed,
        statistics(dataset.folder),
        tuple(compared),
        _audit(dataset.folder, audited, executor, progress),
        specimens,
        passages(dataset, {name: classes for classes, _, name in surveyed.variety}),
        look_alikes(specimens),
    )


def _count(source: Source, progress: Progress) -> ComparedDataset:
    tally = Tally()
    for page in source.pages:
        tally.add(page)
        progress.advance()
    if not tally.images:
        raise DatasetError(f"{source.title}: a dataset without an image ({source.layout})")
    return ComparedDataset(source.title, source.layout, tally, len(source.names))


def _audit(folder: Path, audited: int, executor: Executor, progress: Progress) -> Audit | None:
    if not audited:
        return None
    return audit(folder, sample=max(audited, 1), executor=executor, progress=progress)


def _pictures(material: ReportMaterial) -> Iterator[Figure]:
    """Yield the figures that are made of pixels."""
    if material.survey.variety:
        yield from truth_figures(material.dataset, choose_page(material.survey.variety))
    yield gallery(_cards(material), material.statistics.absent, _frequencies(material))
    passage = passage_figure(material.passages)
    if passage:
        yield passage
    ends = _extremes(material)
    yield extremes_figure(ends[::-1][:_EXTREMES], ends[:_EXTREMES])
    yield look_alike_figure(material.pairs, material.names)


def _cards(material: ReportMaterial) -> list[Card]:
    cards = []
    for counted in material.frequent:
        specimen = material.specimens[counted.id - 1][0]
        height, width = specimen.patch.shape
        x0, y0, x1, y1 = specimen.sample.box
        mark_width, mark_height = min(x1 - x0 + 4, width), min(y1 - y0 + 4, height)
        box = (
            (width - mark_width) / 2,
            (height - mark_height) / 2,
            (width + mark_width) / 2,
            (height + mark_height) / 2,
        )
        cards.append(Card(counted.name, specimen.patch, box, counted.objects, counted.share))
    return cards


def _frequencies(material: ReportMaterial) -> str:
    share = top_share(material.tally.counts)
    return (
        "One real patch of each class, with how many objects it has and their share; the most "
        f"frequent first. The ten most frequent classes have {100 * share:.1f} % of all objects; "
        f"the paper's have 86 %. {len(material.statistics.absent)} of {len(material.names)} "
        "classes have no instance."
    )


def _extremes(material: ReportMaterial) -> list[Extreme]:
    """Of each class the specimen that is closest to its median in size; smallest first."""
    extremes = []
    for counted in material.frequent:
        if counted.staff_spaces is None:
            continue
        middle = counted.staff_spaces.area.median
        specimens = material.specimens[counted.id - 1]
        specimen = min(specimens, key=lambda candidate: abs(_area(candidate) - middle))
        extremes.append(Extreme(counted.name, specimen.image, specimen.sample.staff_space, middle))
    return sorted(extremes, key=lambda extreme: (extreme.area, extreme.name))


def _area(specimen: Specimen) -> float:
    """Of its box, in square staff spaces."""
    x0, y0, x1, y1 = specimen.sample.box
    return (x1 - x0) * (y1 - y0) / specimen.sample.staff_space**2


def _files(
    figures: Iterable[Figure], tables: Iterable[Table], progress: Progress
) -> Iterator[tuple[str, bytes]]:
    """Yield every file of the report but its page."""
    from deepscores.inspection.pages.charts.vega import paint_png

    drawn = list(figures)
    progress.stage("Painting figures", len(drawn))
    for figure in drawn:
        yield f"figures/{figure.name}.svg", figure.svg.encode()
        yield f"figures/{figure.name}.png", paint_png(figure.svg, figure.scale)
        progress.advance()
    for table in tables:
        yield f"tables/{table.name}.csv", to_csv(table).encode()
        yield f"tables/{table.name}.md", to_markdown(table).encode()
