"""HTTP in: messages to send, what became of them, and what an operator wants to know."""

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any

from aiohttp import web

from gateway.desk import Desk
from gateway.event import write_message
from gateway.message import Message
from smppcore import Link, LinkState

_LONGEST = 64 * 1024
_KEYS = {"to", "text", "from", "reference", "lane"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    """``queued`` is called after a message was kept. ``metrics`` gives the text for Prometheus, where there are any."""

    def __init__(
        self, link: Link, desk: Desk, queued: Callable[[], None], *, token: str, metrics: Callable[[], bytes] | None
    ) -> None:
        self._link = link
        self._desk = desk
        self._queued = queued
        self._token = token.encode()
        self._metrics = metrics

    def application(self) -> web.Application:
        """What aiohttp is to serve."""
        application = web.Application(client_max_size=_LONGEST, middlewares=[self._only_with_token])
        application.add_routes(
            [
                web.post("/messages", self._post_message),
                web.get("/messages/{id}", self._get_message),
                web.get("/webhook/dead", self._get_dead),
                web.get("/health", self._get_health),
            ]
        )
        if self._metrics is not None:
            application.router.add_get("/metrics", self._get_metrics)
        return application

    @web.middleware
    async def _only_with_token(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode()
        if self._token and not hmac.compare_digest(given, b"Bearer " + self._token):
            return _error(401, "the token is missing or wrong")
        return await handler(request)

    # -- messages

    async def _post_message(self, request: web.Request) -> web.Response:
        try:
            message = self._message(await request.json())
        except ValueError as error:
            return _error(400, str(error))
        kept = await self._desk.accept(message)
        self._queued()
        return web.json_response({"id": kept.id, "state": kept.state}, status=202)

    def _message(self, body: Any) -> Message:
        """Raises ValueError for what could never be sent."""
        if not isinstance(body, Mapping) or not all(isinstance(value, str) for value in body.values()):
            raise ValueError("an object whose values are texts is needed")
        if unknown := body.keys() - _KEYS:
            raise ValueError(f"{', '.join(sorted(unknown))}: is not known")
        if not body.get("to") or not body.get("text"):
            raise ValueError("to and text are needed")
        message = Message(
            to=body["to"],
            text=body["text"],
            source=body.get("from", ""),
            reference=body.get("reference", ""),
            lane=body.get("lane", self._link.lanes[-1]),
        )
        if message.lane not in self._link.lanes:
            raise ValueError(f"lane: must be one of {', '.join(self._link.lanes)}")
        self._check_sendable(message)
        return message

    def _check_sendable(self, message: Message) -> None:
        """Make the PDUs as `send` will make them, and throw them away. Raises TextError, AddressError."""
        for _ in self._link.defaults.messages(
            message.text,
            reference=0,
            to=message.to,
            source=message.source,
            receipt=True,
            data_coding=None,
            languages=None,
            long=None,
            default=self._link.settings.default_alphabet,
            transliterate=None,
            fields={},
        ):
            pass

    async def _get_message(self, request: web.Request) -> web.Response:
        message = await self._desk.message(request.match_info["id"])
        if message is None:
            return _error(404, "there is no such message")
        return web.Response(text=write_message(message), content_type="application/json")

    # -- for the operator

    async def _get_dead(self, request: web.Request) -> web.Response:
        return web.json_response({"events": [asdict(event) for event in await self._desk.dead()]})

    async def _get_health(self, request: web.Request) -> web.Response:
        """200 while the link can send, else 503; a store that is away is a 500 by itself."""
        status = self._link.status()
        body = {"desk": await self._desk.counts(), "link": asdict(status)}
        text = json.dumps(body, default=str)
        ok = status.state is LinkState.UP
        return web.Response(text=text, content_type="application/json", status=200 if ok else 503)

    async def _get_metrics(self, request: web.Request) -> web.Response:
        if self._metrics is None:
            raise web.HTTPNotFound
        return web.Response(body=self._metrics(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


def _error(status: int, text: str) -> web.Response:
    return web.json_response({"error": text}, status=status)
