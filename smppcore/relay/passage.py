"""One connection through a relay: two sockets, and one flow of octets in each direction."""

import asyncio
import socket
import struct
from dataclasses import dataclass
from typing import Final, Protocol, cast

from smppcore.relay.filter import NEVER, Action, End, Filter, Write

TIMER_GRAIN: Final = 0.001
"""A timer is set at least this far ahead (seconds): some loops count whole milliseconds and would fire too early."""
_LINGER_NOT: Final = struct.pack("ii", 1, 0)


class Owner(Protocol):
    """What a connection needs of the relay that it belongs to."""

    buffer: int
    close_timeout: float
    cuts: int

    def arrived(self, passage: "Passage") -> None:
        """A client has connected."""

    def filters_of(self, passage: "Passage") -> tuple[Filter, Filter]:
        """The filters for what goes to the target, and for what comes back."""

    def gone(self, passage: "Passage") -> None:
        """Both sides of a connection are closed."""


@dataclass(slots=True)
class Traffic:
    """What went through in one direction, in octets: ``read`` from the source, ``written`` to the sink."""

    read: int = 0
    written: int = 0

    def add(self, other: "Traffic") -> None:
        """Count what the other has counted as well."""
        self.read += other.read
        self.written += other.written


class _Flow:
    """One direction: from the source, through the filter, to the sink."""

    def __init__(self, passage: "Passage", traffic: Traffic, limit: int) -> None:
        self.filter = Filter()
        self.source: asyncio.Transport | None = None
        self.sink: asyncio.Transport | None = None
        self.finished = False
        self._passage = passage
        self._traffic = traffic
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._early: list[bytes] = []
        self._ended = False
        self._blocked = False
        self._timer: asyncio.Handle | None = None
        self._timer_at = NEVER

    def received(self, octets: bytes) -> None:
        self._traffic.read += len(octets)
        if self._passage.joined:
            now = self._loop.time()
            self._act(self.filter.feed(octets, now), now)
        else:
            # Not every loop heeds a pause that was asked for in connection_made.
            self._early.append(octets)
            self._balance()

    def ended(self) -> None:
        if not self._ended:
            self._ended = True
            if self._passage.joined:
                now = self._loop.time()
                self._act(self.filter.end(now), now)

    def join(self) -> None:
        """Both sides are connected: what came earlier goes first."""
        now, early, self._early = self._loop.time(), self._early, []
        for octets in early:
            self._act(self.filter.feed(octets, now), now)
        if self._ended:
            self._act(self.filter.end(now), now)
        self._balance()

    def source_lost(self) -> None:
        self.source = None
        if self.finished:
            self._passage.close_end(self.sink)
        self.ended()

    def sink_lost(self) -> None:
        """There is nowhere to write to any more: from now on octets are read and forgotten."""
        self.sink = None
        self.blocked(False)

    def blocked(self, blocked: bool) -> None:
        """The sink has no room for more, or has room again."""
        self._blocked = blocked
        self._balance()

    def stop(self) -> None:
        self.finished = self._ended = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _balance(self) -> None:
        if self.source is None or self._ended or self.source.is_closing():
            return
        if self._blocked or not self._passage.joined or self.filter.held > self._limit:
            self.source.pause_reading()
        else:
            self.source.resume_reading()

    def _act(self, actions: list[Action], now: float) -> None:
        for action in actions:
            if self.finished:
                return
            if isinstance(action, Write):
                self._write(action.octets)
            elif isinstance(action, End):
                self._finish()
            else:
                self._passage.cut(action.reason, reset=action.reset)
                return
        self._balance()
        self._arm(now)

    def _write(self, octets: bytes) -> None:
        if self.sink is not None and not self.sink.is_closing():
            self._traffic.written += len(octets)
            self.sink.write(octets)

    def _finish(self) -> None:
        self.finished = True
        if self.source is None:
            self._passage.close_end(self.sink)
        elif self.sink is not None and not self.sink.is_closing():
            self.sink.write_eof()
        self._passage.one_way_finished()

    def _arm(self, now: float) -> None:
        deadline = NEVER if self.finished else self.filter.next_deadline()
        if deadline >= self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = deadline
        if deadline <= now:
            self._timer = self._loop.call_soon(self._on_timer)
        else:
            self._timer = self._loop.call_at(max(deadline, now + TIMER_GRAIN), self._on_timer)

    def _on_timer(self) -> None:
        self._timer, self._timer_at = None, NEVER
        now = self._loop.time()
        self._act(self.filter.tick(now), now)


class _Side(asyncio.Protocol):
    """One of the two sockets of a connection: the source of one flow, the sink of the other."""

    def __init__(self, passage: "Passage", out: _Flow, back: _Flow, buffer: int) -> None:
        self.transport: asyncio.Transport | None = None
        self._passage = passage
        self._out = out
        self._back = back
        self._buffer = buffer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = self._out.source = self._back.sink = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=self._buffer)
        self._passage.made(self)

    def data_received(self, data: bytes) -> None:
        self._out.received(data)

    def eof_received(self) -> bool:
        self._out.ended()
        return True

    def pause_writing(self) -> None:
        self._back.blocked(True)

    def resume_writing(self) -> None:
        self._back.blocked(False)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.transport is None:
            return
        self.transport = None
        self._back.sink_lost()
        self._out.source_lost()
        self._passage.lost()


class Passage:
    """One connection through the relay.

    ``number`` counts from 1 in the order of arrival, ``address`` is host and port of the client. ``forward`` counts
    what goes to the target, ``back`` what comes from it. ``reason`` says why it ended before its time, if it did.
    """

    def __init__(self, relay: Owner, number: int) -> None:
        self.number = number
        self.address: tuple[str, int] = ("", 0)
        self.forward = Traffic()
        self.back = Traffic()
        self.reason = ""
        self.joined = False
        self._relay = relay
        self._over = False
        self._deadline: asyncio.TimerHandle | None = None
        forward, back = _Flow(self, self.forward, relay.buffer), _Flow(self, self.back, relay.buffer)
        self._flows = (forward, back)
        self.client = _Side(self, forward, back, relay.buffer)
        self.target = _Side(self, back, forward, relay.buffer)

    def cut(self, reason: str = "cut", *, reset: bool = False) -> None:
        """End it at once, in both directions; see `Cut`. Nothing happens if it is over already."""
        if not self._over:
            self._relay.cuts += 1
            self.abort(reason, reset=reset)

    def abort(self, reason: str, *, reset: bool = False) -> None:
        """As cut, without counting as one."""
        self._over = True
        self.reason = self.reason or reason
        for side in (self.client, self.target):
            if side.transport is not None:
                if reset:
                    side.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
                side.transport.abort()
        self._stop()

    def unreached(self, reason: str) -> None:
        """There is no target, or reaching it was given up; after that, not every loop calls connection_lost."""
        self.abort(reason)
        self.target.connection_lost(None)

    def close(self) -> None:
        """End it after what has been written to each side; abort at the relay's close_timeout."""
        self._over = True
        for side in (self.client, self.target):
            self.close_end(side.transport)
        self._stop()

    # -- what its parts call

    def made(self, side: _Side) -> None:
        """A side is connected: the client first, whose octets wait until the target is connected as well."""
        if side.transport is None or self._over:
            self.abort(self.reason)
        elif side is self.client:
            side.transport.pause_reading()
            self.address = (side.transport.get_extra_info("peername") or self.address)[:2]
            self._relay.arrived(self)
        else:
            self._flows[0].filter, self._flows[1].filter = self._relay.filters_of(self)

    def join(self) -> None:
        """Both sides are connected: let the octets flow."""
        self.joined = True
        for flow in self._flows:
            flow.join()

    def close_end(self, transport: asyncio.Transport | None) -> None:
        if transport is not None and not transport.is_closing():
            transport.close()
            if self._deadline is None:
                timeout = self._relay.close_timeout
                loop = asyncio.get_running_loop()
                self._deadline = loop.call_later(timeout, self.abort, f"not closed within {timeout} s")

    def one_way_finished(self) -> None:
        if all(flow.finished for flow in self._flows) and not self._over:
            self.close()

    def lost(self) -> None:
        if self.client.transport is None and self.target.transport is None:
            self._stop()
            if self._deadline is not None:
                self._deadline.cancel()
            self._relay.gone(self)

    def _stop(self) -> None:
        for flow in self._flows:
            flow.stop()
