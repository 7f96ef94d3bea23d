"""Addresses of the viewer and what each answers; Starlette reads requests and writes answers."""

from collections.abc import Callable, Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deepscores.errors import DatasetError, RecipeError
from deepscores.inspection.viewer.catalogue import parse_filters
from deepscores.inspection.viewer.files import NotThereError
from deepscores.inspection.viewer.gallery import Gallery

STATIC = Path(__file__).parent / "static"
HOSTS = ("127.0.0.1", "localhost")
_SLICE = 200  # pages listed at once
_NUMBER = 15  # digits

# Nothing is fetched from elsewhere, no other site can show or read what is here, and nothing of
# one dataset is left in the browser for the next one at the same address.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def application(gallery: Gallery) -> Starlette:
    """The viewer of *gallery*. It only reads: there is no address that changes anything.

    No address holds a path of the dataset: pages are asked for by their names in ``pages.parquet``.
    """

    def overview(_: Request) -> Response:
        return JSONResponse(gallery.overview())

    def totals(_: Request) -> Response:
        return JSONResponse(gallery.totals())

    def pages(request: Request) -> Response:
        words = request.query_params
        places = gallery.select(parse_filters(words))
        first, count = _number(words, "first", 0), min(_number(words, "count", _SLICE), _SLICE)
        rows = gallery.catalogue.list_rows(places[first : first + count])
        return JSONResponse({"total": len(places), "first": first, "rows": rows})

    def position(request: Request) -> Response:
        words = request.query_params
        place = gallery.catalogue.place(_word(words, "page"))
        places = gallery.select(parse_filters(words))
        index = (places == place).nonzero()[0]
        return JSONResponse({"total": len(places), "index": int(index[0]) if len(index) else None})

    def page(request: Request) -> Response:
        return JSONResponse(gallery.page(_word(request.query_params, "page")))

    def symbol(request: Request) -> Response:
        words = request.query_params
        return JSONResponse(gallery.symbol(_word(words, "page"), _number(words, "number", 0)))

    def music(request: Request) -> Response:
        words = request.query_params
        return JSONResponse(gallery.music(_word(words, "page"), _number(words, "number", 0)))

    def image(request: Request) -> Response:
        path = gallery.image(_word(request.query_params, "page"))
        return FileResponse(path, media_type="image/png")

    def runs(request: Request) -> Response:
        words = request.query_params
        data = gallery.runs(_word(words, "page"), words.get("kind", "instances"))
        return Response(data, media_type="application/octet-stream")

    answers = (overview, totals, pages, position, page, symbol, music, image, runs)
    return Starlette(
        routes=[
            Route("/", _front),
            *(Route(f"/api/{answer.__name__}", answer) for answer in answers),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[
            Middleware(_with_headers),
            # A name that an attacker's site resolves to this machine is not ours (DNS rebinding).
            Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False),
        ],
        exception_handlers={
            RecipeError: _responder(400),
            NotThereError: _responder(404),
            DatasetError: _responder(500),
        },
    )


def _front(_: Request) -> Response:
    return FileResponse(STATIC / "index.html")


def _word(words: Mapping[str, str], name: str) -> str:
    if not words.get(name):
        raise RecipeError(f"{name}: is missing")
    return words[name]


def _number(words: Mapping[str, str], name: str, default: int) -> int:
    text = words.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) <= _NUMBER):
        raise RecipeError(f"{name}: {text!r} is not a number")
    return int(text)


def _responder(status: int) -> Callable[[Request, Exception], Response]:
    def respond(_: Request, error: Exception) -> Response:
        return JSONResponse({"error": str(error)}, status_code=status)

    return respond


def _with_headers(app: ASGIApp) -> ASGIApp:
    """*app*, whose every answer has the headers of this viewer, refusals too."""
    headers = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        await app(scope, receive, send_more)

    return answer
