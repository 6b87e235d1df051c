"""A process that adds records under load until it is killed: ``python writer.py KIND WHERE``.

Writes the id of each to standard output once its Future is done.
"""

import asyncio
import itertools
import os
import sys

from smppcore.store import Record, SqliteStore, Store
from smppcore.store.redis import RedisStore

CALLERS = 50
numbers = itertools.count()


def opened(kind: str, where: str) -> Store:
    if kind == "redis":
        return RedisStore(where)
    return SqliteStore(where, synchronous="normal" if kind == "normal" else "full")


async def caller(store: Store) -> None:
    for number in numbers:
        keys = (f"id:{number}", f"to:{number % 100}")
        future = store.add(Record(str(number), "acme", "message", keys, 4e9, b"%d" % number))
        if future is not None:
            await future
        os.write(1, f"{number}\n".encode())


async def main(kind: str, where: str) -> None:
    store = opened(kind, where)
    await store.open()
    await asyncio.gather(*(caller(store) for _ in range(CALLERS)))


asyncio.run(main(*sys.argv[1:]))
