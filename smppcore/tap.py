"""Copies of what goes over a connection: every chunk as it was read and as it was written, above TLS.

A connection without a tap pays nothing, not even a test. A tap stands between the transport and the connection on
both ways, is put there when the connection is made or at any time after, and is gone without a trace when it is taken
off. In place of one more layer for each, all taps of one connection share one.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from smppcore.log import log
from smppcore.state import Role
from smppcore.transport import Connection

Address = tuple[str, int]
"""Host and port."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How a recording begins: our ``role``, the addresses as far as they are known, and what was there before.

    ``live`` tells that the connection had been made before the tap was put on. ``begun`` are the octets of a PDU that
    had begun to arrive by then, so that what is received afterwards completes it.
    """

    role: Role
    local: Address | None
    remote: Address | None
    live: bool = False
    begun: bytes = b""


class Tap:
    """Gets a copy of what goes over one connection; subclass it and override what you need.

    The methods are called in the event loop's thread, in the order in which things happen, and must not wait.
    ``sent`` gets what the transport was given, which is not yet what the other end has received. A tap that raises is
    logged and taken off; the connection does not notice.
    """

    def opened(self, opening: Opening) -> None:
        """The tap is on: the connection has just been made, or was made before. Called once, before all others."""

    def received(self, octets: bytes) -> None:
        """These octets were read."""

    def sent(self, octets: bytes) -> None:
        """These octets were written."""

    def closed(self, reason: str) -> None:
        """The connection is gone; nothing follows."""

    def removed(self) -> None:
        """The tap was taken off, and the connection lives on; nothing follows."""


class Tapping:
    """A tap on a connection that is to be made, or is there. Raises nothing where it has ended already."""

    __slots__ = ("_behind", "_connection", "_layer", "_on", "tap")

    def __init__(self, connection: Connection, tap: Tap) -> None:
        self.tap = tap
        self._connection = connection
        self._layer: _Layer | None = None
        self._on = True
        if connection._transport is not None:
            self._put_on(live=True)
        else:
            self._behind: Callable[[], None] = connection.on_open
            connection.on_open = self._opened

    def remove(self) -> None:
        """Take the tap off. The connection loses nothing by that; may be called again, and after the end."""
        self._on = False
        if self._layer is not None:
            layer, self._layer = self._layer, None
            layer.take_off(self.tap)

    def _opened(self) -> None:
        if self._on:
            self._put_on(live=False)
        self._behind()

    def _put_on(self, *, live: bool) -> None:
        connection = self._connection
        transport = connection._transport
        if transport is None:
            return
        layer = transport.get_protocol()
        if not isinstance(layer, _Layer):
            layer = _Layer(connection)
            transport.set_protocol(layer)
            connection.wrap_transport(layer.wrap)
        session = connection.session
        local, remote = (_address(transport.get_extra_info(name)) for name in ("sockname", "peername"))
        self._layer = layer
        layer.put_on(self.tap, Opening(session.role, local, remote, live, session.begun))


class _Layer(asyncio.Protocol):
    """What the transport calls in place of the connection; the taps of both ways."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._received = connection.data_received
        self._written: _Written | None = None
        self.taps: tuple[Tap, ...] = ()

    def wrap(self, transport: asyncio.Transport) -> asyncio.Transport:
        self._written = _Written(transport, self)
        return self._written

    def put_on(self, tap: Tap, opening: Opening) -> None:
        self.taps += (tap,)
        self.tell(tap, tap.opened, opening)

    def take_off(self, tap: Tap) -> None:
        if tap in self.taps:
            self._drop(tap)
            self.tell(tap, tap.removed)

    def _drop(self, tap: Tap) -> None:
        self.taps = tuple(each for each in self.taps if each is not tap)
        transport = self._connection._transport
        if not self.taps and transport is not None and self._written is not None:
            transport.set_protocol(self._connection)
            if transport is self._written:
                self._connection.wrap_transport(lambda _: self._written.behind)  # type: ignore[union-attr]

    def tell(self, tap: Tap, method: Callable[..., None], *arguments: Any) -> None:
        try:
            method(*arguments)
        except Exception as error:
            log.error("a tap failed and was taken off", tap=type(tap).__name__, exc_info=error)
            self._drop(tap)

    # -- what the transport calls

    def data_received(self, data: bytes) -> None:
        for tap in self.taps:
            self.tell(tap, tap.received, data)
        self._received(data)

    def eof_received(self) -> bool:
        return self._connection.eof_received()

    def pause_writing(self) -> None:
        self._connection.pause_writing()

    def resume_writing(self) -> None:
        self._connection.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connection.connection_lost(exc)
        taps, self.taps = self.taps, ()
        for tap in taps:
            self.tell(tap, tap.closed, self._connection.reason)


class _Written(asyncio.Transport):
    """What the connection writes to; the transport ``behind`` it in everything else."""

    def __init__(self, behind: asyncio.Transport, layer: _Layer) -> None:
        super().__init__()
        self.behind = behind
        self._layer = layer

    def write(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        behind = self.behind
        # What comes after the last octet of a closed transport is thrown away by it.
        if not behind.is_closing() or behind.get_write_buffer_size():
            octets = bytes(data)
            for tap in self._layer.taps:
                self._layer.tell(tap, tap.sent, octets)
        behind.write(data)

    def write_eof(self) -> None:
        self.behind.write_eof()

    def can_write_eof(self) -> bool:
        return self.behind.can_write_eof()

    def close(self) -> None:
        self.behind.close()

    def abort(self) -> None:
        self.behind.abort()

    def is_closing(self) -> bool:
        return self.behind.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self.behind.get_extra_info(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.behind.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self.behind.get_protocol()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.behind.set_write_buffer_limits(high, low)

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self.behind.get_write_buffer_limits()

    def get_write_buffer_size(self) -> int:
        return self.behind.get_write_buffer_size()

    def is_reading(self) -> bool:
        return self.behind.is_reading()

    def pause_reading(self) -> None:
        self.behind.pause_reading()

    def resume_reading(self) -> None:
        self.behind.resume_reading()


def _address(told: Any) -> Address | None:
    """Host and port out of what a socket says; None where that is neither IPv4 nor IPv6."""
    return (told[0], told[1]) if isinstance(told, tuple) and len(told) >= 2 and told[0] else None
