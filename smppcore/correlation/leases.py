"""Work on records of a store that one process at a time may do, and another one must finish if that process dies.

A record that somebody works on expires soon, unless its expiry is pushed on, which `renew` does as long as this process
lives. What has expired, the store hands to one process, and that one goes on with the work.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from smppcore.errors import StoreError
from smppcore.log import log
from smppcore.store import Record, Store

LONGEST_PAUSE: Final = 3600.0
"""Seconds between two attempts at something that fails again and again."""


class Leases:
    """What this process works on. ``seconds``: how long after its death others go on with it."""

    def __init__(self, store: Store, seconds: float, clock: Callable[[], float]) -> None:
        self.seconds = seconds
        self._store = store
        self._clock = clock
        self._held: dict[str, tuple[Record, asyncio.Future[None]]] = {}
        self._renewing: set[asyncio.Task[bool]] = set()

    def __contains__(self, record_id: str) -> bool:
        return record_id in self._held

    def until(self) -> float:
        """When a lease ends that is taken now."""
        return self._clock() + self.seconds

    def pause(self, tries: int) -> float:
        """When something is tried again that has failed so many times."""
        return self._clock() + min(LONGEST_PAUSE, self.seconds * 2.0 ** min(tries, 16))

    @contextmanager
    def hold(self, record: Record) -> Iterator[None]:
        """Work on a record that this process has claimed."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._held[record.id] = (record, done)
        try:
            yield
        finally:
            self._held.pop(record.id, None)
            done.set_result(None)

    async def ended(self, record_id: str) -> bool:
        """Wait until this process has finished its work on a record; False where it does not work on it."""
        held = self._held.get(record_id)
        if held is None:
            return False
        await asyncio.shield(held[1])
        return True

    def renew(self) -> None:
        """Push the expiry on of what takes long; to be called several times in each lease.

        By swapping: what has been marked as done meanwhile, or is somebody else's, stays so.
        """
        limit = self._clock() + self.seconds / 2
        for record, done in list(self._held.values()):
            if record.expires < limit:
                longer = replace(record, expires=self.until())
                self._held[record.id] = (longer, done)
                renewing = asyncio.ensure_future(self._store.swap(longer, record.data))
                self._renewing.add(renewing)
                renewing.add_done_callback(self._renewing.discard)
                noted(renewing)


def noted(future: "asyncio.Future[Any] | None") -> None:
    """Take notice of what becomes of an operation that nobody waits for."""
    if future is not None:
        future.add_done_callback(_look_at)


def _look_at(future: "asyncio.Future[Any]") -> None:
    error = None if future.cancelled() else future.exception()
    if isinstance(error, StoreError):
        log.error("store failed", error=str(error))
