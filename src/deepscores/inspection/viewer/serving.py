"""Serving the viewer on this machine: a port, a browser, an orderly end."""

import errno
import os
import socket
import sys
import webbrowser
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from deepscores.errors import RecipeError
from deepscores.inspection.viewer.findings import find_findings, read_findings
from deepscores.inspection.viewer.gallery import Gallery

PORT = 8118  # if it is free
_HOST = "127.0.0.1"  # nobody but this machine
_PATIENCE = 2  # seconds for answers under way when it ends


def serve(
    folder: Path,
    *,
    port: int | None,
    findings: Path | None,
    ready: Callable[[str], None],
) -> None:
    """Show the dataset in *folder* until Ctrl-C; *ready* is called once with the address.

    Without a *port* it is `PORT`, or any that is free. Without *findings* they are those beside
    the dataset, if any. Raise DatasetError where there is no dataset, RecipeError for a port that
    cannot be had or if the web server is not installed.
    """
    run = _server_of_extra()
    beside = findings or find_findings(folder)
    gallery = Gallery(folder, None if beside is None else read_findings(beside))
    with closing(listen(port)) as listener:
        gallery.holdings.start()
        try:
            ready(f"http://{_HOST}:{listener.getsockname()[1]}/")
            run(gallery, listener)
        except KeyboardInterrupt:  # how it is meant to end
            return
        finally:
            gallery.holdings.stop()


def _server_of_extra() -> Callable[[Gallery, socket.socket], None]:
    """What runs the viewer on a socket; raise RecipeError if its packages are not installed."""
    try:
        import uvicorn

        from deepscores.inspection.viewer.application import application
    except ImportError as error:
        if (error.name or "").startswith("deepscores"):
            raise
        raise RecipeError(
            "the viewer needs Starlette and uvicorn: pip install 'deepscores[view]'"
        ) from None

    def run(gallery: Gallery, listener: socket.socket) -> None:
        config = uvicorn.Config(
            application(gallery),
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_PATIENCE,
        )
        uvicorn.Server(config).run(sockets=[listener])

    return run


def listen(port: int | None) -> socket.socket:
    """A socket that listens on *port* of this machine alone; on `PORT` or a free one if None."""
    if port is None:
        try:
            return _bound(PORT)
        except OSError:
            return _bound(0)
    try:
        return _bound(port)
    except OSError as error:
        is_in_use = error.errno == errno.EADDRINUSE
        reason = "it is in use by another program" if is_in_use else error.strerror
        raise RecipeError(f"--port {port}: {reason}; omit --port to use a free one") from None
    except OverflowError:
        raise RecipeError(f"--port {port}: ports are 0 to 65535") from None


def _bound(port: int) -> socket.socket:
    # asyncio sends at once only on sockets that name their protocol; on others, every answer waits
    # 40 ms for the browser to acknowledge its head (Nagle's algorithm against delayed ACKs).
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if (
            os.name == "posix"
        ):  # a viewer that has just ended leaves its port; elsewhere it is theft
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener


def open_browser(address: str) -> None:
    """Open *address* in a browser, if there is a screen: none in the terminal of the command."""
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(address)
