"""A tap that remembers, and ends to put it on."""

import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from smppcore.dispatch import Handler
from smppcore.esme import Esme, connect
from smppcore.settings import Settings
from smppcore.smsc import Peer, Smsc
from smppcore.tap import Opening, Tap

ACCOUNTS = {"id": "secret"}
SETTINGS = Settings(close_timeout=1, response_timeout=20, window=50)


@dataclass
class Remembered(Tap):
    openings: list[Opening] = field(default_factory=list)
    chunks: list[tuple[bool, bytes]] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)

    def opened(self, opening: Opening) -> None:
        self.openings.append(opening)

    def received(self, octets: bytes) -> None:
        self.chunks.append((False, octets))

    def sent(self, octets: bytes) -> None:
        self.chunks.append((True, octets))

    def closed(self, reason: str) -> None:
        self.ends.append(f"closed: {reason}")

    def removed(self) -> None:
        self.ends.append("removed")

    def octets(self, sent: bool) -> bytes:
        return b"".join(octets for way, octets in self.chunks if way is sent)


@contextlib.asynccontextmanager
async def tapped(
    tap: Tap | None,
    *,
    smsc: Mapping[type[Any], Handler] | None = None,
    esme: Mapping[type[Any], Handler] | None = None,
    at_smsc: ssl.SSLContext | None = None,
    at_esme: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
) -> AsyncIterator[tuple[Esme, Peer, int]]:
    """An Esme with this tap on from the beginning, its peer, and the port."""
    scheme, shown = ("smpps" if at_smsc else "smpp"), f"[{host}]" if ":" in host else host
    async with Smsc(host, accounts=ACCOUNTS, handlers=smsc, settings=SETTINGS, ssl=at_smsc) as server:
        url = f"{scheme}://id:secret@{shown}:{server.port}"
        connecting = connect(url, handlers=esme, settings=SETTINGS, ssl=at_esme)

        def prepare(made: Esme) -> None:
            if tap is not None:
                made.tap(tap)

        client = await connecting.open(prepare)
        try:
            [peer] = server.peers
            yield client, peer, server.port
        finally:
            await client.close()
