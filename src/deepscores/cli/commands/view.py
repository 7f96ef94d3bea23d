"""``deepscores view``."""

from typing import Any

from deepscores import api
from deepscores.cli.command import command
from deepscores.recipe.options.datasets import OPEN


@command("view")
def run(*, open: bool = OPEN.default, **values: Any) -> None:  # noqa: A002 - the option's name
    """Browse a dataset's pages in a web browser.

    Only this machine can connect to the viewer. Stop it with Ctrl-C.

    \b
    deepscores view dataset
    deepscores check dataset --json dataset.findings.json; deepscores view dataset
    deepscores view dataset --port 9000 --no-open
    """
    api.view(ready=lambda address: show_address(address, in_browser=open), **values)


def show_address(address: str, *, in_browser: bool) -> None:
    """Print where the viewer is, and open it if asked to and there is a screen."""
    print(f"{address} shows the dataset on this machine; stop with Ctrl-C", flush=True)
    if in_browser:
        from deepscores.inspection.viewer.serving import open_browser

        open_browser(address)
