"""Serves the control API and the page of a simulator over HTTP."""

from typing import Final

from aiohttp import web

from smppcore.console.access import Access
from smppcore.console.control import application
from smppcore.console.history import History
from smppcore.lifetime import Lifetime
from smppcore.simulator import Simulator

CLOSE_TIMEOUT: Final = 1.0
"""Seconds that requests in progress have when the console closes."""


class Console(Lifetime):
    """``async with Console(simulator) as console`` beside a Simulator that runs on the same event loop.

    It listens on loopback, at any port that is free, unless told otherwise. Beyond loopback it needs a ``token``,
    which every request of the API then has to bear; ValueError without one. HTTP is not encrypted: between machines
    that do not trust the net between them, put it behind a server that speaks TLS.
    """

    def __init__(self, simulator: Simulator, *, host: str = "127.0.0.1", port: int = 0, token: str = "") -> None:
        access = Access(host, token)
        self.host = host
        self._port = port
        self._history = History(lambda: simulator.statistics)
        self._runner = web.AppRunner(
            application(simulator, self._history, access),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=CLOSE_TIMEOUT,
        )

    @property
    def port(self) -> int:
        """The port it listens on; what was asked for, before ``start``."""
        addresses = self._runner.addresses
        return int(addresses[0][1]) if addresses else self._port

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}/"

    async def start(self) -> None:
        """Listen. Raises OSError."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self.host, self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        self._history.start()

    async def close(self) -> None:
        """Stop listening and end every connection."""
        self._history.stop()
        await self._runner.cleanup()
