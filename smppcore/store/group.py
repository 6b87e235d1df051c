"""Group commit: what is asked for while a commit runs goes into the next one.

So a thousand calls cost one commit, and a single call waits for nobody. What a store does with a group, in a thread or
over a connection, is its own matter; here stands what all such stores have in common.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeAlias

from smppcore.errors import StoreError
from smppcore.log import log
from smppcore.store.operation import CLAIMS, Add, Change, Count, Expired, Find, Operation, Outcome, Remove
from smppcore.store.record import Record

Asked: TypeAlias = tuple[Operation, "asyncio.Future[Any]"]


class GroupStore(ABC):
    """A store whose operations are carried out in groups of at most ``largest``, one group after the other."""

    def __init__(self, largest: int, clock: Callable[[], float]) -> None:
        self._largest = largest
        self._clock = clock
        self._waiting: list[Asked] = []
        self._group: Sequence[Asked] = ()
        self._busy = False
        self._ready = False
        self._idle = asyncio.Event()
        self._changing = asyncio.Lock()

    @abstractmethod
    async def _connect(self) -> None:
        """Get at what is kept. Raises StoreError."""

    @abstractmethod
    async def _disconnect(self) -> None:
        """Let go of it."""

    @abstractmethod
    def _start(self, operations: list[Operation]) -> None:
        """Begin to carry out a group; it ends with `_ended`, on the loop, whatever happens."""

    async def open(self) -> None:
        """Make it ready. Raises StoreError where that fails."""
        async with self._changing:
            if not self._ready:
                await self._connect()
                self._loop = asyncio.get_running_loop()
                self._ready = True

    async def close(self) -> None:
        """Carry out what has been asked for, and let go."""
        async with self._changing:
            if self._ready:
                self._ready = False
                try:
                    while self._busy:
                        self._idle.clear()
                        await self._idle.wait()
                finally:
                    self._give_up()
                    await self._disconnect()

    def add(self, record: Record) -> "asyncio.Future[None]":
        """Keep a record; the Future is done when it is committed."""
        return self._ask(Add(record))

    def change(self, record: Record) -> "asyncio.Future[None]":
        """Change a record where it is there; the Future is done when that is committed."""
        return self._ask(Change(record, None))

    async def swap(self, record: Record, was: bytes) -> bool:
        """Change a record where its data still is ``was``."""
        changed: bool = await self._ask(Change(record, was))
        return changed

    async def find(self, link: str, kind: str, keys: Collection[str]) -> list[Record]:
        """Those with any of the keys that have not expired, as they were added."""
        found: list[Record] = await self._ask(Find(link, kind, tuple(keys), self._clock()))
        return found

    async def remove(self, link: str, ids: Collection[str]) -> set[str]:
        """Take records out; returns the ids of those that were there."""
        taken: list[Record] = await self._ask(Remove(link, tuple(ids)))
        return {record.id for record in taken}

    async def expired(self, link: str, now: float, limit: int = 1000, until: float | None = None) -> list[Record]:
        """Take out what has expired, or out of sight ``until`` then."""
        taken: list[Record] = await self._ask(Expired(link, now, limit, until))
        return taken

    async def count(self, link: str, kind: str) -> int:
        """How many are kept, expired ones included."""
        number: int = await self._ask(Count(link, kind))
        return number

    def _ask(self, operation: Operation) -> "asyncio.Future[Any]":
        if not self._ready:
            raise StoreError("the store is not open")
        future = self._loop.create_future()
        self._queue(operation, future)
        return future

    def _queue(self, operation: Operation, future: "asyncio.Future[Any]") -> None:
        self._waiting.append((operation, future))
        if not self._busy:
            self._busy = True
            self._loop.call_soon(self._begin)

    def _begin(self) -> None:
        """Start with all that has gathered. Claims that nobody waits for any more are left out; adds are not."""
        gathered, self._waiting = self._waiting[: self._largest], self._waiting[self._largest :]
        self._group = [each for each in gathered if not (each[1].cancelled() and isinstance(each[0], CLAIMS))]
        self._start([operation for operation, _ in self._group])

    def _ended(self, outcomes: Sequence[Outcome]) -> None:
        """Tell everybody, and go on with what has gathered meanwhile."""
        group, self._group = self._group, ()
        for (operation, future), outcome in zip(group, outcomes, strict=True):
            if future.cancelled():
                self._nobody_waited(operation, outcome)
            elif isinstance(outcome, StoreError):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
        self._busy = bool(self._waiting)
        if self._busy:
            self._begin()
        else:
            self._idle.set()

    def _give_up(self) -> None:
        """A close that is cancelled waits for no more than the present group."""
        given_up, self._waiting = self._waiting, []
        for operation, future in given_up:
            error = StoreError("the store was closed before this was carried out")
            if future.cancelled():
                self._nobody_waited(operation, error)
            else:
                future.set_exception(error)

    def _nobody_waited(self, operation: Operation, outcome: Outcome) -> None:
        if isinstance(outcome, StoreError):
            log.error("operation failed that nobody waits for", store=repr(self), error=str(outcome))
        elif isinstance(operation, CLAIMS) and isinstance(outcome, list):
            for record in outcome:
                unheard = self._loop.create_future()
                unheard.cancel()
                self._queue(Add(record), unheard)
