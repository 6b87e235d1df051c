"""An Smsc and an Esme that talk, and ends that are plain sockets and do only what the test says."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from smppcore.constants import CommandId
from smppcore.dispatch import Handler
from smppcore.esme import BindMode, Esme, connect
from smppcore.notice import Notice
from smppcore.pdu import BindTransceiver, BindTransceiverResp, SubmitSm
from smppcore.reference import HEADER
from smppcore.settings import Settings
from smppcore.smsc import Peer, Smsc

QUICK = Settings(close_timeout=0.3, response_timeout=10)
ACCOUNTS = {"id": "secret"}
SUBMIT = SubmitSm(destination_addr="1")


@dataclass
class Pair:
    smsc: Smsc
    esme: Esme
    peer: Peer
    esme_notices: list[Notice] = field(default_factory=list)
    smsc_notices: list[Notice] = field(default_factory=list)


def url(port: int, password: str = ACCOUNTS["id"]) -> str:
    return f"smpp://id:{password}@127.0.0.1:{port}"


@contextlib.asynccontextmanager
async def pair(
    *,
    smsc: Mapping[type[Any], Handler] | None = None,
    esme: Mapping[type[Any], Handler] | None = None,
    settings: Settings = QUICK,
    smsc_settings: Settings = QUICK,
    bind: BindMode = "transceiver",
) -> AsyncIterator[Pair]:
    """An Esme bound to an Smsc, with these handlers."""
    at_esme: list[Notice] = []
    at_smsc: list[Notice] = []
    async with (
        Smsc(
            accounts=ACCOUNTS, handlers=smsc, settings=smsc_settings, on_notice=lambda _, notice: at_smsc.append(notice)
        ) as server,
        connect(url(server.port), handlers=esme, settings=settings, bind=bind, on_notice=at_esme.append) as client,
    ):
        [peer] = server.peers
        yield Pair(server, client, peer, at_esme, at_smsc)


class RawConnection:
    """A connected socket that reads and writes only what it is told to."""

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        self.socket = connected
        self._buffer = b""
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def to(cls, port: int) -> Self:
        connected = socket.socket()
        connected.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connected, ("127.0.0.1", port))
        return cls(connected)

    async def send(self, octets: bytes) -> None:
        await self._loop.sock_sendall(self.socket, octets)

    async def read(self) -> bytes:
        """The next whole PDU; empty at the end of the stream."""
        while len(self._buffer) < 4 or len(self._buffer) < int.from_bytes(self._buffer[:4], "big"):
            octets = await self._loop.sock_recv(self.socket, 65536)
            if not octets:
                return b""
            self._buffer += octets
        length = int.from_bytes(self._buffer[:4], "big")
        pdu, self._buffer = self._buffer[:length], self._buffer[length:]
        return pdu

    async def header(self) -> tuple[int, int, int]:
        """command_id, command_status and sequence_number of the next PDU."""
        _, command_id, status, number = HEADER.unpack_from(await self.read())
        return command_id, status, number

    async def at_end(self) -> bool:
        """Whether the stream ends here; reads what is left of it."""
        with contextlib.suppress(ConnectionResetError):
            while await self.read():
                pass
        return True

    async def bind(self) -> None:
        """As an ESME: bind, and read the answer."""
        await self.send(BindTransceiver(system_id="id", password="secret").encode(1))
        command_id, status, number = await self.header()
        assert (command_id, status, number) == (CommandId.BIND_TRANSCEIVER_RESP, 0, 1)

    async def accept_bind(self, behind: bytes = b"") -> None:
        """As an SMSC: read a bind_transceiver, and accept it."""
        command_id, _, number = await self.header()
        assert command_id == CommandId.BIND_TRANSCEIVER
        await self.send(BindTransceiverResp(system_id="raw").encode(number) + behind)

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class RawSmsc:
    """A listening socket."""

    def __init__(self, receive_buffer: int | None = None) -> None:
        self._listening = socket.socket()
        if receive_buffer:
            self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._listening.bind(("127.0.0.1", 0))
        self._listening.listen()
        self._listening.setblocking(False)
        self.port: int = self._listening.getsockname()[1]

    async def accept(self) -> RawConnection:
        connected, _ = await asyncio.get_running_loop().sock_accept(self._listening)
        return RawConnection(connected)

    @contextlib.asynccontextmanager
    async def bound(
        self, settings: Settings = QUICK, behind: bytes = b"", **options: Any
    ) -> AsyncIterator[tuple[Esme, RawConnection]]:
        """An Esme bound to a raw SMSC; it is aborted at the end."""
        connecting = asyncio.ensure_future(_await(connect(url(self.port), settings=settings, **options)))
        with await self.accept() as raw:
            await raw.accept_bind(behind)
            esme = await connecting
            try:
                yield esme, raw
            finally:
                esme.abort()
                await esme.wait_closed()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()


async def _await(awaitable: Any) -> Any:
    return await awaitable


def header(command_id: int, number: int, status: int = 0, length: int = 16) -> bytes:
    return HEADER.pack(length, command_id, status, number)
