"""What stands between a connection and its transport while faults are on: it sees each PDU that leaves.

It is put there when the first fault strikes, or may strike, so a connection without faults pays nothing.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from smppcore.framing import Frame, Framer
from smppcore.simulator.clock import Clock, Timer
from smppcore.simulator.faults import Fault, Faults

LONGEST_PDU: Final = 128 * 1024


class _Held:
    """A PDU that others may overtake."""

    __slots__ = ("octets", "overtakers", "timer")

    def __init__(self, octets: bytes, overtakers: int) -> None:
        self.octets = octets
        self.overtakers = overtakers
        self.timer: Timer | None = None


class Wire(asyncio.Transport):
    """A transport that does faults to what is written, and is the transport behind it in everything else.

    ``account`` tells the system_id of the ESME, as far as it is known.
    """

    def __init__(self, transport: asyncio.Transport, faults: Faults, clock: Clock, account: Callable[[], str]) -> None:
        super().__init__()
        self._transport = transport
        self._faults = faults
        self._clock = clock
        self._account = account
        self._framer = Framer(LONGEST_PDU)
        self._armed: dict[tuple[int, int], Fault] = {}
        self._held: list[_Held] = []
        self._stalled: bytearray | None = None
        self._stall_timer: Timer | None = None
        self._silent = False
        self._closed = False

    def arm(self, command_id: int, sequence_number: int, fault: Fault) -> None:
        """Do this fault to the PDU with that header."""
        self._armed[command_id, sequence_number] = fault

    # -- what a kind may ask for

    def hold(self, octets: bytes, seconds: float, overtakers: int) -> bytes:
        held = _Held(octets, overtakers)
        held.timer = self._clock.call_at(self._clock.now() + seconds, self._let_go, held)
        self._held.append(held)
        return b""

    def stall(self, seconds: float) -> None:
        if self._stalled is None:
            self._stalled = bytearray()
            self._stall_timer = self._clock.call_at(self._clock.now() + seconds, self._end_stall)

    def silence(self) -> None:
        self._silent = True
        self._transport.pause_reading()

    def close_behind(self) -> None:
        self._closed = True

    # -- what the connection writes

    def write(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        written = bytearray()
        for frame in self._framer.feed(bytes(data)):
            if self._silent or self._closed:
                break
            written += self._passed(frame)
        self._write(bytes(written))
        if self._closed:
            self._transport.close()

    def _passed(self, frame: Frame) -> bytes:
        octets, command_id, _, number = frame
        overtaken = [held for held in self._held if held.overtakers <= 1]
        fault = self._armed.pop((command_id, number), None) if self._armed else None
        if fault is None:
            fault = self._faults.wire(self._account(), command_id)
        if fault is not None and fault.kind.change is not None:
            octets = fault.kind.change(_Line(self), octets, fault.config)
        if octets:
            for held in self._held:
                held.overtakers -= 1
            octets += b"".join(map(self._release, overtaken))
        return octets

    def _release(self, held: _Held) -> bytes:
        """The octets of a PDU that has been held long enough."""
        if held not in self._held:
            return b""
        self._held.remove(held)
        if held.timer is not None:
            held.timer.cancel()
        return held.octets

    def _let_go(self, held: _Held) -> None:
        octets = self._release(held)
        if octets and not self._silent and not self._closed:
            self._write(octets)

    def _write(self, octets: bytes) -> None:
        if self._stalled is not None:
            self._stalled += octets
        elif octets and not self._transport.is_closing():
            self._transport.write(octets)

    def _end_stall(self) -> None:
        octets, self._stalled = self._stalled, None
        if octets:
            self._write(bytes(octets))

    # -- the transport behind it

    def _give_up(self) -> None:
        for held in self._held:
            if held.timer is not None:
                held.timer.cancel()
        self._held.clear()
        if self._stall_timer is not None:
            self._stall_timer.cancel()

    def close(self) -> None:
        if self._stalled is not None:
            self._end_stall()
        self._give_up()
        self._transport.close()

    def abort(self) -> None:
        self._give_up()
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._transport.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._transport.get_protocol()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._transport.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        if not self._silent:
            self._transport.resume_reading()


class _Line:
    """What a kind sees of a wire."""

    __slots__ = ("_wire", "close", "hold", "silence", "stall")

    def __init__(self, wire: Wire) -> None:
        self.hold = wire.hold
        self.stall = wire.stall
        self.silence = wire.silence
        self.close = wire.close_behind
