"""Records in memory: as quick as it gets, and gone with the process."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection
from dataclasses import replace
from heapq import heapify, heappop, heappush
from itertools import islice
from math import inf, nextafter
from typing import Final

from smppcore.errors import StoreError
from smppcore.log import log
from smppcore.store.record import Record

LIMIT: Final = 1_000_000
"""Records of one link. A million with two keys each take about a gigabyte."""

_SWEEP: Final = 1000
"""As many entries of a queue of expiry that are gone are not worth a sweep."""


class _Held:
    """A record, and when it was added. ``gone`` where only the queue of expiry still has it."""

    __slots__ = ("gone", "number", "record")

    def __init__(self, number: int, record: Record) -> None:
        self.number = number
        self.record = record
        self.gone = False

    def __lt__(self, other: "_Held") -> bool:
        return (self.record.expires, self.number) < (other.record.expires, other.number)


class _Shelf:
    """The records of one link."""

    def __init__(self) -> None:
        self.held: OrderedDict[str, _Held] = OrderedDict()
        self.index: dict[tuple[str, str], dict[str, None]] = {}
        self.kinds: Counter[str] = Counter()
        self._queue: list[_Held] = []

    def put(self, number: int, record: Record) -> None:
        held = self.held[record.id] = _Held(number, record)
        for key in record.keys:
            self.index.setdefault((record.kind, key), {})[record.id] = None
        self.kinds[record.kind] += 1
        heappush(self._queue, held)

    def change(self, held: _Held, record: Record) -> None:
        held.gone = True
        changed = replace(held.record, data=record.data, expires=record.expires)
        anew = self.held[record.id] = _Held(held.number, changed)
        heappush(self._queue, anew)
        self._sweep()

    def take(self, id_: str) -> Record | None:
        held = self.held.pop(id_, None)
        if held is None:
            return None
        held.gone = True
        self._forget_keys(held.record)
        self.kinds[held.record.kind] -= 1
        self._sweep()
        return held.record

    def hide(self, id_: str, until: float) -> None:
        """Nobody finds it any more, until it expires again."""
        held = self.held[id_]
        self._forget_keys(held.record)
        self.change(held, replace(held.record, expires=until))

    def _forget_keys(self, record: Record) -> None:
        for key in set(record.keys):
            found = self.index.get((record.kind, key), {})
            found.pop(record.id, None)
            if not found:
                self.index.pop((record.kind, key), None)

    def due(self, now: float) -> Record | None:
        """What has expired first; it is still there."""
        while self._queue and self._queue[0].gone:
            heappop(self._queue)
        return self._queue[0].record if self._queue and self._queue[0].record.expires <= now else None

    def _sweep(self) -> None:
        """Drop what is gone, once it is more than what is there: that costs little for each that has gone."""
        if len(self._queue) > 2 * len(self.held) + _SWEEP:
            self._queue = [held for held in self._queue if not held.gone]
            heapify(self._queue)


class MemoryStore:
    """Records in this process, about ``limit`` of each link.

    Those above the limit are handed over by the next call of `expired`, the oldest first, although their time has not
    come; they are found until then. Where nobody calls it, `add` raises StoreError at twice the limit: nothing is lost
    in silence. What an operation takes does not grow with what is kept, but for the queue of expiry, where it grows
    with the logarithm. ``clock`` gives seconds since the epoch.
    """

    def __init__(self, limit: int = LIMIT, *, clock: Callable[[], float] = time.time) -> None:
        if limit < 1:
            raise ValueError(f"limit must be at least 1, not {limit}")
        self._limit = limit
        self._clock = clock
        self._shelves: dict[str, _Shelf] = {}
        self._added = 0
        self._open = False

    def __repr__(self) -> str:
        return f"<MemoryStore of {sum(len(shelf.held) for shelf in self._shelves.values())} records>"

    async def open(self) -> None:
        """What was kept before `close` is still there."""
        self._open = True

    async def close(self) -> None:
        """What is kept stays as long as this object."""
        self._open = False

    def add(self, record: Record) -> None:
        """Keep it, at once. Raises StoreError at twice the limit."""
        shelf = self._shelf(record.link)
        shelf.take(record.id)
        if len(shelf.held) >= 2 * self._limit:
            raise StoreError(f"the store is full: nobody collects what is above {self._limit} records")
        self._added += 1
        shelf.put(self._added, record)
        if len(shelf.held) == self._limit + 1:
            log.warning("store has reached its limit", link=record.link, limit=self._limit)

    def change(self, record: Record) -> None:
        """Change it, at once, where it is there."""
        shelf = self._shelf(record.link)
        held = shelf.held.get(record.id)
        if held is not None:
            shelf.change(held, record)

    async def swap(self, record: Record, was: bytes) -> bool:
        """Change it where its data still is ``was``."""
        shelf = self._shelf(record.link)
        held = shelf.held.get(record.id)
        if held is None or held.record.data != was:
            return False
        shelf.change(held, record)
        return True

    async def find(self, link: str, kind: str, keys: Collection[str]) -> list[Record]:
        """Those with any of the keys that have not expired, as they were added."""
        shelf, now = self._shelf(link), self._clock()
        found = {id_: shelf.held[id_] for key in keys for id_ in shelf.index.get((kind, key), ())}
        living = [held for held in found.values() if held.record.expires > now]
        if len(living) > 1:
            living.sort(key=lambda held: held.number)
        return [held.record for held in living]

    async def remove(self, link: str, ids: Collection[str]) -> set[str]:
        """Take records out; returns the ids of those that were there."""
        shelf = self._shelf(link)
        return {id_ for id_ in ids if shelf.take(id_) is not None}

    async def expired(self, link: str, now: float, limit: int = 1000, until: float | None = None) -> list[Record]:
        """Take out what is above the limit of the store, and take out, or hide, what has expired."""
        shelf = self._shelf(link)
        above = max(0, len(shelf.held) - self._limit)
        ids = list(islice(shelf.held, min(above, limit)))
        records = [record for record in map(shelf.take, ids) if record is not None]
        while len(records) < limit and (due := shelf.due(now)) is not None:
            records.append(due)
            if until is None:
                shelf.take(due.id)
            else:
                shelf.hide(due.id, max(until, nextafter(now, inf)))
        return records

    async def count(self, link: str, kind: str) -> int:
        """How many are kept, expired ones included."""
        return self._shelf(link).kinds[kind]

    def _shelf(self, link: str) -> _Shelf:
        if not self._open:
            raise StoreError("the store is not open")
        shelf = self._shelves.get(link)
        if shelf is None:
            shelf = self._shelves[link] = _Shelf()
        return shelf
