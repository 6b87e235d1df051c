"""Several binds that send as one: a call goes to whichever has the least to do, and waits for all of them together.

Calls wait here and not on a connection, so that whichever has room first takes the next one, the most urgent first, and
so that the loss of one bind concerns only what was in flight on it. The throttle is asked here as well: it is one for
the whole link.
"""

import asyncio
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from smppcore.calls import Call, latest, too_late
from smppcore.held import Held
from smppcore.pace import Pace
from smppcore.pdu import Request, Response
from smppcore.throttle import Throttle, segments
from smppcore.transport import Connection

R = TypeVar("R", bound=Response)
NO_ROOM: Final = "no bind had room in its window"


class Pin:
    """Keeps calls together, such as the segments of one message: they leave on one connection, while that lasts."""

    __slots__ = ("connection",)

    def __init__(self) -> None:
        self.connection: Connection | None = None


class Pool:
    """Sends what waits in ``held`` on its ``connections``, as fast as ``throttle`` lets it."""

    def __init__(
        self, held: Held, throttle: Throttle | None, loop: asyncio.AbstractEventLoop, last_lane: int = 0
    ) -> None:
        self.connections: list[Connection] = []
        self._held = held
        self._loop = loop
        self._last_lane = last_lane
        self._pace = None if throttle is None else Pace(throttle, loop, self.send)
        self._pins: WeakKeyDictionary[asyncio.Future[Any], Pin] = WeakKeyDictionary()

    def begin(
        self,
        pdu: Request[R],
        timeout: float | None,
        expiry: float | None = None,
        lane: int | None = None,
        pin: Pin | None = None,
        /,
    ) -> "asyncio.Future[R]":
        """Begin a call on the bind with the least to do, or let it wait in its lane for the first that has room."""
        if self._pace is None and pin is None and not len(self._held):
            connection = self._least_loaded()
            if connection is not None:
                return connection.request(pdu, timeout, expiry)
        if not isinstance(pdu, Request):
            raise TypeError(f"a request is a PDU with an answer, not {type(pdu).__name__}")
        call: Call = (pdu, self._loop.create_future(), self._loop.time(), timeout, expiry)
        self.put(call, self._last_lane if lane is None else lane, pin)
        return call[1]

    def put(self, call: Call, lane: int, pin: Pin | None = None) -> None:
        """Let a call wait in a lane; it goes at once if it can."""
        if call[3] is not None and call[3] <= 0:
            too_late(call, NO_ROOM)
            return
        if pin is not None:
            self._pins[call[1]] = pin
        self._held.put(call, lane)
        self.send(call[2])  # what may only leave at once is not late by the time that this takes

    def send(self, now: float | None = None) -> None:
        """Send what waits while there is room and the throttle lets it; whoever has room later calls this again."""
        held = self._held
        if now is None:
            now = self._loop.time()
        while (call := held.first()) is not None:
            pin = self._pins.get(call[1])
            connection = self._least_loaded() if pin is None else self._pinned(pin)
            if connection is None:
                return
            if latest(call) < now:
                too_late(call, NO_ROOM)  # the timer comes after what has arrived: it may be long due
                continue
            if self._pace is not None and not self._pace.may_leave(now, segments(call[0])):
                return
            held.take_first()
            connection.carry(call)
        if self._pace is not None:
            self._pace.give_back()

    def _least_loaded(self) -> Connection | None:
        best, least = None, 0
        for connection in self.connections:
            load = connection.load
            if (best is None or load < least) and connection.has_room:
                best, least = connection, load
        return best

    def _pinned(self, pin: Pin) -> Connection | None:
        """The connection that the others with this pin have gone; if it has no room the call waits there."""
        if pin.connection is None or pin.connection.ending:
            pin.connection = self._least_loaded()
        return pin.connection

    def end(self) -> None:
        """Nothing is sent any more."""
        self.connections = []
        if self._pace is not None:
            self._pace.give_back()
