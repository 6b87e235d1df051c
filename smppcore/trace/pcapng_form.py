"""A trace as pcapng: each connection a TCP stream of its own, which Wireshark puts together and dissects.

An interface stands for each link and bind, named after them, and every connection begins with a handshake whose first
packet says in its comment, as JSON, what is recorded. In a file that goes on where another was full, and after a loss,
the handshake is written again, with the numbers of octets going on; the part of a PDU that has been recorded before
is repeated, so that every stream of every file begins with a whole PDU.
"""

import json
from collections.abc import Iterable
from typing import Final

import smppcore
from smppcore.state import Role
from smppcore.tap import Address
from smppcore.trace.form import About, Loss
from smppcore.trace.pcapng import INBOUND, OUTBOUND, interface_block, packet_block, section_block, statistics_block
from smppcore.trace.segments import ACK, FIN, LONGEST, PSH, SYN, Way, ways

MARK: Final = "smppcore "
"""How the comment of a handshake begins; JSON follows."""
_APART: Final = 0x9E3779B1
"""Odd and large: the streams of one trace begin far from each other (Knuth, volume 3, section 6.4)."""


class PcapngForm:
    """``port`` takes the place of the SMSC's port; ``note`` stands in the header of each file."""

    suffix = ".pcapng"

    def __init__(self, port: int | None = None, note: str = "") -> None:
        self.port = port
        self._note = note
        self._interfaces: dict[str, int] = {}
        self._dropped = 0
        self._streams: set[frozenset[Address]] = set()

    def beginning(self, time: int, loss: Loss | None) -> bytes:
        self._interfaces = {}
        self._dropped = 0
        comments = [self._note] if self._note else []
        if loss is not None:
            comments.append(f"not recorded before this file: {words(loss)}")
        return section_block(f"smppcore {smppcore.__version__}", comments)

    def lost(self, time: int, loss: Loss) -> bytes:
        number, octets = self.interface("smppcore", "what is missing in this trace")
        self._dropped += 1
        return octets + statistics_block(number, time, self._dropped, f"not recorded: {words(loss)}")

    def line(self, about: About) -> "PcapngLine":
        return PcapngLine(self, about)

    def ways(self, about: About) -> tuple[Way, Way]:
        """From us to them and back, unlike those of all other connections that are being recorded.

        Both ends of one connection may be recorded in one trace: then one has a made-up address for the ESME.
        """
        we_listen = about.role is Role.SMSC
        local, remote = about.local, about.remote
        if self.port is not None:
            local, remote = (_at(local, self.port), remote) if we_listen else (local, _at(remote, self.port))
        out, back = ways(local, remote, about.number, we_listen)
        if out.source == out.target or out.ends in self._streams:
            local, remote = (out.source, None) if we_listen else (None, out.target)
            out, back = ways(local, remote, about.number, we_listen)
        self._streams.add(out.ends)
        return out, back

    def release(self, way: Way) -> None:
        """This connection is not recorded any more."""
        self._streams.discard(way.ends)

    def interface(self, name: str, description: str) -> tuple[int, bytes]:
        """Its number in this file, and the block for it where it is new."""
        number = self._interfaces.get(name)
        if number is not None:
            return number, b""
        number = self._interfaces[name] = len(self._interfaces)
        return number, interface_block(name, description)


class PcapngLine:
    """One connection as packets of TCP."""

    def __init__(self, form: PcapngForm, about: About) -> None:
        self._form = form
        self._about = about
        self._we_listen = about.role is Role.SMSC
        out, back = form.ways(about)
        self._ways = (back, out)
        # Numbers of its own, or another recording of the same connection would pass for octets sent again.
        self._next = [1 + about.number * _APART % (1 << 32)] * 2
        self._interface = 0

    def begin(self, time: int, given: tuple[bytes, bytes], loss: Loss | None, again: bool) -> bytes:
        about = self._about
        name = f"{about.link}/{about.bind}" if about.bind else about.link
        self._interface, blocks = self._form.interface(
            name, f"link {about.link}, bind {about.bind or 'without a name'}"
        )
        comments = [MARK + json.dumps(self._identity(again))]
        if loss is not None:
            comments.append(f"not recorded of this connection: {words(loss)}")
        sent, received = given
        self._next[True] -= len(sent) + 1
        self._next[False] -= len(received) + 1
        client = not self._we_listen
        blocks += self._packet(time, client, SYN, acknowledge=False, comments=comments)
        self._next[client] += 1
        blocks += self._packet(time, not client, SYN | ACK)
        self._next[not client] += 1
        blocks += self._packet(time, client, ACK)
        return blocks + self.chunk(time, True, sent) + self.chunk(time, False, received)

    def _identity(self, again: bool) -> dict[str, object]:
        about = self._about
        return {
            "link": about.link,
            "bind": about.bind,
            "connection": about.number,
            "role": str(about.role),
            "local": about.local,
            "remote": about.remote,
            "live": about.live,
            "again": again,
        }

    def chunk(self, time: int, sent: bool, octets: bytes) -> bytes:
        blocks = []
        for start in range(0, len(octets), LONGEST):
            piece = octets[start : start + LONGEST]
            last = start + LONGEST >= len(octets)
            blocks.append(self._packet(time, sent, PSH | ACK if last else ACK, piece))
            self._next[sent] += len(piece)
        return b"".join(blocks)

    def skip(self, sent: bool, octets: bytes) -> None:
        self._next[sent] += len(octets)

    def end(self, time: int, reason: str, over: bool) -> bytes:
        client = not self._we_listen
        self._form.release(self._ways[True])
        if not over:
            return self._packet(time, client, ACK, comments=[f"the recording ends, the connection lives on: {reason}"])
        blocks = self._packet(time, client, FIN | ACK, comments=[f"the connection ends: {reason}"])
        self._next[client] += 1
        blocks += self._packet(time, not client, FIN | ACK)
        self._next[not client] += 1
        return blocks + self._packet(time, client, ACK)

    def _packet(
        self,
        time: int,
        sent: bool,
        flags: int,
        payload: bytes = b"",
        *,
        acknowledge: bool = True,
        comments: Iterable[str] = (),
    ) -> bytes:
        acknowledged = self._next[not sent] if acknowledge else 0
        octets = self._ways[sent].packet(self._next[sent], acknowledged, flags, payload)
        return packet_block(self._interface, time, octets, OUTBOUND if sent else INBOUND, comments)


def _at(address: Address | None, port: int) -> Address | None:
    return None if address is None else (address[0], port)


def words(loss: Loss) -> str:
    return f"{loss.octets} octets ({loss.reason})"
