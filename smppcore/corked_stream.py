"""How a session's octets get onto a connection: corked, with one timer, and not for ever to a peer that does not read.

Whatever is queued in one turn of the event loop leaves in one write. There is one timer per connection, at the
session's next deadline.
"""

import asyncio
from collections.abc import Callable
from typing import cast

from smppcore.session import Session
from smppcore.settings import Settings


class CorkedStream(asyncio.Protocol):
    """The writing half of a connection. What is done in each turn, and when the timer fires, says who inherits it."""

    # A dict of more than 30 names is no longer laid out once for the class: that would be 1.3 KiB for each connection.
    __slots__ = (
        "_covered",
        "_flush_scheduled",
        "_loop",
        "_now",
        "_output",
        "_own_unsent",
        "_stall",
        "_timer",
        "_timer_at",
        "_transport",
        "_writable",
        "session",
        "settings",
        "written",
    )

    def __init__(self, session: Session, settings: Settings, loop: asyncio.AbstractEventLoop) -> None:
        self.session = session
        self.settings = settings
        self._loop = loop
        self._output = session.output
        self._transport: asyncio.Transport | None = None
        self._flush_scheduled = False
        self._writable = True
        self._now = loop.time()
        """The time of this turn of the loop."""
        self.written = self._now
        """When octets were last written."""
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = float("inf")
        self._covered = float("inf")
        """A timeout at least this long ends after the timer, whenever its call is made: it need not be armed for."""
        self._own_unsent = 0
        """Octets that were unsent when writing stopped: our own requests. What comes on top of them are answers, and
        only those stop reading: if both ends stopped because of their own requests, neither would read any more."""
        self._stall: asyncio.TimerHandle | None = None

    def _flush_turn(self) -> None:
        """The end of a turn of the loop in which something was queued."""
        raise NotImplementedError

    def _on_timer(self) -> None:
        """The timer has fired."""
        raise NotImplementedError

    def abort(self, reason: str = "aborted") -> None:
        """End the connection at once."""
        raise NotImplementedError

    @property
    def now(self) -> float:
        """The time of this turn of the loop, by its clock."""
        return self._now

    @property
    def peer_address(self) -> tuple[str, int]:
        """Host and port of the other end; empty and 0 once that is not known."""
        address = self._transport.get_extra_info("peername") if self._transport is not None else None
        return (address[0], address[1]) if address else ("", 0)

    def wrap_transport(self, wrap: Callable[[asyncio.Transport], asyncio.Transport]) -> None:
        """Write from now on to what ``wrap`` makes of the transport, such as one that does faults to what leaves."""
        if self._transport is not None:
            self._transport = wrap(self._transport)

    # -- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self.settings.write_buffer)

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        self._writable = False
        if self._transport is not None:
            self._own_unsent = self._transport.get_write_buffer_size()

    def resume_writing(self) -> None:
        self._writable = True
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
            if self._transport is not None and not self._transport.is_closing():
                self._transport.resume_reading()
        self._cork()

    # -- writing

    def _cork(self) -> None:
        """Write at the end of this turn of the loop; the first to ask also reads the clock for all of it."""
        if not self._flush_scheduled:
            self._flush_scheduled = True
            self._now = self._loop.time()
            self._loop.call_soon(self._flush_turn)

    def _flush(self) -> None:
        self._flush_scheduled = False
        transport = self._transport
        if transport is None or not self._output:
            return
        self.written = self._now
        transport.write(self.session.take_output())
        if not self._writable and self._stall is None:
            self._check_stall(transport)

    def _check_stall(self, transport: asyncio.Transport) -> None:
        """Stop reading from a peer that lets our answers pile up, and give it up if that lasts."""
        unsent = transport.get_write_buffer_size()
        if unsent > self.settings.unsent_limit + self._own_unsent and not transport.is_closing():
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
