"""Calls that must go one after the other: a turn per key, first come, first served.

Messages with the same key (one subscriber, say) keep their order even where one of them is tried again; others pass
them by. Nothing is kept for a key that nobody waits for.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Hashable


class Turns:
    """One queue per key, without a queue: each call waits for the one before it."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: dict[Hashable, asyncio.Future[None]] = {}

    def __len__(self) -> int:
        return len(self._last)

    @contextlib.asynccontextmanager
    async def turn(self, key: Hashable) -> AsyncIterator[bool]:
        """Wait until all calls with this key that came before are done, and tell whether there were any.

        A cancelled call passes its turn on.
        """
        before = self._last.get(key)
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._last[key] = mine
        try:
            if before is not None:
                await asyncio.shield(before)
            yield before is not None
        finally:
            if before is not None and not before.done():
                before.add_done_callback(lambda _: self._pass_on(key, mine))  # cancelled while it waited
            else:
                self._pass_on(key, mine)

    def _pass_on(self, key: Hashable, mine: "asyncio.Future[None]") -> None:
        mine.set_result(None)
        if self._last.get(key) is mine:
            del self._last[key]
