"""Pages that are engraved, painted and labelled while training runs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch.utils.data import IterableDataset, get_worker_info

from deepscores.dataset.labelled.classes import choose
from deepscores.dataset.splits import SPLITS
from deepscores.engraving.registry import engine_versions
from deepscores.errors import RecipeError
from deepscores.recipe.recipe import Recipe, apply, read_recipe
from deepscores.scores import default_corpus, find_scores
from deepscores.training.loaders.forms import FORMS, DetectionForm, Form, with_paper
from deepscores.training.loaders.samplers import resolve_rank
from deepscores.training.loaders.sharing import shared_counter
from deepscores.training.loaders.stream import State, Stream, StreamPlan, StreamShard
from deepscores.training.loaders.views import View, checked_view

_STYLE = "publisher-varied"  # without a recipe: no two epochs are the same
_FIXED = ("page-size", "staff-space", "margin")  # options that override the preset
_MAX_WORKERS = 1024  # whose skipped scores are counted separately


class SyntheticPages(IterableDataset[Any]):
    """An endless stream of samples of pages made on demand, in the form of the map-style datasets.

    *scores* are files, folders and globs, by default the default corpus. *recipe* is a `Recipe` or
    a TOML file; *changes* override it by the names of the command line's options, as for
    `deepscores.build`; ``pages``, ``quota`` and patches mean nothing here. Without a recipe pages
    vary in the style ``publisher-varied``.

    An epoch is every score once in every font; each draws its styles anew (epoch 0 as `build` does
    with the same seed). *form* is ``detection``, ``segmentation`` or a function of a `LabelledPage`
    and an id. *classes*, *tiles*, *overlap*, *crops*, *visibility*, *masks* and *transform* are as
    for `Detection`. *split* leaves out scores that a build would put in another. *mixed* samples
    wait in each worker, and one of them is drawn at a time. *endless* false: one epoch.

    The scores are shared among the workers of all ranks, so that none is made twice in an epoch.
    A score that fails is skipped, logged (``deepscores.training.loaders``) and counted.
    Raise RecipeError for invalid arguments.
    """

    classes: tuple[str, ...]  # names by class id; 0 is paper

    def __init__(
        self,
        scores: Sequence[str | Path] | str | Path | None = None,
        form: str | Form = "detection",
        *,
        recipe: Recipe | str | Path | None = None,
        classes: Sequence[str] | str = (),
        tiles: int | None = None,
        overlap: int | None = None,
        crops: int | None = None,
        visibility: float = 0.5,
        masks: bool = False,
        split: str | None = None,
        mixed: int = 32,
        endless: bool = True,
        rank: int | None = None,
        world_size: int | None = None,
        transform: Callable[..., Any] | None = None,
        **changes: Any,
    ) -> None:
        if split is not None and split not in SPLITS:
            raise RecipeError(f"split: {split!r} is none of {', '.join(SPLITS)}")
        if mixed < 1:
            raise RecipeError(f"mixed: {mixed} is not at least 1")
        resolved = _resolve(recipe, scores, changes)
        engine_versions(resolved.engravers, resolved.font_dir)  # reports a missing program now
        labels = resolved.labels
        label_classes = choose(labels.classes, classes)
        self.classes = with_paper(label_class.name for label_class in label_classes)
        self.form = _form(form, visibility, masks=masks)
        self.transform = transform
        self.rank, self.world_size = resolve_rank(rank, world_size)
        sources = find_scores(resolved.scores) if resolved.scores else default_corpus()
        self.plan = StreamPlan(
            tuple((source, source.path.stat().st_size) for source in sources),
            resolved,
            labels,
            label_classes if classes else None,
            checked_view(View(tiles, overlap, crops, resolved.seed)),
            split,
            mixed,
            endless,
        )
        # Shared memory: workers of a loader see the epoch, this process sees their counts.
        self._epoch = shared_counter()
        self._skips = shared_counter(_MAX_WORKERS)
        self._stream: Stream | None = None
        self._state: State | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_stream": None}  # the engraver's process is not shared

    def set_epoch(self, epoch: int) -> None:
        """Begin with this epoch from the next iteration on."""
        self._epoch.fill_(epoch)

    @property
    def skipped(self) -> int:
        """How often scores failed, in all workers of this rank together."""
        return int(self._skips.sum())

    def state_dict(self) -> State:
        """The state of this process's iteration, which all further samples follow from.

        In a worker of a loader it is that worker's. `torchdata.stateful_dataloader` asks for it
        there and gives it back.
        """
        if self._stream is not None:
            return self._stream.state()
        return dict(self._state or {})

    def load_state_dict(self, state: State) -> None:
        """Resume from a state in the next iteration, with the same number of workers and ranks."""
        self._state = dict(state) or None
        self._stream = None

    def __iter__(self) -> Iterator[Any]:
        info = get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        shard = StreamShard(self.rank * workers + worker, self.world_size * workers)

        def skip() -> None:
            self._skips[worker % _MAX_WORKERS] += 1

        stream = Stream(self.plan, shard, epoch=int(self._epoch), state=self._state, skip=skip)
        self._stream, self._state = stream, None
        try:
            for page, image_id in stream:
                sample = self.form(page, image_id)
                yield sample if self.transform is None else self.transform(*sample)
        finally:
            stream.close()


def _form(form: str | Form, visibility: float, *, masks: bool) -> Form:
    if not isinstance(form, str):
        return form
    if form not in FORMS:
        raise RecipeError(f"form: {form!r} is none of {', '.join(FORMS)}, and no function")
    return DetectionForm(visibility, masks) if form == "detection" else FORMS[form]()


def _resolve(
    recipe: Recipe | str | Path | None,
    scores: Sequence[str | Path] | str | Path | None,
    changes: dict[str, Any],
) -> Recipe:
    if recipe is None:
        changes = {"style": _vary_style(changes), **changes}
    elif not isinstance(recipe, Recipe):
        recipe = read_recipe(Path(recipe))
    if scores:
        score_paths = [scores] if isinstance(scores, str | Path) else scores
        changes = {**changes, "scores": [str(path) for path in score_paths]}
    return apply(recipe or Recipe(), changes)


def _vary_style(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The default style, but for the options that are given."""
    options = {name.replace("_", "-"): value for name, value in changes.items()}
    fixed = {key: options[key] for key in _FIXED if key in options}
    return {"preset": _STYLE, **fixed}
