"""The viewer of a dataset, asked over HTTP as a browser does."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
import uvicorn

from deepscores.formats.reading.findings import Finding
from deepscores.inspection.viewer.application import application
from deepscores.inspection.viewer.gallery import Gallery
from deepscores.inspection.viewer.serving import listen


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def table(self) -> Any:
        return json.loads(self.body)


class Client(NamedTuple):
    """Sends requests exactly as they are written: no library mends their paths."""

    port: int

    def send(self, target: str, method: str = "GET", **headers: str) -> Answer:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.putrequest(method, target, skip_host="Host" in headers)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            return _read(connection.getresponse())

    def ask(self, what: str, **words: Any) -> Any:
        answer = self.send(f"/api/{what}?{urlencode(words)}")
        assert answer.status == 200, answer
        return answer.table

    def refused(self, what: str, **words: Any) -> tuple[int, str]:
        answer = self.send(f"/api/{what}?{urlencode(words)}")
        return answer.status, answer.table["error"]


def _read(response: HTTPResponse) -> Answer:
    return Answer(
        response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    )


@contextmanager
def serving(folder: Path, findings: list[Finding] | None = None) -> Iterator[Client]:
    gallery = Gallery(folder, findings)
    gallery.holdings.start()
    config = uvicorn.Config(application(gallery), http="h11", lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    with closing(listen(0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield Client(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()
            gallery.holdings.stop()


@pytest.fixture(scope="session")
def serve() -> Callable[..., Any]:
    """`serving`."""
    return serving


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[Client]:
    """Asks the viewer of the dataset `built`."""
    with serving(built) as one:
        yield one
