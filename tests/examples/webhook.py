"""The receiver of a webhook, in the process of the test."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

from aiohttp import web

SECONDS = 20


class Told(NamedTuple):
    """One delivery that was answered with 204."""

    key: str
    body: dict[str, Any]


class Webhook:
    """``status`` is what it answers; deliveries with another one than 204 are in ``refused``."""

    def __init__(self) -> None:
        self.status = 204
        self.told: list[Told] = []
        self.refused: list[Told] = []
        self._states: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self._changed = asyncio.Condition()

    async def start(self) -> None:
        application = web.Application()
        application.add_routes([web.post("/sms", self._take)])
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()

    async def close(self) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/sms"

    async def _take(self, request: web.Request) -> web.Response:
        told = Told(request.headers["Idempotency-Key"], await request.json())
        (self.told if self.status == 204 else self.refused).append(told)
        if self.status == 204 and told.body["type"] == "message":
            self._states[told.body["id"]][told.key] = told.body["state"]
        async with self._changed:
            self._changed.notify_all()
        return web.Response(status=self.status)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for deliveries until it holds; gives up where none comes for SECONDS, however many are to come."""
        async with self._changed:
            while not condition():
                async with asyncio.timeout(SECONDS):
                    await self._changed.wait()

    # -- what it was told

    def states(self, message_id: str) -> list[str]:
        """The states of a message in the order in which they were told, each once."""
        return list(self._states[message_id].values())

    def incoming(self, source: str) -> list[str]:
        """The texts that came from this telephone, each event once."""
        told = {each.key: each.body for each in self.told if each.body["type"] == "incoming"}
        return [body["text"] for body in told.values() if body["from"] == source]
