"""What middleware costs: CPU per message of an ESME without any, with one that looks on, and with three that alter.

usage: python -m benchmarks.middleware [COUNT] [WINDOW]

COUNT submit_sm (20,000) go to benchmarks.smsc with WINDOW (64) in flight, by turns in each way, five rounds; of each
the smallest counts, because what else the machine does can only add to it. Only the ESME is measured, without its start
and its bind. The observer overrides ``verdict``; each of the three gives another PDU in place of the one it gets.
"""

import asyncio
import itertools
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import uvloop

from benchmarks.tls import free_port, start
from smppcore import Middleware, Request, Requests, SubmitSm, connect

ROUNDS: Final = 5


class Observer(Middleware):
    """Counts, and adds up how long it took."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0

    def verdict(self, end: Requests, pdu: Request[Any], verdict: object, seconds: float) -> None:
        self.count += 1
        self.seconds += seconds


class Changer(Middleware):
    """Gives another PDU, with another source."""

    def __init__(self, source: str) -> None:
        self._source = source

    def outbound(self, end: Requests, pdu: Request[Any]) -> Request[Any] | None:
        return replace(pdu, source_addr=self._source) if isinstance(pdu, SubmitSm) else None


WAYS: Final[Mapping[str, Sequence[Middleware]]] = {
    "no middleware": (),
    "one that looks on": (Observer(),),
    "three that alter": (Changer("1"), Changer("2"), Changer("3")),
}


async def run(port: int, count: int, window: int, middleware: Sequence[Middleware]) -> float:
    """CPU seconds for so many messages."""
    numbers = itertools.count()
    url = f"smpp://smppclient1:password@127.0.0.1:{port}"
    async with connect(url, window=window, middleware=middleware) as esme:

        async def worker() -> None:
            while (number := next(numbers)) < count:
                await esme.submit_sm(
                    SubmitSm(
                        source_addr="12345", destination_addr=str(31_600_000_000 + number), short_message=b"a" * 100
                    )
                )

        began = time.process_time()
        await asyncio.gather(*(worker() for _ in range(window)))
        return time.process_time() - began


def main(count: int = 20_000, window: int = 64) -> None:
    port = free_port()
    with start("benchmarks.smsc", port) as smsc:
        try:
            if smsc.stdout is None or smsc.stdout.readline() != "ready\n":
                raise SystemExit("the SMSC did not start")
            least = dict.fromkeys(WAYS, float("inf"))
            for _ in range(ROUNDS):
                for name, middleware in WAYS.items():
                    least[name] = min(least[name], uvloop.run(run(port, count, window, middleware)))
        finally:
            smsc.send_signal(signal.SIGTERM)
    without = least["no middleware"]
    for name, seconds in least.items():
        print(f"{name}: {seconds / count * 1e6:.2f} us per message, {seconds / without:.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
