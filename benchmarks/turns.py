"""Ways to send, by turns in this process, to ``benchmarks.smsc``: CPU per message of all threads of this process.

What is counted is from the bind to the last answer. A turn of a hundredth of the messages before the rounds takes the
imports and caches.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

import uvloop

from benchmarks.process import smsc
from benchmarks.section import Table
from benchmarks.spread import Spread
from benchmarks.traffic import send
from smppcore.requests import EsmeRequests

Client = AbstractAsyncContextManager[EsmeRequests]
Way = Callable[[str, int], Client]
"""Makes a client of a URL and a window."""
Measured = dict[str, list[float]]
"""Seconds of CPU of each round, by the way."""


def measure(
    ways: Mapping[str, Way], count: int, window: int, rounds: int, *, asking: frozenset[str] = frozenset()
) -> Measured:
    """Send so many messages in each way and round; those of ``asking`` ask for receipts."""
    found: Measured = {name: [] for name in ways}
    with smsc() as (_, port):
        url = f"smpp://smppclient1:password@127.0.0.1:{port}"

        async def turn(name: str, count: int) -> float:
            async with ways[name](url, window) as client:
                since = time.process_time()
                await send([client], count, window, registered_delivery=int(name in asking))
                return time.process_time() - since

        for name in ways:
            uvloop.run(turn(name, count // 100 + 1))
        for _ in range(rounds):
            for name, seconds in found.items():
                seconds.append(uvloop.run(turn(name, count)))
    return found


def table(found: Measured, count: int) -> Table:
    """A row for each way: microseconds per message, and the ratio to the first way with its spread."""
    first = next(iter(found))
    rows = []
    for name, seconds in found.items():
        cost = Spread.of(each / count * 1e6 for each in seconds)
        rows.append([name, f"{cost.median:.2f}", Spread.ratio(seconds, found[first]).text()])
    return Table(["", "CPU per message, us", f"to {first}"], rows)
