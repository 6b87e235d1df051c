"""Between the first of those that wait and the throttle that they share: may it leave, and if not, when?"""

import asyncio
from collections.abc import Callable

from smppcore.throttle import Throttle


class Pace:
    """Asks ``throttle`` for whoever is first, and calls ``on_time`` when what was refused may leave.

    What is refused is booked: of several that share a throttle and ask again and again, one might never get any.
    """

    __slots__ = ("_booked", "_loop", "_on_time", "_throttle", "_timer")

    def __init__(self, throttle: Throttle, loop: asyncio.AbstractEventLoop, on_time: Callable[[], None]) -> None:
        self._throttle = throttle
        self._loop = loop
        self._on_time = on_time
        self._booked = 0
        """Segments that the throttle has given in advance."""
        self._timer: asyncio.TimerHandle | None = None

    def may_leave(self, now: float, cost: int) -> bool:
        """Whether what costs so many segments may leave now; what was booked is spent on whoever is first by then."""
        if self._timer is not None:
            return False
        if self._booked:
            self._throttle.give_back(self._booked - cost)  # 0, unless the one that it was booked for has gone away
            self._booked = 0
            return True
        if self._throttle.take(now, cost):
            return True
        self._booked = cost
        self._timer = self._loop.call_at(self._throttle.book(now, cost), self._come_back)
        return False

    def _come_back(self) -> None:
        self._timer = None
        self._on_time()

    def give_back(self) -> None:
        """Nobody is left who could use what was booked; others that share the throttle may."""
        self.cancel()
        if self._booked:
            self._throttle.give_back(self._booked)
            self._booked = 0

    def cancel(self) -> None:
        """Do not come back."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
