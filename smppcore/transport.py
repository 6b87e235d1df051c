"""The one asyncio.Protocol: a session on a connection, for either role.

Corked: whatever is queued in one turn of the event loop leaves in one write. One timer per connection, at the session's
next deadline. Requests that find the window full, or the transport unable to write, wait here in order, and whoever
frees a slot sends the next one; each call has one Future and no second wake-up.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from smppcore.errors import AnyPdu, BindRefused, EncodeError, NotSent, Refused, StateError
from smppcore.log import log
from smppcore.notice import Ended, Finished, LateAnswer, Notice, StateChange
from smppcore.pdu import Bind, Pdu, Request, Response
from smppcore.session import Session
from smppcore.settings import Settings
from smppcore.state import SessionState

R = TypeVar("R", bound=Response)
Waiting = tuple[Pdu, "asyncio.Future[Any]", float, float | None]

TIMER_GRAIN: Final = 0.01
"""The timer fires at most this often (seconds), so that many different deadlines cost one wake-up."""


class Connection(asyncio.Protocol):
    """One connection and its session.

    ``on_open`` is called when the connection is made; ``on_request`` with each request of the peer, and answers it with
    ``respond`` now or later; ``on_notice`` with everything rare. ``closed`` is done when the connection is gone.
    """

    def __init__(
        self,
        session: Session,
        settings: Settings,
        loop: asyncio.AbstractEventLoop,
        on_request: Callable[[Pdu], None],
        on_notice: Callable[[Notice], None],
    ) -> None:
        self.session = session
        self.settings = settings
        self.on_request = on_request
        self.on_notice = on_notice
        self.on_open: Callable[[], None] = _nothing
        self.closed: asyncio.Future[None] = loop.create_future()
        self.reason = ""
        self._loop = loop
        self._create_future = loop.create_future
        self._in_flight = session.window.entries
        self._output = session.output
        self._window = settings.window
        self._waiting: deque[Waiting] = deque()
        self._transport: asyncio.Transport | None = None
        self._flush_scheduled = False
        self._writable = True
        self._now = loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = float("inf")
        self._covered = float("inf")
        """A timeout at least this long ends after the timer, whenever its call is made: it need not be armed for."""
        self._stall: asyncio.TimerHandle | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._closing = False

    # -- requests

    def request(self, pdu: Request[R], timeout: float | None) -> "asyncio.Future[R]":
        """A Future for the response; ``timeout`` seconds for all of it, waiting included, None for ever.

        The Future raises Refused, NotSent, OutcomeUnknown, StateError or EncodeError. Cancelling it while the request
        waits for room withdraws the request; after that its slot is held until the answer or the deadline.
        """
        future: asyncio.Future[R] = self._create_future()
        if not self._flush_scheduled:
            self._cork()
        if self._closing or self._transport is None:
            future.set_exception(NotSent(self.reason or "the connection is closed", pdu))
        else:
            if self._waiting or len(self._in_flight) >= self._window or not self._writable:
                self._waiting.append((pdu, future, self._now, timeout))
            else:
                try:
                    self.session.request(pdu, (future, pdu), self._now, timeout)
                except (StateError, EncodeError) as error:
                    future.set_exception(self._unsent(error, pdu))
            if timeout is not None and timeout < self._covered:
                self._arm(self._now + timeout)
        return future

    def request_now(self, pdu: Request[R], timeout: float | None) -> "asyncio.Future[R]":
        """As request, but ahead of everything that waits: for binds and enquire_link."""
        future: asyncio.Future[R] = self._create_future()
        self._cork()
        if self._closing or self._transport is None:
            future.set_exception(NotSent(self.reason or "the connection is closed", pdu))
        else:
            self._send(pdu, future, self._now, timeout)
        return future

    def _send(self, pdu: Pdu, future: "asyncio.Future[Any]", since: float, timeout: float | None) -> None:
        try:
            self.session.request(pdu, (future, pdu), since, timeout)
        except (StateError, EncodeError) as error:
            future.set_exception(self._unsent(error, pdu))
            return
        if timeout is not None:
            self._arm(since + timeout)

    def _unsent(self, error: StateError | EncodeError, pdu: Pdu) -> Exception:
        """NotSent where the session ends: the request was right, and may be sent on another connection."""
        if isinstance(error, StateError) and self.session.ending:
            return NotSent(self.reason or "the session ends", pdu)
        return error

    def _refused(self, response: AnyPdu, request: Pdu) -> Refused:
        name = self.session.codec.registry.status_name(response.command_status)
        return (BindRefused if isinstance(request, Bind) else Refused)(response, request, name)

    def _send_waiting(self) -> None:
        waiting, in_flight, window = self._waiting, self._in_flight, self._window
        while waiting and len(in_flight) < window and self._writable:
            pdu, future, since, timeout = waiting.popleft()
            if not future.done():
                self._send(pdu, future, since, timeout)

    def send(self, pdu: Pdu) -> None:
        """Send a PDU that is never answered (alert_notification, outbind). Raises StateError, EncodeError, NotSent."""
        if self._closing or self._transport is None:
            raise NotSent(self.reason or "the connection is closed", pdu)
        self._cork()
        self.session.send(pdu, self._now)

    def respond(self, request: Pdu, response: Pdu) -> None:
        """Answer a request of the peer, once. Raises StateError, EncodeError; nothing after the connection is gone."""
        if self._transport is None:
            return
        self.session.respond(request, response)
        if not self._flush_scheduled:
            self._cork()

    def release(self) -> None:
        """Go on with the requests that were pipelined behind a bind, which has been answered now."""
        self._handle(self.session.receive(b"", self._loop.time()))

    @property
    def peer_address(self) -> tuple[str, int]:
        """Host and port of the other end; empty and 0 once that is not known."""
        address = self._transport.get_extra_info("peername") if self._transport is not None else None
        return (address[0], address[1]) if address else ("", 0)

    @property
    def waiting(self) -> int:
        """How many requests wait for room in the window."""
        return len(self._waiting)

    # -- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self.settings.write_buffer)
        self._arm(self.session.next_deadline())
        self.on_open()

    def data_received(self, data: bytes) -> None:
        self._now = now = self._loop.time()
        self._flush_scheduled = True
        session = self.session
        answered = self._handle(session.receive(data, now))
        if session.notices:
            self._take_notices()
        if self._waiting:
            self._send_waiting()
        if self._closing:
            self._advance_close()
        if session.partial_deadline < self._timer_at:
            self._arm(session.partial_deadline)
        self._flush()
        if answered and not self._flush_scheduled:
            # Behind the tasks that the answers wake: what they send next leaves in their turn, not in the one after.
            self._flush_scheduled = True
            self._loop.call_soon(self._flush_turn)

    def _handle(self, received: list[tuple[Any, Pdu]]) -> bool:
        """Hand out what has arrived; tells whether a call was answered."""
        answered = False
        on_request = self.on_request
        for token, pdu in received:
            if token is None:
                on_request(pdu)
            elif not token[0].done():
                answered = True
                if pdu.command_status:
                    token[0].set_exception(self._refused(pdu, token[1]))
                else:
                    token[0].set_result(pdu)
            else:
                self._notify(LateAnswer(pdu))  # the call was cancelled
        return answered

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._closing = True
        self.reason = self.reason or (f"the connection was lost: {exc}" if exc else "the peer closed the connection")
        self._fail_waiting(self.reason)
        self.session.connection_lost(self._loop.time())
        self._take_notices()
        for timer in (self._timer, self._stall, self._deadline):
            if timer is not None:
                timer.cancel()
        if not self.closed.done():
            self.closed.set_result(None)

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
            if self._transport is not None and not self._transport.is_closing():
                self._transport.resume_reading()
        self._cork()
        self._send_waiting()

    # -- writing

    def _cork(self) -> None:
        """Write at the end of this turn of the loop; the first to ask also reads the clock for all of it."""
        if not self._flush_scheduled:
            self._flush_scheduled = True
            self._now = self._loop.time()
            self._loop.call_soon(self._flush_turn)

    def _flush_turn(self) -> None:
        if self.session.notices:
            self._take_notices()
        if self._closing:
            self._advance_close()
        self._flush()

    def _flush(self) -> None:
        self._flush_scheduled = False
        transport = self._transport
        if transport is None or not self._output:
            return
        transport.write(self.session.take_output())
        if not self._writable and self._stall is None:
            self._check_stall(transport)

    def _check_stall(self, transport: asyncio.Transport) -> None:
        """Stop reading from a peer that lets our answers pile up, and give it up if that lasts."""
        unsent = transport.get_write_buffer_size()
        if unsent > self.settings.unsent_limit and not transport.is_closing():
            transport.pause_reading()
            self._watch_stall(unsent)

    def _watch_stall(self, unsent: int) -> None:
        self._stall = self._loop.call_later(self.settings.stall_timeout, self._on_stall, unsent)

    def _on_stall(self, before: int) -> None:
        """A peer that reads, however slowly, is not given up."""
        unsent = self._transport.get_write_buffer_size() if self._transport is not None else before
        if unsent < before:
            self._watch_stall(unsent)
        else:
            self.abort(f"the peer has not read for {self.settings.stall_timeout} s")

    # -- time

    def _arm(self, deadline: float) -> None:
        if deadline < self._timer_at:
            if self._timer is not None:
                self._timer.cancel()
            self._timer_at = deadline
            self._covered = deadline - self._now
            self._timer = self._loop.call_at(deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer, self._timer_at, self._covered = None, float("inf"), float("inf")
        self._cork()
        now = self._now = self._loop.time()
        self.session.tick(now)
        waiting_until = self._expire_waiting(now)
        self._take_notices()
        self._send_waiting()
        deadline = min(self.session.next_deadline(), waiting_until)
        if deadline != float("inf") and self._transport is not None:
            self._arm(max(deadline, now + TIMER_GRAIN))

    def _expire_waiting(self, now: float) -> float:
        """Give up what has waited too long, forget what was cancelled; returns the next deadline among the rest."""
        earliest = float("inf")
        if not self._waiting:
            return earliest
        live: deque[Waiting] = deque()
        for entry in self._waiting:
            pdu, future, since, timeout = entry
            deadline = float("inf") if timeout is None else since + timeout
            if future.done():
                continue
            if deadline <= now:
                future.set_exception(NotSent(f"no room in the window within {timeout} s", pdu))
                continue
            earliest = min(earliest, deadline)
            live.append(entry)
        self._waiting = live
        return earliest

    # -- the end

    def _take_notices(self) -> None:
        notices, self.session.notices = self.session.notices, []
        for notice in notices:
            if isinstance(notice, Ended):
                future, request = notice.token
                if not future.done():
                    error = notice.error
                    future.set_exception(
                        self._refused(error.response, request) if isinstance(error, Refused) else error
                    )
            elif isinstance(notice, Finished):
                self._finished(notice)
            elif isinstance(notice, StateChange):
                if notice.after is SessionState.UNBOUND:
                    self._unbound()
                elif notice.after is SessionState.UNBINDING:
                    self._fail_waiting("the session is being unbound")
                self._arm(self.session.next_deadline())
            self._notify(notice)

    def _notify(self, notice: Notice) -> None:
        try:
            self.on_notice(notice)
        except Exception as error:
            log.error("on_notice failed", kind=type(notice).__name__, exc_info=error)

    def _finished(self, notice: Finished) -> None:
        log.debug("session finished", reason=notice.reason, state=str(self.session.state))
        if notice.abort:
            self.abort(notice.reason)
        else:
            self._end(notice.reason)

    def _unbound(self) -> None:
        """After our own unbind the connection ends; after the peer's, the peer ends it, or our deadline."""
        if self._closing:
            self._end(self.reason or "closed")
        else:
            self._closing = True
            self.reason = "the peer unbound"
            self._fail_waiting(self.reason)
            self._bound_close()

    def _end(self, reason: str) -> None:
        """Write what is queued, then close."""
        self._closing = True
        self.reason = self.reason or reason
        self._fail_waiting(self.reason)
        if self._transport is not None:
            self._flush()
            self._transport.close()
            self._bound_close()

    def _bound_close(self) -> None:
        if self._deadline is None:
            seconds = self.settings.close_timeout
            self._deadline = self._loop.call_later(seconds, self.abort, f"not closed within {seconds} s")

    def _fail_waiting(self, reason: str) -> None:
        waiting, self._waiting = self._waiting, deque()
        for pdu, future, _, _ in waiting:
            if not future.done():
                future.set_exception(NotSent(reason, pdu))

    def abort(self, reason: str = "aborted") -> None:
        """End the connection at once, without unbind; every request gets its verdict."""
        self._closing = True
        self.reason = self.reason or reason
        if self._transport is not None:
            self._transport.abort()

    def begin_close(self) -> None:
        """Refuse new requests, let what is in flight and what handlers owe be answered, unbind, close (section 10.4).

        Aborts at the close timeout, whatever the peer does. ``closed`` tells the end; calling this again does nothing.
        """
        if self._closing:
            return
        self._closing = True
        self._fail_waiting("closing")
        self._bound_close()
        self._cork()

    def _advance_close(self) -> None:
        session = self.session
        if session.state in (SessionState.UNBINDING, SessionState.UNBOUND, SessionState.CLOSED):
            return
        if not self._in_flight and not session.unanswered:
            session.close(self._loop.time())
            self._take_notices()

    async def close(self) -> None:
        """begin_close, and wait until the connection is gone. Cancelled, it aborts at once."""
        self.begin_close()
        try:
            await asyncio.shield(self.closed)
        except asyncio.CancelledError:
            self.abort("close was cancelled")
            raise


def _nothing() -> None:
    """What an on_open does that nobody has set."""
