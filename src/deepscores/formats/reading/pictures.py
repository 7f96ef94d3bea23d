"""Find the pictures of a dataset to read, and their sizes."""

from pathlib import Path

from PIL import Image

from deepscores.dataset.splits import SPLITS
from deepscores.errors import DatasetError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")


def picture_of(file: Path, *folders: str) -> Path | None:
    """The picture of an annotation file: in the same folder, or in one of *folders* beside that.

    In a folder named after a split, also in the split's folder in one of *folders*.
    """
    folder = file.parent
    places = [folder, *(folder.parent / name for name in folders)]
    if folder.name in SPLITS:
        places += [folder.parent.parent / name / folder.name for name in folders]
    pictures = (place / f"{file.stem}{suffix}" for place in places for suffix in SUFFIXES)
    return next((path for path in pictures if path.is_file()), None)


def picture_size(path: Path | None) -> tuple[int, int]:
    """Width and height as the file's header has them; zeros without a file."""
    if path is None:
        return 0, 0
    try:
        with Image.open(path) as image:
            return image.size
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise DatasetError(f"{path}: not a readable image: {error}") from None
