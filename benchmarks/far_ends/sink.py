"""The far end for an ESME: it answers, counts and checks COUNT submit_sm.

usage: python -m benchmarks.far_ends.sink PORT COUNT [asyncio] [tls=PEM] [size=N] [sessions=N]

Prints "ready" when listening, marks "bound" before it answers the bind of the last session, and "done", with what it
found, before it answers the last message.
"""

import asyncio
import sys
import time
from typing import cast

from benchmarks.far_ends.marks import Progress, mark
from benchmarks.floors.octets import BINDS, HEADER, RESPONSE, SUBMIT_SM, UNBIND
from benchmarks.work import Work

QUIET = 0.05
"""Seconds in which the ESME deals with the last answers but one."""


class Tally(Progress):
    """``bad``: a submit_sm whose text is not what was asked for."""

    def __init__(self, count: int, work: Work) -> None:
        super().__init__(count)
        self.sessions, self.text = work.sessions, b"a" * work.size
        self.open = 0
        self.bodies: set[bytes] = set()
        self.began = self.ended = 0.0

    def bound(self) -> None:
        self.binds += 1
        if self.binds == self.sessions:
            mark("bound")
            self.began = time.perf_counter()

    def done(self) -> None:
        rate = self.found / (self.ended - self.began)
        mark("done", count=self.found, bad=self.bad, different=len(self.bodies), rate=rate)


class Sink(asyncio.Protocol):
    def __init__(self, tally: Tally) -> None:
        self.tally = tally

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.tail = cast("asyncio.Transport", transport), b""
        self.tally.open += 1

    def connection_lost(self, error: Exception | None) -> None:
        tally = self.tally
        tally.open -= 1
        if not tally.open and tally.binds >= tally.sessions:
            lost = "" if tally.ended else f"the connection was lost after {tally.found:,} of {tally.count:,} messages"
            tally.end(lost)

    def data_received(self, data: bytes) -> None:
        tally = self.tally
        data = self.tail + data
        text, found, bodies = tally.text, tally.found, tally.bodies
        last, held = tally.count, b""
        size, offset, end = len(text), 0, len(data)
        output, leaving = [], False
        while end - offset >= 16:
            length, command_id, _status, number = HEADER.unpack_from(data, offset)
            stop = offset + length
            if stop > end:
                break
            if command_id == SUBMIT_SM:
                found += 1
                if data[stop - size : stop] != text:
                    tally.bad += 1
                bodies.add(data[offset + 16 : stop - size])
                message_id = b"%d\0" % found
                output.append(HEADER.pack(16 + len(message_id), RESPONSE | SUBMIT_SM, 0, number) + message_id)
                if found == last:
                    held = output.pop()
            elif command_id in BINDS:
                tally.bound()
                output.append(HEADER.pack(21, RESPONSE | command_id, 0, number) + b"SINK\0")
            elif not command_id & RESPONSE:
                leaving = leaving or command_id == UNBIND
                output.append(HEADER.pack(16, RESPONSE | command_id, 0, number))
            offset = stop
        tally.found = found
        self.tail = data[offset:]
        if output:
            self.transport.write(b"".join(output))
        if held:
            tally.ended = time.perf_counter()
            asyncio.get_running_loop().call_later(QUIET, self.answer_last, held)
        if leaving:
            self.transport.close()

    def answer_last(self, octets: bytes) -> None:
        self.tally.done()
        self.transport.write(octets)


async def main(port: int, count: int, work: Work) -> None:
    tally = Tally(count, work)
    await asyncio.get_running_loop().create_server(
        lambda: Sink(tally), "127.0.0.1", port, ssl=work.server_context(), backlog=1_000
    )
    print("ready", flush=True)
    await tally.watch()


if __name__ == "__main__":
    work = Work.read(sys.argv[3:])
    work.run(main(int(sys.argv[1]), int(sys.argv[2]), work))
