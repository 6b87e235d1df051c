"""Calls that wait for the next connection of a link, in their order, each as long as its timeout and expiry allow."""

import asyncio
from collections import deque
from typing import Final

from smppcore.calls import NEVER, Call, latest, still_waiting
from smppcore.errors import NotSent

GRAIN: Final = 0.02
"""The timer fires at most this often (seconds), so that many different deadlines cost one look at all calls."""
FEW: Final = 100
"""So many calls are looked at whenever somebody asks."""


class Held:
    """At most ``limit`` calls, not counting those that had been accepted before and came back from a connection."""

    def __init__(self, limit: int) -> None:
        self.obstacle = "the link was not up"
        """What the calls wait for, in the words of a NotSent."""
        self._limit = limit
        self._calls: deque[Call] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = NEVER
        self._looked_at = -NEVER

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def full(self) -> bool:
        """Whether no more may wait; what was cancelled does not count, but many are looked at once per GRAIN only."""
        if len(self._calls) >= self._limit and (len(self._calls) <= FEW or self._rested):
            self._expire()
        return len(self._calls) >= self._limit

    @property
    def _rested(self) -> bool:
        """Whether the last look at all calls, which takes milliseconds for ten thousand, is some time ago."""
        return asyncio.get_running_loop().time() >= self._looked_at + GRAIN

    def put(self, call: Call) -> None:
        """Let a call wait behind the others."""
        self._calls.append(call)
        self._arm(latest(call))

    def take(self) -> deque[Call]:
        """All of them, in their order, for a connection that goes on with them."""
        calls, self._calls = self._calls, deque()
        self._disarm()
        return calls

    def fail(self, reason: str) -> None:
        """End them all in NotSent."""
        for pdu, future, *_ in self.take():
            if not future.done():
                future.set_exception(NotSent(reason, pdu))

    def _arm(self, deadline: float) -> None:
        if deadline < self._timer_at:
            self._disarm()
            self._timer_at = deadline
            self._timer = asyncio.get_running_loop().call_at(deadline, self._on_timer)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = None, NEVER

    def _on_timer(self) -> None:
        self._timer, self._timer_at = None, NEVER
        self._expire()

    def _expire(self) -> None:
        self._looked_at = now = asyncio.get_running_loop().time()
        self._calls, earliest = still_waiting(self._calls, now, self.obstacle)
        if earliest < NEVER:
            self._arm(max(earliest, now + GRAIN))
