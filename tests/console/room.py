"""A simulator with its console, and an HTTP client that speaks to it over a real socket."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import aiohttp
from simulator.clients import Inbox, esme

from smppcore.console import Console
from smppcore.esme import Connecting
from smppcore.simulator import Simulator

LIMIT = 10.0


class Answer(NamedTuple):
    status: int
    value: Any
    headers: Any
    text: str


class Room:
    def __init__(self, simulator: Simulator, console: Console, client: aiohttp.ClientSession) -> None:
        self.simulator = simulator
        self.console = console
        self._client = client

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """A request; ``body`` goes as JSON. The path is not changed in any way."""
        if body is not None:
            options["json"] = body
        async with self._client.request(method, f"{self.console.url.rstrip('/')}{path}", **options) as response:
            text = await response.text()
            is_json = response.content_type == "application/json"
            return Answer(response.status, await response.json() if is_json else None, response.headers, text)

    async def get(self, path: str, **options: Any) -> Any:
        """What a GET answers, which must be a success."""
        found = await self.call("GET", path, **options)
        assert found.status == 200, found
        return found.value

    def esme(self, inbox: Inbox | None = None, **options: Any) -> Connecting:
        return esme(self.simulator, inbox, **options)

    async def send(self, *texts: str, to: str = "+393331234567", source: str = "Shop", **options: Any) -> list[str]:
        """The message_ids of some texts that an ESME has sent, one part each."""
        async with self.esme(**options) as client:
            sent = [await client.send(text, to=to, source=source) for text in texts]
        return [each.message_ids[0] for each in sent]


@contextlib.asynccontextmanager
async def room(*, token: str = "", console_host: str = "127.0.0.1", **shortcuts: Any) -> AsyncIterator[Room]:
    """A room whose simulator has these keys of the configuration, and messages that take an hour."""
    timeout = aiohttp.ClientTimeout(total=LIMIT)
    async with (
        Simulator(**({"delay": 3600.0} | shortcuts)) as simulator,
        Console(simulator, host=console_host, token=token) as console,
        aiohttp.ClientSession(timeout=timeout) as client,
    ):
        yield Room(simulator, console, client)
