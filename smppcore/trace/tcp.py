"""TCP put together again: the chunks of connections out of captured segments (RFC 9293, section 3.4).

Segments that came twice count once, those that came late are waited for, and what was never captured is a loss.
"""

import json
from typing import Any, Final

from smppcore.state import Role
from smppcore.tap import Address
from smppcore.trace.layers import Segment
from smppcore.trace.pcapng import Packet
from smppcore.trace.pcapng_form import MARK
from smppcore.trace.recording import RecordedChunk, RecordedConnection
from smppcore.trace.segments import ACK, FIN, PSH, SYN

_RST: Final = 0x04
_HALF: Final = 1 << 31
_WHOLE: Final = 1 << 32
_AHEAD: Final = 4 * 1024 * 1024
"""Octets that wait for a segment which may still come; beyond that it was not captured."""


class _Way:
    """One direction."""

    def __init__(self, sent: bool, ours: bool) -> None:
        self.sent = sent
        self.ours = ours
        self.next: int | None = None
        self.first: int | None = None
        self.lost = 0
        self._waiting: dict[int, tuple[int, Segment]] = {}
        self._octets = 0
        self._begun: RecordedChunk | None = None

    def begin(self, sequence: int, again: bool) -> list[RecordedChunk]:
        """A SYN with this number: the octets count from the next one."""
        chunks: list[RecordedChunk] = []
        if self.next is None:
            self.first = self.next = (sequence + 1) % _WHOLE
        elif again:
            chunks = self.flush()
            ahead = _distance(self.next, sequence + 1)
            if ahead > 0:
                self.lost += ahead
                self.next = (sequence + 1) % _WHOLE
        return chunks

    def feed(self, time: int, segment: Segment) -> list[RecordedChunk]:
        if not segment.payload:
            return []
        chunks = self._take(time, segment)
        while self._waiting and (chunks or self._octets > _AHEAD):
            waiting = self._following(jump=self._octets > _AHEAD)
            if waiting is None:
                break
            chunks += self._take(*waiting)
        return chunks

    def flush(self) -> list[RecordedChunk]:
        """What came and waits for segments that have not come."""
        chunks: list[RecordedChunk] = []
        while waiting := self._following(jump=True):
            chunks += self._take(*waiting)
        if self._begun is not None:
            chunks.append(self._begun)
            self._begun = None
        return chunks

    def _take(self, time: int, segment: Segment) -> list[RecordedChunk]:
        if self.next is None:  # recording began in the middle
            self.next, self.lost = segment.sequence, -1
        ahead = _distance(self.next, segment.sequence)
        if ahead > 0:
            if segment.sequence not in self._waiting:
                self._waiting[segment.sequence] = (time, segment)
                self._octets += len(segment.payload)
            return []
        octets = segment.payload[-ahead:] if ahead else segment.payload
        if not octets:
            return []
        self.next = (self.next + len(octets) + segment.missing) % _WHOLE
        chunk = RecordedChunk(time, self.sent, octets, self.lost)
        self.lost = segment.missing
        return self._joined(chunk, bool(segment.flags & PSH))

    def _joined(self, chunk: RecordedChunk, last: bool) -> list[RecordedChunk]:
        """In traces of ours, the packets that a chunk had to be cut into are one again."""
        begun = self._begun
        if begun is not None:
            chunk = RecordedChunk(begun.time, begun.sent, begun.octets + chunk.octets, begun.lost_before)
        if self.ours and not last:
            self._begun = chunk
            return []
        self._begun = None
        return [chunk]

    def _following(self, *, jump: bool) -> tuple[int, Segment] | None:
        """The next one of those that wait, if it is its turn; to ``jump`` is to give up what lies between."""
        if not self._waiting or self.next is None:
            return None
        start = self.next
        sequence = min(self._waiting, key=lambda each: _distance(start, each))
        ahead = _distance(start, sequence)
        if ahead > 0:
            if not jump:
                return None
            self.lost = ahead if self.lost >= 0 else self.lost
            self.next = sequence
        time, segment = self._waiting.pop(sequence)
        self._octets -= len(segment.payload)
        return time, segment


class _Stream:
    """One connection as it is being put together."""

    def __init__(self, connection: RecordedConnection, local: Address, ours: bool) -> None:
        self.connection = connection
        self.local = local
        self.ended = False
        self.ways = {local: _Way(True, ours)}
        self._ours = ours

    def way(self, source: Address) -> _Way:
        if source not in self.ways:
            self.ways[source] = _Way(False, self._ours)
        return self.ways[source]


class Streams:
    """All connections of some captures. ``connections`` are complete after ``end``."""

    def __init__(self) -> None:
        self.connections: list[RecordedConnection] = []
        self._streams: dict[frozenset[Address], _Stream] = {}

    def add(self, packet: Packet, segment: Segment) -> None:
        """The next packet of a capture."""
        identity = _identity(packet)
        stream = self._stream(packet, segment, identity)
        connection, way = stream.connection, stream.way(segment.source)
        connection.notes += [each for each in packet.comments if not each.startswith(MARK)]
        again = identity is not None or (segment.flags & (SYN | ACK) == SYN | ACK and way.ours)
        if segment.flags & SYN:
            connection.chunks += way.begin(segment.sequence, again)
        else:
            connection.chunks += way.feed(packet.time, segment)
        stream.ended |= bool(segment.flags & (FIN | _RST))

    def end(self) -> None:
        """No more packets come."""
        for stream in self._streams.values():
            for way in stream.ways.values():
                stream.connection.chunks += way.flush()

    def _stream(self, packet: Packet, segment: Segment, identity: dict[str, Any] | None) -> _Stream:
        ends = frozenset((segment.source, segment.target))
        known = self._streams.get(ends)
        if known is not None and not self._is_new(known, segment, identity):
            return known
        if known is not None:
            for way in known.ways.values():
                known.connection.chunks += way.flush()
        outbound = packet.outbound if identity is not None else segment.flags & (SYN | ACK) != SYN | ACK
        local, remote = (segment.source, segment.target) if outbound else (segment.target, segment.source)
        connection = _connection(local, remote, identity)
        self.connections.append(connection)
        stream = self._streams[ends] = _Stream(connection, local, identity is not None)
        return stream

    def _is_new(self, known: _Stream, segment: Segment, identity: dict[str, Any] | None) -> bool:
        """Whether this is the first packet of another connection between the same ends."""
        if segment.flags & (SYN | ACK) != SYN:
            return False
        if identity is not None:
            return not identity.get("again") or identity.get("connection") != known.connection.number
        first = known.way(segment.source).first
        return known.ended or (first is not None and first != (segment.sequence + 1) % _WHOLE)


def _connection(local: Address, remote: Address, identity: dict[str, Any] | None) -> RecordedConnection:
    if identity is None:
        return RecordedConnection(local, remote)
    role = Role(identity["role"]) if identity.get("role") in set(Role) else None
    return RecordedConnection(
        _address(identity.get("local")),
        _address(identity.get("remote")),
        str(identity.get("link", "")),
        str(identity.get("bind", "")),
        identity["connection"],
        role,
    )


def _address(told: Any) -> Address | None:
    return (str(told[0]), int(told[1])) if isinstance(told, list) and len(told) == 2 else None


def _identity(packet: Packet) -> dict[str, Any] | None:
    """What a trace of ours says at the beginning of a connection."""
    for comment in packet.comments:
        if comment.startswith(MARK):
            try:
                said = json.loads(comment.removeprefix(MARK))
            except ValueError:
                return None
            good = isinstance(said, dict) and isinstance(said.get("connection"), int)
            return said if good else None
    return None


def _distance(start: int, end: int) -> int:
    """How far ``end`` is ahead of ``start``, below 0 where it is behind; numbers go round."""
    return (end - start + _HALF) % _WHOLE - _HALF
