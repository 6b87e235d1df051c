"""Places where stores keep their records, so that one test can open each kind of store at the same place again."""

import itertools
import pathlib
import time
from collections.abc import Callable
from typing import TypeAlias

from smppcore.store import MemoryStore, Record, SqliteStore, Store
from smppcore.store.redis import RedisStore

KINDS = ("memory", "sqlite", "redis")
Place: TypeAlias = Callable[[], Store]
_numbers = itertools.count()


class Clock:
    """Time that stands until it is moved; it begins at the present, because a Redis server has a clock of its own."""

    def __init__(self) -> None:
        self.now = float(int(time.time()))

    def __call__(self) -> float:
        return self.now


def place(kind: str, directory: pathlib.Path, url: Callable[[], str], clock: Clock) -> Place:
    """Makes stores of a kind that have their records in common, at a place that nobody else has."""
    name = f"place{next(_numbers)}"
    if kind == "sqlite":
        return lambda: SqliteStore(directory / f"{name}.db", clock=clock)
    if kind == "redis":
        return lambda: RedisStore(url(), prefix=name, clock=clock)
    one = MemoryStore(clock=clock)
    return lambda: one


def record(
    id_: str,
    *keys: str,
    link: str = "acme",
    kind: str = "message",
    expires: float = 4_000_000_000.0,
    data: bytes = b"{}",
) -> Record:
    return Record(id_, link, kind, keys, expires, data)


async def add(store: Store, *records: Record) -> None:
    """Add them, and wait until they are kept."""
    for future in [store.add(each) for each in records]:
        if future is not None:
            await future


async def change(store: Store, changed: Record) -> None:
    future = store.change(changed)
    if future is not None:
        await future
