"""What it costs to keep a record: the stores beside each other, in one run.

usage: python -m benchmarks.store [RECORDS]     10,000 unless told otherwise; a tenth of that for one caller

Callers add records of 200 octets under two keys, each the next one when its last one is kept. Prints microseconds of
CPU per add in this process, all its threads included, the same as a multiple of memory's; what the Redis server needed
besides; and how long an add took, median and 99th percentile. It starts Redis servers of its own on Unix sockets, so
redis-server must be installed; files are made in the directory for temporary files, whose disk decides what an fsync
takes.
"""

import asyncio
import itertools
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import uvloop
from redis import Redis

from benchmarks.process import redis_server
from smppcore.store import MemoryStore, Record, SqliteStore, Store
from smppcore.store.redis import RedisStore

CALLERS: Final = (1, 16, 64, 256)
DATA: Final = b"x" * 200
DAYS: Final = 3 * 86_400


class Price(NamedTuple):
    """Microseconds per add: CPU here and in a server, and how long it took."""

    here: float
    there: float
    median: float
    slowest: float


def cpu_of_server(url: str) -> float:
    """Seconds of CPU that a server has used; 0 without one."""
    if not url:
        return 0.0
    with Redis.from_url(url) as client:
        used: Any = client.info("cpu")
        return float(used["used_cpu_user"]) + float(used["used_cpu_sys"])


async def price(store: Store, url: str, count: int, callers: int) -> Price:
    await store.open()
    numbers, took = iter(range(count)), []

    async def caller() -> None:
        for number in numbers:
            keys = (f"id:{number:08x}", f"to:{31_600_000_000 + number}")
            record = Record(f"m{number}", "carrier", "message", keys, time.time() + DAYS, DATA)
            began = time.perf_counter()
            kept = store.add(record)
            if kept is not None:
                await kept
            took.append(time.perf_counter() - began)

    there, here = cpu_of_server(url), time.process_time()
    await asyncio.gather(*(caller() for _ in range(callers)))
    here, there = time.process_time() - here, cpu_of_server(url) - there
    await store.close()
    took.sort()
    return Price(*(1e6 * each for each in (here / count, there / count, took[count // 2], took[count * 99 // 100])))


def main(records: int) -> None:
    numbers = itertools.count()
    print(f"{'store':30} {'callers':>7} {'CPU us':>8} {'x memory':>8} {'server':>7} {'median us':>10} {'99 % us':>9}")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        always, second = directory / "always", directory / "second"
        always.mkdir()
        second.mkdir()
        log = ("--appendonly", "yes", "--appendfsync")
        with redis_server(always, *log, "always") as slow, redis_server(second, *log, "everysec") as quick:
            stores: list[tuple[str, str, Callable[[Path], Store]]] = [
                ("memory", "", lambda _: MemoryStore()),
                ("SQLite, synchronous full", "", SqliteStore),
                ("SQLite, synchronous normal", "", lambda path: SqliteStore(path, synchronous="normal")),
                ("Redis, appendfsync everysec", quick, lambda path: RedisStore(quick, prefix=path.name)),
                ("Redis, appendfsync always", slow, lambda path: RedisStore(slow, prefix=path.name)),
            ]
            for callers in CALLERS:
                count, memory = records if callers > 1 else records // 10, 0.0
                for text, url, make in stores:
                    path = directory / f"run{next(numbers)}"
                    found = uvloop.run(price(make(path), url, count, callers))
                    memory = memory or found.here
                    figures = f"{found.here:8.1f} {found.here / memory:8.1f} {found.there:7.1f}"
                    print(f"{text:30} {callers:7} {figures} {found.median:10.0f} {found.slowest:9.0f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
