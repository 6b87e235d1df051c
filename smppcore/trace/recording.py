"""What was recorded: connections, the octets that went over them, and the PDUs in those."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from smppcore.codec import STANDARD, Registry
from smppcore.constants import HEADER_LENGTH, RESPONSE_BIT, CommandId
from smppcore.framing import Framer
from smppcore.reference import HEADER
from smppcore.state import BINDS, Role
from smppcore.tap import Address
from smppcore.trace.masking import LONGEST_PDU

VENDOR: Final = range(0x00010200, 0x00010300)
"""command_ids that are left to vendors (section 5.1.2.1)."""
OF_ESMES: Final = frozenset(
    {
        *BINDS,
        CommandId.SUBMIT_SM,
        CommandId.SUBMIT_MULTI,
        CommandId.QUERY_SM,
        CommandId.CANCEL_SM,
        CommandId.REPLACE_SM,
        CommandId.DELIVER_SM_RESP,
    }
)
"""What only an ESME sends; the answers to its requests, and what follows, only an SMSC."""
OF_SMSCS: Final = frozenset(
    {
        *(each | RESPONSE_BIT for each in OF_ESMES if not each & RESPONSE_BIT),
        CommandId.DELIVER_SM,
        CommandId.OUTBIND,
        CommandId.ALERT_NOTIFICATION,
    }
)


@dataclass(frozen=True, slots=True)
class RecordedChunk:
    """Octets of one direction: when (nanoseconds since the epoch), and whether the end that recorded sent them.

    ``lost_before``: so many octets of this direction came before and are not in the recording. -1: nobody knows how
    many, because recording began in the middle.
    """

    time: int
    sent: bool
    octets: bytes
    lost_before: int = 0


@dataclass(frozen=True, slots=True)
class RecordedPdu:
    """One PDU, or octets that are none: then ``fault`` says why. ``offset`` counts in its direction, from 0."""

    time: int
    from_esme: bool
    octets: bytes
    offset: int
    fault: str = ""

    @property
    def command_id(self) -> int:
        return int.from_bytes(self.octets[4:8], "big")

    @property
    def sequence_number(self) -> int:
        return int.from_bytes(self.octets[12:16], "big")


@dataclass(slots=True)
class RecordedConnection:
    """One connection, in the eyes of the end that recorded it; of a foreign capture, of the end that connected.

    ``role`` is that end's, None where the capture does not say. ``notes`` are what the recording says beside octets.
    """

    local: Address | None
    remote: Address | None
    link: str = ""
    bind: str = ""
    number: int = 0
    role: Role | None = None
    chunks: list[RecordedChunk] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """Octets that are known to be missing."""
        return sum(max(chunk.lost_before, 0) for chunk in self.chunks)

    def octets(self, sent: bool) -> bytes:
        """All octets of one direction."""
        return b"".join(chunk.octets for chunk in self.chunks if chunk.sent is sent)

    def is_smpp(self, registry: Registry = STANDARD) -> bool:
        """Whether this can be SMPP at all: a direction, or a chunk, begins as a PDU does."""
        return self.role is not None or any(plausible(octets, registry) for _, octets in self._beginnings())

    def found_role(self, registry: Registry = STANDARD) -> Role:
        """The role of the end that recorded, by what it and the other have sent where nothing else tells."""
        if self.role is not None:
            return self.role
        for sent, octets in self._beginnings():
            if plausible(octets, registry):
                command_id = int.from_bytes(octets[4:8], "big")
                if command_id in OF_ESMES or command_id in OF_SMSCS:
                    return Role.ESME if sent == (command_id in OF_ESMES) else Role.SMSC
        return Role.ESME  # it connected

    def _beginnings(self) -> Iterator[tuple[bool, bytes]]:
        """Where PDUs may begin: the first octets of both directions, which may be several chunks, then each chunk."""
        for sent in (True, False):
            start = b""
            for chunk in self.chunks:
                if chunk.sent is sent and len(start) < HEADER_LENGTH:
                    start += chunk.octets
            yield sent, start
        for chunk in self.chunks:
            yield chunk.sent, chunk.octets

    def pdus(self, registry: Registry = STANDARD) -> Iterator[RecordedPdu]:
        """The PDUs of both directions in the order of their last octets, and what is none."""
        esme = self.found_role(registry) is Role.ESME
        ways = [
            _pdus_of([chunk for chunk in self.chunks if chunk.sent is sent], sent is esme, registry)
            for sent in (True, False)
        ]
        return heapq.merge(*ways, key=lambda pdu: pdu.time)


def plausible(octets: bytes, registry: Registry = STANDARD) -> bool:
    """Whether a PDU may begin here."""
    if len(octets) < HEADER_LENGTH:
        return False
    length, command_id, _, _ = HEADER.unpack_from(octets)
    return HEADER_LENGTH <= length <= LONGEST_PDU and (command_id in registry.commands or command_id in VENDOR)


def _pdus_of(chunks: list[RecordedChunk], from_esme: bool, registry: Registry) -> Iterator[RecordedPdu]:
    """One direction. Behind a loss, the next chunk that begins as a PDU does is taken for the beginning of one."""
    framer, offset, searching, last = Framer(LONGEST_PDU), 0, False, 0
    for chunk in chunks:
        last = chunk.time
        if chunk.lost_before:
            yield from _rest(framer, chunk.time, from_esme, offset, "its end is not recorded")
            offset += len(framer.begun) + max(chunk.lost_before, 0)
            framer, searching = Framer(LONGEST_PDU), True
        if searching and not plausible(chunk.octets, registry):
            yield RecordedPdu(chunk.time, from_esme, chunk.octets, offset, "behind a loss, where no PDU begins")
            offset += len(chunk.octets)
            continue
        searching = False
        if framer.fault is not None:
            yield RecordedPdu(chunk.time, from_esme, chunk.octets, offset, "behind a lost frame")
            offset += len(chunk.octets)
            continue
        for octets, _, _, _ in framer.feed(chunk.octets):
            yield RecordedPdu(chunk.time, from_esme, octets, offset)
            offset += len(octets)
        if framer.fault is not None:
            yield RecordedPdu(chunk.time, from_esme, framer.tail, offset, str(framer.fault))
            offset += len(framer.tail)
    yield from _rest(framer, last, from_esme, offset, "incomplete")


def _rest(framer: Framer, time: int, from_esme: bool, offset: int, reason: str) -> Iterator[RecordedPdu]:
    if framer.begun and framer.fault is None:
        yield RecordedPdu(time, from_esme, framer.tail, offset, reason)
