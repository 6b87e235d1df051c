"""The relay itself: a listener, and the connections that come through it."""

import asyncio
from collections.abc import Callable

from smppcore.lifetime import Lifetime
from smppcore.log import log
from smppcore.relay.filter import Filter
from smppcore.relay.passage import Passage, Traffic

Filters = Callable[[Passage], tuple[Filter, Filter]]
"""Makes the filters of a connection: for what goes to the target, and for what comes back."""


def unfiltered(passage: Passage) -> tuple[Filter, Filter]:
    """Filters that pass everything on as it is."""
    return Filter(), Filter()


class Relay(Lifetime):
    """``async with Relay("127.0.0.1", 2775) as relay:`` carries what connects to ``relay.port`` to that target.

    It listens on ``host`` and ``port``, loopback and any free port unless told otherwise. ``filters`` is called for
    each connection once the target is connected. A client whose target cannot be reached within ``connect_timeout``
    seconds is cut off. ``buffer`` is in octets and for each direction of each connection. ``on_gone`` is called with
    each connection that has ended. ``close`` takes ``close_timeout`` seconds at most.
    """

    def __init__(
        self,
        target_host: str,
        target_port: int,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        filters: Filters = unfiltered,
        on_gone: Callable[[Passage], None] | None = None,
        buffer: int = 64 * 1024,
        connect_timeout: float = 10.0,
        close_timeout: float = 5.0,
    ) -> None:
        self.target = (target_host, target_port)
        self.host = host
        self.port = port
        self._filters = filters
        self._closing = False
        self.buffer = buffer
        self.connect_timeout = connect_timeout
        self.close_timeout = close_timeout
        self.accepted = 0
        """Connections so far."""
        self.cuts = 0
        """How many of them were cut, by a filter or by hand."""
        self.unreached = 0
        """How many found no target."""
        self._on_gone = on_gone
        self._past = (Traffic(), Traffic())
        self._live: dict[int, Passage] = {}
        self._joining: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._idle: asyncio.Future[None] | None = None

    @property
    def connections(self) -> list[Passage]:
        """Those that have not ended, in the order in which they came."""
        return list(self._live.values())

    @property
    def forward(self) -> Traffic:
        """What has gone to the target, over all connections."""
        return _sum(self._past[0], *(each.forward for each in self._live.values()))

    @property
    def back(self) -> Traffic:
        """What has come from the target, over all connections."""
        return _sum(self._past[1], *(each.back for each in self._live.values()))

    async def start(self) -> None:
        """Listen. Raises OSError where the address cannot be had."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self, reason: str = "cut by hand", *, reset: bool = False) -> int:
        """Cut every connection now; returns how many there were. The relay goes on listening."""
        before = self.cuts
        for passage in self.connections:
            passage.cut(reason, reset=reset)
        return self.cuts - before

    async def close(self) -> None:
        """Stop listening, and close every connection after what has been written to it. Cancelled, it aborts them."""
        if self._server is None:
            return
        server, self._server = self._server, None
        self._closing = True
        server.close()
        for task in self._joining:
            task.cancel()
        for passage in self.connections:
            passage.close()
        try:
            await self._wait_until_idle()
        except asyncio.CancelledError:
            for passage in self.connections:
                passage.abort("close was cancelled")
            raise
        await server.wait_closed()

    # -- what its connections call

    def filters_of(self, passage: Passage) -> tuple[Filter, Filter]:
        """The filters of a connection whose target is connected."""
        return self._filters(passage)

    def arrived(self, passage: Passage) -> None:
        """A client has connected: connect to the target."""
        self._live[passage.number] = passage
        if self._closing:
            passage.abort("the relay is closing")
            return
        task = asyncio.get_running_loop().create_task(self._join(passage))
        self._joining.add(task)
        task.add_done_callback(self._joining.discard)

    def gone(self, passage: Passage) -> None:
        """Both sides of a connection are closed."""
        if self._live.pop(passage.number, None) is None:
            return
        self._past[0].add(passage.forward)
        self._past[1].add(passage.back)
        if self._on_gone is not None:
            self._on_gone(passage)
        if not self._live and self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    def _accept(self) -> asyncio.Protocol:
        self.accepted += 1
        return Passage(self, self.accepted).client

    async def _join(self, passage: Passage) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.connect_timeout):
                await loop.create_connection(lambda: passage.target, *self.target)
        except (OSError, TimeoutError) as error:
            self.unreached += 1
            log.warning("relay target not reached", target=f"{self.target[0]}:{self.target[1]}", error=str(error))
            passage.unreached(f"the target was not reached: {error}")
        except asyncio.CancelledError:
            passage.unreached("the relay is closing")
            raise
        else:
            passage.join()

    async def _wait_until_idle(self) -> None:
        await asyncio.gather(*self._joining, return_exceptions=True)
        if self._live:
            self._idle = asyncio.get_running_loop().create_future()
            await self._idle


def _sum(*parts: Traffic) -> Traffic:
    total = Traffic()
    for part in parts:
        total.add(part)
    return total
