"""The requests of ours on one connection: those that leave at once, and those that wait for room.

Requests that find the window full, or the transport unable to write, or the throttle in their way, wait here in order,
and whoever frees a slot sends the next one; each call has one Future and no second wake-up.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from smppcore.calls import Call, latest, still_waiting, too_late
from smppcore.corked_stream import CorkedStream
from smppcore.errors import EncodeError, NotSent, StateError
from smppcore.pace import Pace
from smppcore.pdu import Pdu, Request, Response
from smppcore.session import Session
from smppcore.settings import Settings
from smppcore.throttle import Throttle, segments

R = TypeVar("R", bound=Response)


class OutgoingCalls(CorkedStream):
    """The calls of one connection, from being made to being sent.

    ``on_unsent`` is called with each call that cannot leave because the connection ends, and with the reason; by
    default the call ends in NotSent.
    """

    __slots__ = (
        "_closing",
        "_create_future",
        "_in_flight",
        "_on_room",
        "_pace",
        "_throttle",
        "_unhindered",
        "_waiting",
        "_window",
        "on_unsent",
        "reason",
    )

    def __init__(
        self,
        session: Session,
        settings: Settings,
        loop: asyncio.AbstractEventLoop,
        throttle: Throttle | None,
    ) -> None:
        super().__init__(session, settings, loop)
        self.on_unsent: Callable[[Call, str], None] = not_sent
        self.reason = ""
        """Why the connection ends, or has ended; empty while it does not."""
        self._create_future = loop.create_future
        self._in_flight = session.window.entries
        self._window = settings.window
        self._waiting: deque[Call] | tuple[()] = ()
        """Made when it is needed, and forgotten when it is empty: a deque takes 760 octets."""
        self._throttle = throttle
        self._pace = None if throttle is None else Pace(throttle, loop, self._on_pace)
        self._unhindered = throttle is None
        """Whether a request may leave at once if the window has room: writable, and no throttle to be asked."""
        self._on_room: Callable[[], None] | None = None
        self._closing = False

    @property
    def ending(self) -> bool:
        """Whether no request is sent any more, because the connection is gone or about to end."""
        return self._closing or self._transport is None or self.session.ending

    @property
    def waiting(self) -> int:
        """How many requests wait for room in the window, or for the throttle."""
        return len(self._waiting)

    @property
    def rate(self) -> float | None:
        """Segments per second that the throttle lets through at present; None without a throttle."""
        return None if self._throttle is None else self._throttle.rate(self._loop.time())

    # -- requests

    def request(
        self, pdu: Request[R], timeout: float | None, expiry: float | None = None, waiter: Any = None
    ) -> "asyncio.Future[R]":
        """A Future for the response; ``timeout`` seconds for all of it, waiting included, None for ever.

        After ``expiry`` seconds it does not leave any more. ``waiter`` takes the answer in place of a Future of ours:
        anything with done, set_result and set_exception, which are called without another turn of the event loop.

        The Future raises Refused, NotSent, OutcomeUnknown, StateError or EncodeError. Cancelling it while the request
        waits for room withdraws the request; after that its slot is held until the answer or the deadline.
        """
        future: asyncio.Future[R] = self._create_future() if waiter is None else waiter
        if not self._flush_scheduled:
            self._cork()
        call = (pdu, future, self._now, timeout, expiry)
        if self._waiting and self._closing:
            self._waiting.append(call)  # it is being aborted: those before this one are given up in a moment
        elif self._closing or self._transport is None:
            self.on_unsent(call, self.reason or "the connection is closed")
        else:
            if self._waiting or len(self._in_flight) >= self._window or not self._unhindered:
                self._wait(call)
            else:
                try:
                    self.session.request(pdu, call, self._now, timeout)
                except (StateError, EncodeError) as error:
                    self._unsent(call, error)
            if timeout is not None and timeout < self._covered:
                self._arm(self._now + timeout)
                if timeout <= 0:
                    self._overdue(call)
        return future

    def _overdue(self, call: Call) -> None:
        """Its time was up before it was made: it must not leave, and the deadlines of others are not its business."""
        if self._waiting and self._waiting[-1] is call:
            too_late(call, self._obstacle())
        else:
            self.session.expire_last(call, self._now)

    def _wait(self, call: Call) -> None:
        if not isinstance(call[0], Request):
            raise TypeError(f"a request is a PDU with an answer, not {type(call[0]).__name__}")  # here, not at its turn
        if isinstance(self._waiting, tuple):
            self._waiting = deque()
        self._waiting.append(call)
        expiry = call[4]
        if expiry is not None and expiry < self._covered:
            self._arm(self._now + expiry)
        if self._pace is not None:
            self._send_waiting()

    # -- as one of several connections that have their waiting calls in common

    def share(self, on_room: Callable[[], None]) -> None:
        """Leave the waiting, and the throttle, to others: ``on_room`` is called whenever another request may fit in."""
        self._on_room = on_room
        self._unhindered = self._writable
        if self._pace is not None:
            self._pace.give_back()
            self._pace = None

    @property
    def load(self) -> int:
        """How many requests are in flight, or wait on this very connection."""
        return len(self._in_flight) + len(self._waiting)

    @property
    def has_room(self) -> bool:
        """Whether a request would leave at once."""
        return len(self._in_flight) < self._window and self._unhindered and not self._waiting and not self.ending

    def carry(self, call: Call) -> None:
        """Send a call that was made elsewhere; where there is no room it waits behind the others."""
        self._cork()
        if self._closing or self._transport is None:
            self._leave_unsent(call, self.reason or "the connection is closed")
        elif self.has_room:
            self._send(call)
        else:
            self._wait(call)
            self._arm(latest(call))

    def take_over(self, calls: Iterable[Call]) -> None:
        """Go on with calls that another connection could not send, ahead of all that are made from now on."""
        self._cork()
        if self.ending:
            for call in calls:
                self._leave_unsent(call, self.reason or "the session ends")
            return
        self._waiting = deque((*self._waiting, *calls))
        self._arm(self._expire_waiting(self._now))
        self._send_waiting()

    def request_now(self, pdu: Request[R], timeout: float | None) -> "asyncio.Future[R]":
        """As request, but ahead of everything that waits: for binds and enquire_link."""
        future: asyncio.Future[R] = self._create_future()
        self._cork()
        if self._closing or self._transport is None:
            future.set_exception(NotSent(self.reason or "the connection is closed", pdu))
        else:
            self._send((pdu, future, self._now, timeout, None))
        return future

    def _send(self, call: Call) -> None:
        pdu, _, since, timeout, _ = call
        try:
            self.session.request(pdu, call, since, timeout)
        except (StateError, EncodeError) as error:
            self._unsent(call, error)
            return
        if timeout is not None:
            if self._on_room is not None:
                self.session.window.order_last()  # of several that have lanes, or lose a bind, an older one may come
            self._arm(since + timeout)

    def _unsent(self, call: Call, error: StateError | EncodeError) -> None:
        """Where the session ends the request was right, and may be sent on another connection."""
        if isinstance(error, StateError) and self.session.ending:
            self.on_unsent(call, self.reason or "the session ends")
        else:
            call[1].set_exception(error)

    def _send_waiting(self) -> None:
        if self._closing:
            return  # aborted: what is written now goes nowhere
        waiting, in_flight, window = self._waiting, self._in_flight, self._window
        while waiting and len(in_flight) < window and self._writable:
            call = waiting[0]
            live = not call[1].done()
            if live and latest(call) < self._now:
                # The timer comes after what has arrived: in a loop that was held up, this may be long due.
                too_late(call, self._obstacle())
                live = False
            if live and not self._unhindered and not self._may_leave(call[0]):
                break
            waiting.popleft()
            if live:
                self._send(call)
        if self._on_room is not None:
            self._on_room()

    def _may_leave(self, pdu: Pdu) -> bool:
        """Ask the throttle; if it says no, it comes back when it will be this one's time."""
        return self._pace is None or self._pace.may_leave(self._now, segments(pdu))

    def _on_pace(self) -> None:
        self._cork()
        self._send_waiting()
        if not self._waiting:
            self._unbook()

    def _unbook(self) -> None:
        if self._pace is not None:
            self._pace.give_back()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unhindered = False

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unhindered = self._pace is None
        self._send_waiting()

    def _expire_waiting(self, now: float) -> float:
        """Give up what has waited too long, forget what was cancelled; returns the next deadline among the rest."""
        if not self._waiting:
            self._waiting = ()
            return float("inf")
        self._waiting, earliest = still_waiting(self._waiting, now, self._obstacle())
        return earliest

    def _obstacle(self) -> str:
        """What a request that waits has waited for."""
        if len(self._in_flight) >= self._window:
            return "no room in the window"
        return "the peer has not read" if not self._writable else "the throttle has not let it leave"

    def _fail_waiting(self, reason: str) -> None:
        waiting, self._waiting = self._waiting, ()
        self._unbook()
        for call in waiting:
            self._leave_unsent(call, reason)

    def _leave_unsent(self, call: Call, reason: str) -> None:
        if not call[1].done():
            self.on_unsent(call, reason)


def not_sent(call: Call, reason: str) -> None:
    """What an on_unsent does that nobody has set."""
    call[1].set_exception(NotSent(reason, call[0]))
