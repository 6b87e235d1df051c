"""Calls of a link that wait: for a connection, or for room on any. In lanes, each call as long as its time allows."""

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
    """So many ``lanes``, number 0 the most urgent; before them go calls that come back from a connection.

    At most ``limit`` calls, not counting those that had been accepted before and came back.
    """

    def __init__(self, limit: int, lanes: int = 1) -> None:
        self.obstacle = "the link was not up"
        """What the calls wait for, in the words of a NotSent."""
        self._limit = limit
        self._lanes: list[deque[Call]] = [deque() for _ in range(lanes + 1)]
        """The first is for those that came back."""
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = NEVER
        self._looked_at = -NEVER

    def __len__(self) -> int:
        return sum(map(len, self._lanes))

    @property
    def by_lane(self) -> list[int]:
        """How many wait in each lane; what came back counts in the first."""
        back, first, *others = map(len, self._lanes)
        return [back + first, *others]

    @property
    def full(self) -> bool:
        """Whether no more may wait; what was cancelled does not count, but many are looked at once per GRAIN only."""
        if len(self) >= self._limit and (len(self) <= FEW or self._rested):
            self._expire()
        return len(self) >= self._limit

    @property
    def _rested(self) -> bool:
        """Whether the last look at all calls, which takes milliseconds for ten thousand, is some time ago."""
        return asyncio.get_running_loop().time() >= self._looked_at + GRAIN

    def put(self, call: Call, lane: int = 0) -> None:
        """Let a call wait behind the others of its lane."""
        self._lanes[1 + lane].append(call)
        self._arm(latest(call))

    def put_back(self, call: Call) -> None:
        """Let a call wait that a connection could not send: ahead of all but those that came back before it."""
        self._lanes[0].append(call)
        self._arm(latest(call))

    def first(self) -> Call | None:
        """The call whose turn it is; None if none waits. What is done with is dropped."""
        for lane in self._lanes:
            while lane:
                if not lane[0][1].done():
                    return lane[0]
                lane.popleft()
        self._disarm()
        return None

    def take_first(self) -> None:
        """The call that ``first`` has told goes its way."""
        next(filter(None, self._lanes)).popleft()

    def take(self) -> deque[Call]:
        """All of them, in their order, for a connection that goes on with them."""
        calls = deque(call for lane in self._lanes for call in lane)
        for lane in self._lanes:
            lane.clear()
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
        earliest = NEVER
        for number, lane in enumerate(self._lanes):
            if lane:
                self._lanes[number], until = still_waiting(lane, now, self.obstacle)
                earliest = min(earliest, until)
        if earliest < NEVER:
            self._arm(max(earliest, now + GRAIN))
