"""A process that claims records: ``python claimer.py KIND WHERE SEED``; begins when it is told on standard input.

Writes each id that it got: by removing in odd portions, by what has expired, and by swapping.
"""

import asyncio
import random
import sys

from smppcore.store import Record, SqliteStore, Store
from smppcore.store.redis import RedisStore
from store.two_processes import EXPIRING, REMOVED, SWAPPED


async def claim(store: Store, chance: random.Random, seed: str) -> None:
    removed, swapped = list(REMOVED), list(SWAPPED)
    chance.shuffle(removed)
    chance.shuffle(swapped)
    while removed:
        portion = [removed.pop() for _ in range(min(len(removed), chance.randrange(1, 10)))]
        report(await store.remove("acme", portion))
        report({each.id for each in await store.expired("acme", 1000, chance.randrange(1, 10))})
        for id_ in [swapped.pop() for _ in range(min(len(swapped), 5))]:
            if await store.swap(Record(id_, "acme", "message", (), 4e9, seed.encode()), b"free"):
                report({id_})
    while expired := await store.expired("acme", 1000, len(EXPIRING)):
        report({each.id for each in expired})


def report(ids: set[str]) -> None:
    for id_ in ids:
        sys.stdout.write(f"{id_}\n")
    sys.stdout.flush()


async def main(kind: str, where: str, seed: str) -> None:
    store: Store = RedisStore(where) if kind == "redis" else SqliteStore(where)
    await store.open()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    await claim(store, random.Random(seed), seed)
    await store.close()


asyncio.run(main(*sys.argv[1:]))
