"""What all routes of the control API have in common: how a request is read, and what an error looks like."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from smppcore.config_error import ConfigError
from smppcore.console.access import Access, AccessError
from smppcore.console.parameters import Parameters, body_of

LONGEST_BODY: Final = 64 * 1024
"""Octets of a request body."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Trouble(Exception):
    """An error that is no matter of a key: ``status`` is that of HTTP."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def answer(value: Any, status: int = 200) -> web.Response:
    return web.json_response(value, status=status, dumps=_dumps)


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def trouble(status: int, reason: str, key: str = "", **headers: str) -> web.Response:
    """An error, as all of them look; ``key`` is the one that is wrong, empty where it is none."""
    response = answer({"error": reason, "key": key}, status)
    response.headers.update(headers)
    return response


async def read_body(request: web.Request) -> dict[str, Any]:
    """The JSON object in the body. A body of any other type is refused: browsers let every page send those."""
    octets = await request.read()
    if octets and request.content_type != "application/json":
        raise Trouble(415, "Content-Type must be application/json")
    return body_of(octets)


def query(request: web.Request) -> Parameters:
    """The keys of the query. Raises ConfigError for one that is there twice."""
    for key in request.query:
        if len(request.query.getall(key)) > 1:
            raise ConfigError(key, "is there twice")
    return Parameters(request.query)


def guarded(access: Access) -> Any:
    """Lets in who may, and answers every error as JSON."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            access.check(request.headers, is_link=request.path == "/")
            if request.path.startswith("/api/"):
                access.check_token(request.headers)
            return await handler(request)
        except AccessError as error:
            challenge = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
            return trouble(error.status, str(error), **challenge)
        except Trouble as error:
            return trouble(error.status, str(error))
        except ConfigError as error:
            return trouble(400, error.reason, error.key)
        except web.HTTPException as error:
            allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
            return trouble(error.status, error.reason, **allow)

    return guard


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """No page may be shown in a frame, load anything from elsewhere, or be kept."""
    response.headers.update(HEADERS)
