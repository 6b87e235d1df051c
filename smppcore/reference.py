"""The plain codec: a PDU written and read field by field, in the order of its table.

It is slow and obvious. The compiled codec is held against it by the tests; in use it runs only where the compiled one
said no, to find out what is wrong and whether that may be tolerated.
"""

from collections.abc import Collection, Mapping
from struct import Struct
from typing import Any, Final, Protocol

from smppcore.constants import HEADER_LENGTH, CommandStatus
from smppcore.errors import EncodeError, Fault, framing_error
from smppcore.fields import FieldKind, Reader
from smppcore.tlv import RawTlv, read_tlvs, write_tlvs

Layout = tuple[tuple[str, FieldKind], ...]
HEADER: Final = Struct(">IIII")
MESSAGE_PAYLOAD_TAG: Final = 0x0424


class KnownTlv(Protocol):
    """What this file needs of a TLV definition."""

    @property
    def name(self) -> str: ...
    @property
    def lengths(self) -> Collection[int]: ...


def write_pdu(pdu: Any, sequence_number: int) -> bytes:
    """The octets of a PDU under that number. Raises EncodeError that names the field which does not fit."""
    for name, value in (("command_status", pdu.command_status), ("sequence_number", sequence_number)):
        if not isinstance(value, int) or not 0 <= value <= 0xFFFFFFFF:
            raise EncodeError(f"{pdu.command}.{name}", "an integer of 32 bits", value)
    if not isinstance(pdu.tlvs, list | tuple):
        raise EncodeError("tlvs", "a list of (tag, octets)", pdu.tlvs)
    body = b""
    if pdu.tlvs or not getattr(pdu, "header_only", False):
        fields = [kind.encode(f"{pdu.command}.{name}", getattr(pdu, name)) for name, kind in pdu.layout]
        body = b"".join(fields) + write_tlvs(pdu.tlvs)
    return HEADER.pack(16 + len(body), pdu.command_id, pdu.command_status, sequence_number) + body


def read_header(octets: bytes) -> tuple[int, int, int]:
    """command_id, command_status and sequence_number of one whole PDU. Raises FramingError where it is none."""
    if len(octets) >= HEADER_LENGTH:
        length, command_id, command_status, sequence_number = HEADER.unpack_from(octets)
        if length == len(octets):
            return command_id, command_status, sequence_number
        raise framing_error(octets, f"{length} announced, {len(octets)} present", len(octets))
    raise framing_error(octets, f"{len(octets)} octets are no header", HEADER_LENGTH)


def read_fields(layout: Layout, reader: Reader) -> dict[str, Any]:
    """The mandatory fields. Raises DecodeError, or notes it in ``reader.anomalies`` where that is tolerated."""
    return {name: kind.decode(name, reader) for name, kind in layout}


def read_options(reader: Reader, known: Mapping[int, KnownTlv]) -> list[RawTlv]:
    """The TLVs up to the end of the PDU, checked against the table of known ones (section 3.3).

    A TLV that announces more octets than are left keeps those that are there, where this is tolerated; one to three
    octets that can be no TLV stay in the anomaly. The reader keeps standing where they begin.
    """
    octets, at = reader.octets, reader.offset
    tlvs, stop = read_tlvs(octets, at)
    for tag, value in tlvs:
        definition = known.get(tag)
        if definition is not None and len(value) not in definition.lengths:
            text = f"a TLV of {len(value)} octets"
            longest = max(definition.lengths)
            reader.fault(Fault.TLV_LENGTH, definition.name, at, longest, text, CommandStatus.ESME_RINVPARLEN)
        at += 4 + len(value)
    left = len(octets) - stop
    if left:
        whole = left >= 4
        text = f"a TLV longer than the {left - 4} octets left" if whole else f"{left} octet(s) that can be no TLV"
        reader.fault(Fault.TLV_STREAM, "tlvs", stop, len(octets), text, CommandStatus.ESME_RINVOPTPARSTREAM)
        if whole:
            tlvs.append((int.from_bytes(octets[stop : stop + 2], "big"), octets[stop + 4 :]))
    return tlvs


def check_payload(reader: Reader, short_message: bytes | None, tlvs: list[RawTlv]) -> None:
    """User data goes into short_message or into message_payload, never both (section 3.2.3).

    The reader still stands where the TLVs begin.
    """
    at = reader.offset
    for tag, value in tlvs if short_message else ():
        if tag == MESSAGE_PAYLOAD_TAG:
            text = "both short_message and message_payload are present"
            reader.fault(Fault.VALUE, "message_payload", at, 0, text, CommandStatus.ESME_RINVMSGLEN)
            return
        at += 4 + len(value)
