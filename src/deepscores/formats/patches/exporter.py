"""Classification: a picture of each object in a folder of its class, as ImageFolder reads them.

Each is cut from its page around the middle of the object's box, with all that is drawn there. The
folders of all splits have the same names, so class numbers agree between splits; one may be empty.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from deepscores.dataset.labelled import LabelledPage
from deepscores.dataset.splits import SPLITS
from deepscores.formats.patches.crops import Patch, candidates, choose_patches, cut_patches, pack
from deepscores.formats.protocol import Chunk, Exporter, Job
from deepscores.formats.writing.refusals import refuse_links, refuse_tiles
from deepscores.runs.files import write_again

_SIZE = (45, 170)  # the paper's, for datasets without


class Patches(Exporter):
    """``SPLIT/CLASS/PAGE-NUMBER.png``."""

    owns = SPLITS
    cuts_patches = True
    pages_a_chunk = 40

    def check(self, job: Job) -> None:
        refuse_patches(job)

    def write(self, job: Job, chunk: Chunk, pictures: Iterable[LabelledPage]) -> bytes:
        """Patches; with a limit per class, return the candidates instead."""
        patches = cut_patches(job, pictures, patch_size(job))
        cap = job.options.patches_per_class
        if cap is not None:
            return pack(candidates(patches, cap))
        classes = set()
        for patch in patches:
            _write(job, chunk.split, patch)
            classes.add(patch.class_id)
        return " ".join(map(str, sorted(classes))).encode()

    def finish(self, job: Job, parts: Mapping[str, Sequence[Path]]) -> None:
        """The chosen patches, and the folders that are still missing."""
        cap = job.options.patches_per_class
        classes: set[int] = set()
        if cap is None:
            for files in parts.values():
                for path in files:
                    classes.update(map(int, path.read_bytes().split()))
        else:
            for split, patch in choose_patches(parts, cap):
                _write(job, split, patch)
                classes.add(patch.class_id)
        for split in parts:
            for class_id in classes:
                folder = job.folder / split / job.names[class_id - 1]
                folder.mkdir(parents=True, exist_ok=True)


def refuse_patches(job: Job) -> None:
    """Raise RecipeError for options that patches cannot follow."""
    refuse_tiles(job, "patches are cut from whole pages, with all that is around an object")
    refuse_links(job, "patches are new pictures")


def patch_size(job: Job) -> tuple[int, int]:
    """Width and height: as asked for, or as the dataset's own patches have."""
    if job.options.patches is not None:
        return job.options.patches
    width, height = job.info.get("recipe", {}).get("patches", _SIZE)
    return width, height


def _write(job: Job, split: str, patch: Patch) -> None:
    name = job.names[patch.class_id - 1]
    path = job.folder / split / name / f"{patch.page}-{patch.number:05d}.png"
    write_again(path, patch.png)
