"""The far end for an SMSC: it sends COUNT submit_sm with WINDOW in flight, and checks what comes back.

usage: python -m benchmarks.far_ends.blaster PORT COUNT WINDOW [asyncio] [tls=PEM] [size=N] [sessions=N]

Marks "bound" when all sessions are bound, and "done", with what it found, when the last answer is there. A refusal, an
answer without a message id and an answer to nothing are ``bad``.
"""

import asyncio
import sys
import time
from typing import cast

from benchmarks.far_ends.marks import STALL, Progress, mark
from benchmarks.floors.octets import BIND_TRANSCEIVER, HEADER, RESPONSE, SUBMIT_SM, bind, submit_sm, text_of
from benchmarks.work import Work

ANSWER = RESPONSE | SUBMIT_SM


class Tally(Progress):
    """``ids`` are the message ids that were given."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.sent = 0
        self.ids: set[bytes] = set()


class Blaster(asyncio.Protocol):
    def __init__(self, tally: Tally, window: int, text: bytes) -> None:
        self.tally, self.window, self.text = tally, window, text
        self.tail, self.number = b"", 1
        self.pending: set[int] = set()
        self.bound: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(bind())

    def connection_lost(self, error: Exception | None) -> None:
        reason = f"the connection was lost after {self.tally.found:,} of {self.tally.count:,} answers"
        self.tally.end(reason)
        if not self.bound.done():
            self.bound.set_exception(SystemExit(reason))

    def fill(self, room: int) -> None:
        """Send so many more, if there are so many."""
        tally, output = self.tally, []
        for _ in range(min(room, tally.count - tally.sent)):
            self.number = number = self.number + 1
            self.pending.add(number)
            output.append(submit_sm(number, b"%d" % (31_600_000_000 + tally.sent), self.text))
            tally.sent += 1
        if output:
            self.transport.write(b"".join(output))

    def data_received(self, data: bytes) -> None:
        tally, pending = self.tally, self.pending
        data = self.tail + data
        offset, end, answered = 0, len(data), 0
        while end - offset >= 16:
            length, command_id, status, number = HEADER.unpack_from(data, offset)
            if offset + length > end:
                break
            if command_id == ANSWER:
                answered += 1
                if status or length < 18 or number not in pending:
                    tally.bad += 1
                pending.discard(number)
                tally.ids.add(data[offset + 16 : offset + length - 1])
            elif command_id == RESPONSE | BIND_TRANSCEIVER and not status:
                self.bound.set_result(None)
            elif command_id & RESPONSE:
                tally.end(f"0x{command_id:08X} came, with status 0x{status:08X}")
            offset += length
        self.tail = data[offset:]
        tally.found += answered
        if answered:
            self.fill(answered)
            if tally.found >= tally.count:
                tally.end()


async def main(port: int, count: int, work: Work) -> None:
    loop, tally, text = asyncio.get_running_loop(), Tally(count), text_of(work.size)
    context = work.client_context()
    blasters = []
    for _ in range(work.sessions):
        _, blaster = await loop.create_connection(
            lambda: Blaster(tally, work.window, text), work.host, port, ssl=context
        )
        async with asyncio.timeout(STALL):
            await blaster.bound
        blasters.append(blaster)
    mark("bound")
    began = time.perf_counter()
    for blaster in blasters:
        blaster.fill(work.window)
    await tally.watch()
    rate = tally.found / (time.perf_counter() - began)
    mark("done", count=tally.found, bad=tally.bad, different=len(tally.ids), rate=rate)


if __name__ == "__main__":
    work = Work.read(sys.argv[4:], int(sys.argv[3]))
    work.run(main(int(sys.argv[1]), int(sys.argv[2]), work))
