"""The one asyncio.Protocol: a session on a connection, for either role.

What arrives, and how it ends, is here; requests that leave, and those that wait for room, are in outgoing_calls.py, and
how octets are written in corked_stream.py: the three are one object, because there are ten thousand of them.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeVar

from smppcore.calls import Call, latest
from smppcore.errors import AnyPdu, BindRefused, NotSent, Refused
from smppcore.log import log
from smppcore.notice import Ended, Finished, LateAnswer, Notice, StateChange
from smppcore.outgoing_calls import OutgoingCalls
from smppcore.pdu import Bind, Pdu, Response
from smppcore.session import Session
from smppcore.settings import Settings
from smppcore.state import SessionState
from smppcore.throttle import CONGESTED, Throttle
from smppcore.tlv import CONGESTION_STATE

R = TypeVar("R", bound=Response)
TIMER_GRAIN: Final = 0.01
"""The timer fires at most this often (seconds), so that many different deadlines cost one wake-up."""


class Connection(OutgoingCalls):
    """One connection and its session.

    ``on_open`` is called when the connection is made; ``on_request`` with each request of the peer, and answers it with
    ``respond`` now or later; ``on_notice`` with everything rare. ``on_unsent`` is called with each call that cannot
    leave because the connection ends, and with the reason; by default the call ends in NotSent. ``closed`` is done when
    the connection is gone.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_deadline",
        "closed",
        "error",
        "on_answer",
        "on_notice",
        "on_open",
        "on_request",
    )

    def __init__(
        self,
        session: Session,
        settings: Settings,
        loop: asyncio.AbstractEventLoop,
        on_request: Callable[[Pdu], None],
        on_notice: Callable[[Notice], None],
        throttle: Throttle | None = None,
    ) -> None:
        super().__init__(session, settings, loop, throttle)
        self.on_request = on_request
        self.on_notice = on_notice
        self.on_open: Callable[[], None] = _nothing
        self.on_answer: Callable[[Call, AnyPdu], None] | None = None
        if throttle is not None:
            self.watch_answers(lambda _, answer: self._learn(throttle, answer))
        self.closed: asyncio.Future[None] = loop.create_future()
        self.error: Exception | None = None
        """What ended the connection where it was not us; EOFError where the peer closed it."""
        self._deadline: asyncio.TimerHandle | None = None

    # -- what is sent beside requests

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

    def owes(self, request: Pdu) -> bool:
        """Whether this request of the peer still waits for its answer."""
        return id(request) in self.session.unanswered

    def release(self) -> None:
        """Go on with the requests that were pipelined behind a bind, which has been answered now."""
        self._handle(self.session.receive(b"", self._loop.time()))

    # -- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._arm(self.session.next_deadline())
        self.on_open()

    def data_received(self, data: bytes) -> None:
        self._now = now = self._loop.time()
        self._flush_scheduled = True
        session = self.session
        answered = self._handle(session.receive(data, now))
        if session.notices:
            self._take_notices()
        if self._waiting or self._on_room is not None:
            self._send_waiting()
        if self._closing:
            self._advance_close()
        if session.timers.partial < self._timer_at:
            self._arm(session.timers.partial)
        self._flush()
        if answered and not self._flush_scheduled:
            # Behind the tasks that the answers wake: what they send next leaves in their turn, not in the one after.
            self._flush_scheduled = True
            self._loop.call_soon(self._flush_turn)

    def _handle(self, received: list[tuple[Any, Pdu]]) -> bool:
        """Hand out what has arrived; tells whether a call was answered."""
        answered = False
        on_request, on_answer = self.on_request, self.on_answer
        for token, pdu in received:
            if token is None:
                on_request(pdu)
                continue
            if on_answer is not None:
                on_answer(token, pdu)
            future = token[1]
            if not future.done():
                answered = True
                if pdu.command_status:
                    future.set_exception(self._refused(pdu, token[0]))
                else:
                    future.set_result(pdu)
            else:
                self._notify(LateAnswer(pdu, token[0]))  # the call was cancelled
        return answered

    def _refused(self, response: AnyPdu, request: Pdu) -> Refused:
        name = self.session.codec.registry.status_name(response.command_status)
        return (BindRefused if isinstance(request, Bind) else Refused)(response, request, name)

    def watch_answers(self, watcher: Callable[[Call, AnyPdu], None]) -> None:
        """Call ``watcher`` with each answer to a call of ours, before the call knows of it; it must not raise."""
        before = self.on_answer

        def both(call: Call, answer: AnyPdu) -> None:
            if before is not None:
                before(call, answer)
            watcher(call, answer)

        self.on_answer = both

    def _learn(self, throttle: Throttle, answer: AnyPdu) -> None:
        """Adapt the rate to what the other end says of it: by status, or as a peer of 5.0 by congestion_state."""
        if answer.command_status:
            throttle.answered(answer.command_status, self._now)
        congestion = answer.get(CONGESTION_STATE) if isinstance(answer, Pdu) and answer.tlvs else None
        if congestion is not None and congestion >= CONGESTED:
            throttle.slow_down(self._now)

    def connection_lost(self, exc: Exception | None) -> None:
        self.error = self.error or exc or (None if self._closing else EOFError("the peer closed the connection"))
        self._transport = None
        self._closing = True
        self.reason = self.reason or (f"the connection was lost: {exc}" if exc else "the peer closed the connection")
        self.session.connection_lost(self._loop.time())
        self._take_notices()
        self._fail_waiting(self.reason)
        for timer in (self._timer, self._stall, self._deadline, self._pace):
            if timer is not None:
                timer.cancel()
        if not self.closed.done():
            self.closed.set_result(None)

    def _flush_turn(self) -> None:
        if self.session.notices:
            self._take_notices()
        if self._closing:
            self._advance_close()
        self._flush()

    # -- time

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

    # -- the end

    def _take_notices(self) -> None:
        notices, self.session.notices = self.session.notices, []
        for notice in notices:
            if isinstance(notice, Ended):
                call: Call = notice.token
                future, error = call[1], notice.error
                if self.on_answer is not None and isinstance(error, Refused):
                    self.on_answer(call, error.response)
                if isinstance(error, NotSent) and self._transport is None and latest(call) > self._now:
                    self._leave_unsent(call, self.reason)
                elif not future.done():
                    future.set_exception(
                        self._refused(error.response, call[0]) if isinstance(error, Refused) else error
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
