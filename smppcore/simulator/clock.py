"""The time of a simulator: that of the event loop, or one that a test sets forward by hand.

Both are seconds since 1970 that never go back, so one number serves for the dates in receipts and for what is due.
"""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

SOME_DAY: Final = 1_700_000_000.0
"""Where virtual time begins: 2023-11-14 22:13:20 UTC."""


class Timer(Protocol):
    """A call that has not been made yet."""

    def cancel(self) -> None:
        """Do not make it."""


class Clock(Protocol):
    """What a simulator asks for the time."""

    def now(self) -> float:
        """Seconds since 1970; never goes back."""

    def call_at(self, when: float, callback: Callable[..., object], *arguments: Any) -> Timer:
        """Call back at that time, or soon where it is past."""


class LoopClock:
    """Real time: the wall clock as it was when the simulator was made, and the monotonic clock since."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()
        self._monotonic = time.monotonic

    def now(self) -> float:
        return self._offset + self._monotonic()

    def call_at(self, when: float, callback: Callable[..., object], *arguments: Any) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(max(when - self.now(), 0.0), callback, *arguments)


class VirtualTimer:
    """A call of a VirtualClock."""

    __slots__ = ("arguments", "callback", "cancelled", "when")

    def __init__(self, when: float, callback: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self.when = when
        self.callback = callback
        self.arguments = arguments
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class VirtualClock:
    """Time that stands still until ``advance``. ``start`` is in seconds since 1970."""

    def __init__(self, start: float = SOME_DAY) -> None:
        self._now = start
        self._timers: list[tuple[float, int, VirtualTimer]] = []
        self._order = itertools.count()

    def now(self) -> float:
        return self._now

    def call_at(self, when: float, callback: Callable[..., object], *arguments: Any) -> VirtualTimer:
        timer = VirtualTimer(when, callback, arguments)
        heapq.heappush(self._timers, (when, next(self._order), timer))
        return timer

    def advance(self, seconds: float) -> None:
        """Make every call that is due within the next ``seconds``, in the order of their times, without waiting.

        A call sees the time for which it was asked. Raises ValueError where that would go back.
        """
        if not seconds >= 0:
            raise ValueError(f"advance: {seconds} s would go back")
        end = self._now + seconds
        while self._timers and self._timers[0][0] <= end:
            when, _, timer = heapq.heappop(self._timers)
            if not timer.cancelled:
                self._now = max(self._now, when)
                timer.callback(*timer.arguments)
        self._now = end


async def pause(clock: Clock, seconds: float) -> None:
    """Wait for so many seconds of that clock."""
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    timer = clock.call_at(clock.now() + seconds, _end, over)
    try:
        await over
    finally:
        timer.cancel()


def _end(over: "asyncio.Future[None]") -> None:
    if not over.done():
        over.set_result(None)
