"""What a store keeps, and what every store can do.

A store is a set of small records that outlive their writer and expire. It knows nothing of messages and receipts: who
stands above it makes the ids, the keys and the data, and puts a version number of its own into the data.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a store.

    ``id`` is unique within its ``link``, and is made by the writer. ``link`` is a name that the processes of one
    carrier link share; nothing of one link is seen by another. ``kind`` says what the record is for. ``keys`` are those
    under which it is found; it may have none, and other records may have the same. ``expires`` is in seconds since the
    epoch, as ``time.time()`` tells them: from then on it is not found any more, and `Store.expired` hands it over.
    ``data`` belongs to the owner.
    """

    id: str
    link: str
    kind: str
    keys: tuple[str, ...]
    expires: float
    data: bytes


class Store(Protocol):
    """What correlation and gathering need of a store. MemoryStore, SqliteStore and RedisStore are three.

    Operations of one store take effect in the order in which they were called, so that what was added is found although
    nobody has waited for it yet. What fails raises StoreError, for exactly those whose operation it was, and the store
    goes on if it can. A StoreError says that an operation may not have taken effect, not that it has not: a commit can
    fail on its way back.

    A claim (`remove`, `expired`, `swap`) is atomic across processes: of several who try, one gets it. What a cancelled
    `remove` or `expired` has taken out is put back; what a process has taken that is killed, or whose answer is lost,
    is gone with it, but for what `expired` has given out with ``until``.
    """

    async def open(self) -> None:
        """Make it ready; what was kept is there. Raises StoreError, also where a newer schema is found."""

    async def close(self) -> None:
        """Carry out what has been asked for, and let go. Operations after that raise StoreError. May be repeated."""

    def add(self, record: Record) -> "asyncio.Future[None] | None":
        """Keep a record. One with the same id in the same link is replaced, and it counts as added last.

        When the Future is done, the record survives SIGKILL of this process. None is returned by a store that holds the
        record as durably as it ever will, so that no turn of the loop is lost; what fails there is raised at once.
        """

    def change(self, record: Record) -> "asyncio.Future[None] | None":
        """Give the record with this id other data and another time of expiry; its kind, keys and place stay.

        Where it is not there any more, because somebody has claimed it, nothing happens: it does not come back.
        """

    async def swap(self, record: Record, was: bytes) -> bool:
        """`change`, but only where its data still is ``was``. Of several who try from the same data one gets True."""

    async def find(self, link: str, kind: str, keys: Collection[str]) -> list[Record]:
        """Those with any of the keys that have not expired, each once, in the order in which they were added."""

    async def remove(self, link: str, ids: Collection[str]) -> set[str]:
        """Take records out; returns the ids of those that this very call took. Each goes to one caller only."""

    async def expired(self, link: str, now: float, limit: int = 1000, until: float | None = None) -> list[Record]:
        """Take out and return what has expired at ``now``, the earliest first. Each goes to one caller only.

        With ``until`` it stays, where nobody finds it, and expires once more then, if it was not removed or added again
        meanwhile: what a process has got and not finished goes to another one. ``count`` counts it.
        """

    async def count(self, link: str, kind: str) -> int:
        """How many are kept, with those that have expired and that nobody has taken out yet."""
