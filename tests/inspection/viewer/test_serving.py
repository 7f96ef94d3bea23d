"""Ports, and the packages that the viewer needs."""

import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deepscores import view
from deepscores.errors import RecipeError
from deepscores.inspection.viewer import serving
from deepscores.inspection.viewer.application import STATIC


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program has."""
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_only_this_machine_is_listened_to() -> None:
    with closing(serving.listen(0)) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_answers_do_not_wait_to_be_acknowledged() -> None:
    """asyncio sets TCP_NODELAY where the protocol is named, and nowhere else."""
    with closing(serving.listen(0)) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_a_port_that_is_taken_is_told(taken: int) -> None:
    with pytest.raises(RecipeError, match=f"--port {taken}: it is in use by another program"):
        serving.listen(taken)


def test_without_a_port_another_is_taken(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PORT", taken)
    with closing(serving.listen(None)) as listener:
        assert listener.getsockname()[1] not in (0, taken)


@pytest.mark.parametrize("port", [-1, 65536])
def test_ports_that_do_not_exist_are_refused(port: int) -> None:
    with pytest.raises(RecipeError, match="ports are 0 to 65535"):
        serving.listen(port)


def test_the_extra_is_named_where_it_is_missing(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(RecipeError, match=r"pip install 'deepscores\[view\]'"):
        view(built, port=0)


def test_no_browser_is_opened_without_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(serving.webbrowser, "open", opened.append)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    serving.open_browser("http://127.0.0.1:1/")
    monkeypatch.setenv("DISPLAY", ":0")
    serving.open_browser("http://127.0.0.1:2/")
    assert opened == ["http://127.0.0.1:2/"]


def test_nothing_is_loaded_from_elsewhere() -> None:
    for path in (*STATIC.glob("*.js"), *STATIC.glob("*.html"), *STATIC.glob("*.css")):
        text = path.read_text(encoding="utf-8")
        assert "http://" not in text, path
        assert "https://" not in text, path
        assert "innerHTML" not in text, path
