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
import sys
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import smppcore
from benchmarks.process import redis_server
from benchmarks.section import Pace, Section, Table
from benchmarks.turns import Way, measure, table
from smppcore import Link, Middleware
from smppcore.access_log import AccessLog
from smppcore.correlation import Correlation
from smppcore.requests import EsmeRequests
from smppcore.store import MemoryStore, SqliteStore, Store
from smppcore.trace import Trace


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

    with tempfile.TemporaryDirectory() as folder, redis_server(Path(folder)) as server:
        async with correlated(url, window, lambda _: RedisStore(server)) as bound:
            yield bound


KINDS: Final[dict[str, Way]] = {
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


def main(count: int, window: int, rounds: int, *, kinds: Sequence[str] = ()) -> Table:
    """The table of the kinds that were asked for, or of all."""
    chosen = {kind: make for kind, make in KINDS.items() if not kinds or kind in kinds or kind == "Esme"}
    if shutil.which("redis-server") is None:
        chosen = {kind: make for kind, make in chosen.items() if "Redis" not in kind}
    return table(measure(chosen, count, window, rounds, asking=ASKING), count)


def section(pace: Pace) -> Section:
    found = main(10_000, 64, pace.rounds)
    absent = "" if any("Redis" in row[0] for row in found.rows) else " No redis-server was installed."
    return Section(
        "Options of a Link",
        "CPU of the sending process per submit_sm, window 64, against an `Esme`, to an `Smsc` (`python -m"
        f" benchmarks.link`). Receipts are asked for where they are correlated; none come.{absent}",
        [found],
    )


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:4]]
    print(main(*(given + [10_000, 64, 5][len(given) :]), kinds=sys.argv[4:]).markdown())
