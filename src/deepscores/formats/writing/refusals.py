"""Options that some formats refuse."""

from deepscores.errors import RecipeError
from deepscores.formats.protocol import Job


def refuse_tiles(job: Job, reason: str) -> None:
    """Raise RecipeError, with the *reason*, if tiles are asked for."""
    if job.options.tiles is not None:
        raise RecipeError(f"tiles: {job.options.to} has none: {reason}")


def refuse_links(job: Job, reason: str) -> None:
    """Raise RecipeError, with the *reason*, if links to pictures are asked for."""
    if job.options.images == "link":
        raise RecipeError(f"images: {job.options.to} cannot link: {reason}")
