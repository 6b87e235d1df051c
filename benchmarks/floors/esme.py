"""The floor for an ESME.

usage: python -m benchmarks.floors.esme PORT COUNT WINDOW WORKERS [asyncio] [tls=PEM] [size=N] [sessions=N]
"""

import asyncio
import sys
from collections import deque
from typing import cast

from benchmarks.floors.octets import HEADER, UNBIND, bind, submit_sm, text_of
from benchmarks.work import Work


class FloorEsme(asyncio.Protocol):
    def __init__(self, window: int, text: bytes) -> None:
        self.loop = asyncio.get_running_loop()
        self.window, self.text = window, text
        self.sequence_number, self.tail = 1, b""
        self.pending: dict[int, asyncio.Future[str]] = {}
        self.waiters: deque[asyncio.Future[None]] = deque()
        self.output: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.bound = self.pending[1] = self.loop.create_future()
        self.closed: asyncio.Future[None] = self.loop.create_future()
        self.transport.write(bind())

    def connection_lost(self, error: Exception | None) -> None:
        self.closed.set_result(None)

    def flush(self) -> None:
        self.transport.write(b"".join(self.output))
        self.output.clear()

    async def submit(self, destination: str) -> str:
        while len(self.pending) >= self.window:
            room: asyncio.Future[None] = self.loop.create_future()
            self.waiters.append(room)
            await room
        self.sequence_number = number = self.sequence_number + 1
        answer: asyncio.Future[str] = self.loop.create_future()
        self.pending[number] = answer
        if not self.output:
            self.loop.call_soon(self.flush)
        self.output.append(submit_sm(number, destination.encode("latin-1"), self.text))
        return await answer

    def data_received(self, data: bytes) -> None:
        data = self.tail + data
        offset, end = 0, len(data)
        while end - offset >= 16:
            length, _command_id, _status, number = HEADER.unpack_from(data, offset)
            if offset + length > end:
                break
            answer = self.pending.pop(number, None)
            if answer is not None and not answer.done():
                answer.set_result(data[offset + 16 : offset + length - 1].decode("latin-1"))
            offset += length
        self.tail = data[offset:]
        for _ in range(min(len(self.waiters), self.window - len(self.pending))):
            self.waiters.popleft().set_result(None)

    async def unbind(self) -> None:
        """The far end closes the connection."""
        self.transport.write(HEADER.pack(16, UNBIND, 0, 0x7FFFFFFF))
        await self.closed


async def main(port: int, count: int, workers: int, work: Work) -> None:
    loop, numbers, text = asyncio.get_running_loop(), iter(range(count)), text_of(work.size)
    context = work.client_context()
    esmes = []
    for _ in range(work.sessions):
        _, esme = await loop.create_connection(lambda: FloorEsme(work.window, text), work.host, port, ssl=context)
        await esme.bound
        esmes.append(esme)

    async def worker(esme: FloorEsme) -> None:
        for number in numbers:
            await esme.submit(str(31_600_000_000 + number))

    await asyncio.gather(*(worker(esme) for esme in esmes for _ in range(workers)))
    await asyncio.gather(*(esme.unbind() for esme in esmes))


if __name__ == "__main__":
    port, count, window, workers = map(int, sys.argv[1:5])
    work = Work.read(sys.argv[5:], window)
    work.run(main(port, count, workers, work))
