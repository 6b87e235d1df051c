"""The floor for a generator: an ESME of one asyncio.Protocol that can do nothing but submit_sm, and measures nothing.

usage: floor.py PORT COUNT WINDOW     binds as smppclient1:password, prints the seconds of CPU that COUNT messages took

It has what nobody can do without: a number for each request, a Future for each answer, tasks that wait for them, and
one write for each turn of the loop. It has no states, deadlines, TLVs or errors, and checks no field.
"""

import asyncio
import struct
import sys
import time
from typing import Any

import uvloop

HEADER = struct.Struct(">IIII")
TEXT = b"a" * 100
FIRST = 31_600_000_000


class Floor(asyncio.Protocol):
    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._answers: dict[int, asyncio.Future[str]] = {}
        self._output: list[bytes] = []
        self._tail = b""
        self._number = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def request(self, command_id: int, body: bytes) -> "asyncio.Future[str]":
        self._number = number = self._number + 1
        answer = self._answers[number] = self._loop.create_future()
        if not self._output:
            self._loop.call_soon(self._flush)
        self._output.append(HEADER.pack(16 + len(body), command_id, 0, number) + body)
        return answer

    async def submit(self, destination: str) -> str:
        to = destination.encode("latin-1")
        body = b"\0\1\1%b\0\1\1%b\0\0\0\0\0\0\0\0\0\0%c%b" % (b"12345", to, len(TEXT), TEXT)
        return await self.request(4, body)

    def _flush(self) -> None:
        self.transport.write(b"".join(self._output))
        self._output.clear()

    def data_received(self, data: bytes) -> None:
        data = self._tail + data
        offset, end = 0, len(data)
        while end - offset >= 16:
            length, _, _, number = HEADER.unpack_from(data, offset)
            if offset + length > end:
                break
            self._answers.pop(number).set_result(data[offset + 16 : offset + length - 1].decode("latin-1"))
            offset += length
        self._tail = data[offset:]


async def main(port: int, count: int, window: int) -> None:
    loop = asyncio.get_running_loop()
    transport, floor = await loop.create_connection(Floor, "127.0.0.1", port)
    await floor.request(9, b"smppclient1\0password\0\0\x34\0\0\0")
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            await floor.submit(str(FIRST + number))

    began = time.process_time()
    await asyncio.gather(*(worker() for _ in range(window)))
    sys.stdout.write(f"{time.process_time() - began}\n")
    transport.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(*map(int, sys.argv[1:4])))
