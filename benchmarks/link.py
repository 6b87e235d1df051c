"""What a Link costs beside an Esme, and what each of its options costs: CPU per message, all in one run.

usage: python -m benchmarks.link [COUNT] [WINDOW] [ROUNDS] [KIND ...]

COUNT (10,000) submit_sm of 100 octets go to benchmarks.smsc with WINDOW (64) in flight, by turns in each of KINDS, in
ROUNDS (5) rounds; what is counted is the CPU of the sending process, all of its threads, from the bind to the last
answer. Of each kind the median counts, and the ratio is to an Esme in the same round. Receipts are asked for where
they are correlated; none come. Redis is measured where a redis-server is installed.
"""

import asyncio
import contextlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final

import uvloop

import smppcore
from benchmarks.tls import free_port, start
from smppcore import Link, Middleware, SubmitSm
from smppcore.access_log import AccessLog
from smppcore.correlation import Correlation
from smppcore.requests import EsmeRequests
from smppcore.store import MemoryStore, SqliteStore, Store
from smppcore.trace import Trace

Client = AbstractAsyncContextManager[EsmeRequests]


class Watching(Middleware):
    """Looks on, and does nothing."""

    def verdict(self, end: Any, pdu: Any, verdict: Any, seconds: float) -> None:
        pass


class Altering(Middleware):
    """Lets every request through, having been asked."""

    def outbound(self, end: Any, pdu: Any) -> None:
        pass


@contextlib.asynccontextmanager
async def link(url: str, binds: int = 1, **options: Any) -> AsyncIterator[EsmeRequests]:
    async with Link(url, binds=binds, **options) as bound:
        while len(bound.esmes) < binds:
            await bound.wait_up()
            await asyncio.sleep(0)
        yield bound


@contextlib.asynccontextmanager
async def traced(url: str, window: int, name: str) -> AsyncIterator[EsmeRequests]:
    with tempfile.TemporaryDirectory() as folder:
        async with Trace(Path(folder) / name) as trace, link(url, window=window, trace=trace) as bound:
            yield bound


@contextlib.asynccontextmanager
async def metered(url: str, window: int) -> AsyncIterator[EsmeRequests]:
    from prometheus_client import CollectorRegistry

    from smppcore.metrics import Metrics

    async with link(url, window=window, middleware=[Metrics(registry=CollectorRegistry())]) as bound:
        yield bound


@contextlib.asynccontextmanager
async def logged(url: str, window: int) -> AsyncIterator[EsmeRequests]:
    records: deque[dict[str, Any]] = deque(maxlen=100)
    async with link(url, window=window, middleware=[AccessLog(records.append)]) as bound:
        yield bound


@contextlib.asynccontextmanager
async def correlated(url: str, window: int, make: Callable[[Path], Store]) -> AsyncIterator[EsmeRequests]:
    with tempfile.TemporaryDirectory() as folder:
        async with link(url, window=window, correlation=Correlation(make(Path(folder)))) as bound:
            yield bound


@contextlib.asynccontextmanager
async def with_redis(url: str, window: int) -> AsyncIterator[EsmeRequests]:
    from smppcore.store.redis import RedisStore

    with redis_server() as server:
        async with correlated(url, window, lambda _: RedisStore(server)) as bound:
            yield bound


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """A server of its own that writes nothing to the disk; gives its URL."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
            try:
                until_open(port)
                yield f"redis://127.0.0.1:{port}"
            finally:
                server.terminate()


def until_open(port: int) -> None:
    """Wait until somebody listens; ten seconds at most."""
    deadline = time.monotonic() + 10
    while True:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        if time.monotonic() > deadline:
            raise SystemExit("redis-server did not start")
        time.sleep(0.01)


KINDS: Final[dict[str, Callable[[str, int], Client]]] = {
    "Esme": lambda url, window: smppcore.connect(url, window=window),
    "Link of one bind": lambda url, window: link(url, window=window),
    "Link of four binds": lambda url, window: link(url, 4, window=window // 4),
    "lanes": lambda url, window: link(url, window=window, lanes=("code", "campaign")),
    "throttle": lambda url, window: link(url, window=window, throttle=1e9),
    "middleware that looks on": lambda url, window: link(url, window=window, middleware=[Watching()]),
    "three that may alter": lambda url, window: link(url, window=window, middleware=[Altering()] * 3),
    "metrics": metered,
    "access log": logged,
    "trace as pcapng": lambda url, window: traced(url, window, "all.pcapng"),
    "trace as JSON lines": lambda url, window: traced(url, window, "all.jsonl"),
    "correlation in memory": lambda url, window: correlated(url, window, lambda _: MemoryStore()),
    "correlation in SQLite": lambda url, window: correlated(url, window, lambda at: SqliteStore(at / "store.db")),
    "correlation in Redis": with_redis,
}
ASKING: Final = frozenset(kind for kind in KINDS if kind.startswith("correlation"))


async def send(kind: str, port: int, count: int, window: int) -> float:
    """Send so many messages; returns the CPU seconds of this process for that."""
    numbers, text, registered = iter(range(count)), b"a" * 100, int(kind in ASKING)
    async with KINDS[kind](f"smpp://smppclient1:password@127.0.0.1:{port}", window) as client:

        async def worker() -> None:
            for number in numbers:
                await client.submit_sm(
                    SubmitSm(
                        source_addr="12345",
                        destination_addr=str(31_600_000_000 + number),
                        short_message=text,
                        registered_delivery=registered,
                    )
                )

        since = time.process_time()
        await asyncio.gather(*(worker() for _ in range(window)))
        return time.process_time() - since


def table(measured: dict[str, list[float]], count: int) -> list[str]:
    """A row of Markdown for each kind: microseconds per message, and the ratio to the first kind, with its spread."""
    first = next(iter(measured.values()))
    lines = ["| | CPU per message, us | beside an Esme | from | to |", "|---|---|---|---|---|"]
    for kind, seconds in measured.items():
        ratios = [each / base for each, base in zip(seconds, first, strict=True)]
        cost = statistics.median(seconds) / count * 1e6
        lines.append(
            f"| {kind} | {cost:.2f} | {statistics.median(ratios):.2f} | {min(ratios):.2f} | {max(ratios):.2f} |"
        )
    return lines


def main(count: int, window: int, rounds: int, *, kinds: Sequence[str]) -> None:
    chosen = [kind for kind in KINDS if not kinds or kind in kinds or kind == "Esme"]
    if shutil.which("redis-server") is None:
        chosen = [kind for kind in chosen if "Redis" not in kind]
        print("no redis-server is installed: Redis is left out")
    measured: dict[str, list[float]] = {kind: [] for kind in chosen}
    port = free_port()
    with start("benchmarks.smsc", port) as smsc:
        if smsc.stdout is None or smsc.stdout.readline() != "ready\n":
            raise SystemExit("the SMSC did not start")
        for kind in chosen:
            uvloop.run(send(kind, port, count // 10, window))  # imports and caches
        for _ in range(rounds):
            for kind in chosen:
                measured[kind].append(uvloop.run(send(kind, port, count, window)))
        smsc.terminate()
    print("\n".join(table(measured, count)))


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:4]]
    main(*(given + [10_000, 64, 5][len(given) :]), kinds=sys.argv[4:])
