"""What some formats cannot be asked for."""

from deepscores.errors import RecipeError
from deepscores.formats.protocol import Job


def refuse_tiles(job: Job, reason: str) -> None:
    """Raise RecipeError if tiles are asked for, which make no sense for the reason *reason*."""
    if job.options.tiles is not None:
        raise RecipeError(f"tiles: {job.options.to} has none: {reason}")


def refuse_links(job: Job, reason: str) -> None:
    """Raise RecipeError if links to pictures are asked for, of which there are none."""
    if job.options.images == "link":
        raise RecipeError(f"images: {job.options.to} cannot link: {reason}")
