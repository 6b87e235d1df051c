"""Thousands of ESMEs in one process: plain protocols that bind, answer enquire_link and submit, and keep count."""

import asyncio
import statistics
from collections.abc import Iterator
from typing import cast

from smppcore.constants import CommandId
from smppcore.pdu import BindTransceiver, SubmitSm
from smppcore.reference import HEADER

BIND = BindTransceiver(system_id="id", password="secret").encode(1)
AT_ONCE = 50
"""So many connect at the same time: no more than fit into the queue of a listening socket."""
PER_ADDRESS = 5_000
"""Connections from one address of the loopback network: well below the number of free ports."""


class Client(asyncio.Protocol):
    """One ESME. ``asked`` counts the enquire_links it has answered."""

    def __init__(self, crowd: "Crowd", place: int) -> None:
        self._crowd = crowd
        self._tail = b""
        self.place = place
        self.bound = False
        self.asked = 0
        self.answered = 0
        self.wrong: list[str] = []
        self._texts: Iterator[bytes] = iter(())
        self._in_flight: dict[int, bytes] = {}
        self._number = 1
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(BIND)

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.lost(self)

    def data_received(self, data: bytes) -> None:
        data = self._tail + data
        start, end = 0, len(data)
        out: list[bytes] = []
        while end - start >= 16:
            length, command_id, status, number = HEADER.unpack_from(data, start)
            if end - start < length:
                break
            self._take(command_id, status, number, data[start + 16 : start + length], out)
            start += length
        self._tail = data[start:]
        if out:
            self.transport.write(b"".join(out))

    def _take(self, command_id: int, status: int, number: int, body: bytes, out: list[bytes]) -> None:
        if command_id == CommandId.SUBMIT_SM_RESP:
            self._answer(status, number, body)
            self._send_next(out)
        elif command_id == CommandId.ENQUIRE_LINK:
            out.append(HEADER.pack(16, CommandId.ENQUIRE_LINK_RESP, 0, number))
            self.asked += 1
            self._crowd.asked(self.asked)
        elif command_id == CommandId.BIND_TRANSCEIVER_RESP and not status:
            self.bound = True
            self._crowd.bound(self)
        else:
            self.wrong.append(f"command_id 0x{command_id:08X}, status {status}")

    def _answer(self, status: int, number: int, body: bytes) -> None:
        text = self._in_flight.pop(number, None)
        if text is None or status or body != text + b"\0":
            self.wrong.append(f"submit_sm {number} {text!r}: status {status}, {body!r}")
        self.answered += 1
        self._crowd.answered()

    def _send_next(self, out: list[bytes]) -> None:
        text = next(self._texts, None)
        if text is not None:
            self._number += 1
            self._in_flight[self._number] = text
            out.append(SubmitSm(destination_addr="1", short_message=text).encode(self._number))

    def submit(self, texts: Iterator[bytes], window: int) -> None:
        """Send these, so many at once."""
        self._texts = texts
        out: list[bytes] = []
        for _ in range(window):
            self._send_next(out)
        self.transport.write(b"".join(out))


class Crowd:
    """The ESMEs at one port; ``unexpected`` counts those whose connection ended before they left."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._loop = asyncio.get_running_loop()
        self.clients: list[Client] = []
        self.unexpected = 0
        self._leaving = False
        self._present = 0
        self._empty: asyncio.Future[None] = self._loop.create_future()
        self._arrivals: dict[Client, asyncio.Future[None]] = {}
        self._rounds: dict[int, int] = {}
        self._round = (0, self._empty)
        self._count = 0
        self._goal = (0, self._empty)
        self.halfway: list[int] = []
        """How many answers each had had when half of all the messages were answered."""

    async def bind(self, count: int) -> None:
        """Bind that many more."""
        places = iter(range(len(self.clients), len(self.clients) + count))
        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, count)):
                group.create_task(self._bind_from(places))

    async def _bind_from(self, places: Iterator[int]) -> None:
        for place in places:
            client = Client(self, place)
            arrival = self._arrivals[client] = self._loop.create_future()
            source = (f"127.0.0.{2 + place // PER_ADDRESS}", 0)
            await self._loop.create_connection(lambda: client, "127.0.0.1", self._port, local_addr=source)  # noqa: B023
            self._present += 1
            self.clients.append(client)
            await arrival

    def bound(self, client: Client) -> None:
        self._arrivals.pop(client).set_result(None)

    def lost(self, client: Client) -> None:
        self._present -= 1
        if not self._leaving:
            self.unexpected += 1
        arrival = self._arrivals.pop(client, None)
        if arrival is not None:
            arrival.set_exception(ConnectionError("the connection was lost before the answer to the bind"))
        if not self._present and not self._empty.done():
            self._empty.set_result(None)

    async def leave(self) -> None:
        """Drop every connection, and wait until they are closed."""
        self._leaving = True
        for client in self.clients:
            client.transport.close()
        await self._empty
        self._empty = self._loop.create_future()
        self._leaving = False
        self.clients.clear()

    # -- keep-alive

    async def all_asked(self, times: int) -> None:
        """Wait until each has answered that many enquire_links."""
        future = self._loop.create_future()
        self._round = (times, future)
        if self._rounds.get(times, 0) < len(self.clients):
            await future

    def asked(self, times: int) -> None:
        self._rounds[times] = arrived = self._rounds.get(times, 0) + 1
        wanted, future = self._round
        if times == wanted and arrived == len(self.clients) and not future.done():
            future.set_result(None)

    # -- traffic

    async def submit(self, each: int, window: int, label: str) -> None:
        """Let every one of them send so many messages, all at once; ends when all are answered."""
        self._count, self.halfway = 0, []
        for client in self.clients:
            client.answered = 0
        self._goal = (each * len(self.clients), self._loop.create_future())
        for client in self.clients:
            client.submit(_texts(label, client.place, each), window)
        await self._goal[1]

    def answered(self) -> None:
        self._count += 1
        goal, future = self._goal
        if self._count == goal // 2:
            self.halfway = [client.answered for client in self.clients]
        if self._count == goal and not future.done():
            future.set_result(None)

    @property
    def wrong(self) -> list[str]:
        """Whatever a client got and should not have got."""
        return [each for client in self.clients for each in client.wrong]

    @property
    def slowest(self) -> float:
        """Halfway, the answers of the one that had had the fewest, as a share of the average."""
        return min(self.halfway) / statistics.mean(self.halfway)


def _texts(label: str, place: int, each: int) -> Iterator[bytes]:
    return (f"{label} {place} {n}".encode() for n in range(each))
