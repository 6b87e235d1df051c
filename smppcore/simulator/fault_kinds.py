"""The catalogue of faults: what an SMSC can do wrong, by name. What is done when, and to whom, says faults.py.

A kind of the layer "answer" decides before the request is looked at: with a status, or by letting it wait. A kind of
the layer "wire" changes what leaves: it gets the octets of one PDU and returns what is written in its place.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from smppcore.constants import HEADER_LENGTH, RESPONSE_BIT, CommandId, CommandStatus

_HEADER: Final = struct.Struct(">IIII")
_SPLIT: Final = 10
"""Into a response this far fits into no header."""

BINDS: Final = ("bind_transmitter", "bind_receiver", "bind_transceiver")
MESSAGES: Final = ("submit_sm", "submit_multi", "data_sm")
QUESTIONS: Final = ("query_sm", "cancel_sm", "replace_sm")
ANSWERED: Final = (*MESSAGES, *QUESTIONS, *BINDS)
"""Requests of an ESME that the simulator decides on."""
OUTGOING: Final = (*ANSWERED, "enquire_link", "unbind", "deliver_sm")
"""What a wire fault may be done to: the answers to these requests of an ESME, and our own deliver_sm."""

_COMMANDS: Final = {each.name.lower(): int(each) for each in CommandId}


def outgoing_id(command: str) -> int:
    """The command_id of what leaves: of deliver_sm itself, and of the response to any other request."""
    number = _COMMANDS[command]
    return number if command == "deliver_sm" else number | RESPONSE_BIT


def request_id(command: str) -> int:
    """The command_id of a request by its name."""
    return _COMMANDS[command]


class Options(Protocol):
    """What a kind may look at: the settings of the fault (FaultConfig)."""

    @property
    def status(self) -> int | None: ...
    @property
    def seconds(self) -> float: ...
    @property
    def depth(self) -> int: ...


class Line(Protocol):
    """What a wire fault may do beside changing octets (wire.py)."""

    def hold(self, octets: bytes, seconds: float, overtakers: int) -> bytes:
        """Let the PDU be overtaken by so many others, but wait no longer than that."""

    def stall(self, seconds: float) -> None:
        """Let nothing leave for so long, and then all of it."""

    def silence(self) -> None:
        """Neither send nor read any more, and leave the connection open."""

    def close(self) -> None:
        """Close the connection behind the octets that are returned; nothing more leaves."""


WireFault = Callable[[Line, bytes, Options], bytes]


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind. ``possible`` are the commands it can be done to, ``usual`` those it is done to unless told otherwise.

    ``status`` is what an answer kind answers with unless told otherwise, None where it only waits.
    """

    name: str
    layer: Literal["answer", "wire"]
    description: str
    usual: tuple[str, ...]
    possible: tuple[str, ...]
    status: int | None = None
    change: WireFault | None = None


KINDS: Final[dict[str, FaultKind]] = {}
"""All kinds by name."""


def _answer(name: str, description: str, usual: tuple[str, ...], status: int | None) -> None:
    KINDS[name] = FaultKind(name, "answer", description, usual, ANSWERED, status)


def wire_kind(
    name: str, description: str, usual: tuple[str, ...] = ("submit_sm",), possible: tuple[str, ...] = OUTGOING
) -> Callable[[WireFault], WireFault]:
    """Put a function into the catalogue."""

    def decorate(change: WireFault) -> WireFault:
        KINDS[name] = FaultKind(name, "wire", description, usual, possible, change=change)
        return change

    return decorate


# -- answers

_answer("status", "refuses with a status, ESME_RSYSERR unless told otherwise", MESSAGES, CommandStatus.ESME_RSYSERR)
_answer("throttled", "refuses with ESME_RTHROTTLED", MESSAGES, CommandStatus.ESME_RTHROTTLED)
_answer("queue-full", "refuses with ESME_RMSGQFUL", MESSAGES, CommandStatus.ESME_RMSGQFUL)
_answer("bind-refused", "refuses binds with ESME_RBINDFAIL", BINDS, CommandStatus.ESME_RBINDFAIL)
_answer("already-bound", "refuses binds with ESME_RALYBND, as after a loss", BINDS, CommandStatus.ESME_RALYBND)
_answer("latency", "answers after a time", MESSAGES, None)
_answer("bind-delayed", "answers binds after a time", BINDS, None)


# -- whether, when and how often something leaves


@wire_kind("no-response", "never answers")
def _no_response(line: Line, octets: bytes, options: Options) -> bytes:
    return b""


@wire_kind("enquire-link-ignored", "never answers enquire_link", ("enquire_link",), ("enquire_link",))
def _enquire_link_ignored(line: Line, octets: bytes, options: Options) -> bytes:
    return b""


@wire_kind("unbind-ignored", "never answers unbind", ("unbind",), ("unbind",))
def _unbind_ignored(line: Line, octets: bytes, options: Options) -> bytes:
    return b""


@wire_kind("duplicate", "sends it twice")
def _duplicate(line: Line, octets: bytes, options: Options) -> bytes:
    return octets + octets


@wire_kind("reorder", "lets it be overtaken by depth PDUs, or come after seconds")
def _reorder(line: Line, octets: bytes, options: Options) -> bytes:
    return line.hold(octets, options.seconds, options.depth)


@wire_kind("late", "sends it after seconds, behind whatever comes meanwhile")
def _late(line: Line, octets: bytes, options: Options) -> bytes:
    return line.hold(octets, options.seconds, 0xFFFFFFFF)


@wire_kind("stall", "sends nothing at all for seconds, and then everything")
def _stall(line: Line, octets: bytes, options: Options) -> bytes:
    line.stall(options.seconds)
    return octets


@wire_kind("disconnect-before", "closes the connection in place of it")
def _disconnect_before(line: Line, octets: bytes, options: Options) -> bytes:
    line.close()
    return b""


@wire_kind("disconnect-after", "closes the connection behind it")
def _disconnect_after(line: Line, octets: bytes, options: Options) -> bytes:
    line.close()
    return octets


@wire_kind("disconnect-within", "closes the connection in the middle of it")
def _disconnect_within(line: Line, octets: bytes, options: Options) -> bytes:
    line.close()
    return octets[:_SPLIT]


@wire_kind("half-pdu", "stops in the middle of it, and says nothing more")
def _half_pdu(line: Line, octets: bytes, options: Options) -> bytes:
    line.silence()
    return octets[:_SPLIT]


@wire_kind("half-open", "goes silent and leaves the connection open")
def _half_open(line: Line, octets: bytes, options: Options) -> bytes:
    line.silence()
    return b""


# -- what is in the header


def _with_header(
    octets: bytes, *, command_id: int | None = None, status: int | None = None, number: int | None = None
) -> bytes:
    length, old_id, old_status, old_number = _HEADER.unpack_from(octets)
    return (
        _HEADER.pack(
            length,
            old_id if command_id is None else command_id,
            old_status if status is None else status,
            old_number if number is None else number,
        )
        + octets[HEADER_LENGTH:]
    )


def _with_body(octets: bytes, body: bytes) -> bytes:
    """The same PDU with another body, and the length that this gives."""
    return (HEADER_LENGTH + len(body)).to_bytes(4, "big") + octets[4:HEADER_LENGTH] + body


def _with_length(octets: bytes, length: int) -> bytes:
    return length.to_bytes(4, "big") + octets[4:]


@wire_kind("wrong-sequence", "has the sequence_number of another request")
def _wrong_sequence(line: Line, octets: bytes, options: Options) -> bytes:
    number = int.from_bytes(octets[12:16], "big")
    return _with_header(octets, number=number ^ 0x40000000)


@wire_kind("sequence-zero", "has the sequence_number 0")
def _sequence_zero(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_header(octets, number=0)


@wire_kind("sequence-high", "has a sequence_number above 0x7FFFFFFF")
def _sequence_high(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_header(octets, number=int.from_bytes(octets[12:16], "big") | 0x80000000)


@wire_kind("wrong-response", "is the response to another command: query_sm_resp")
def _wrong_response(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_header(octets, command_id=CommandId.QUERY_SM_RESP)


@wire_kind("unknown-command", "has a command_id that nobody knows")
def _unknown_command(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_header(octets, command_id=0x80000333)


@wire_kind("nack", "is a generic_nack, ESME_RINVCMDID unless told otherwise")
def _nack(line: Line, octets: bytes, options: Options) -> bytes:
    status = CommandStatus.ESME_RINVCMDID if options.status is None else options.status
    return _with_body(_with_header(octets, command_id=CommandId.GENERIC_NACK, status=status), b"")


@wire_kind("nack-zero", "is a generic_nack with the sequence_number 0, which fits no request")
def _nack_zero(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_header(_nack(line, octets, options), number=0)


@wire_kind("unknown-status", "has a status of the carrier's own, 0x400 unless told otherwise")
def _unknown_status(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_header(octets, status=0x400 if options.status is None else options.status)


@wire_kind("error-with-body", "has an error status, and a body all the same")
def _error_with_body(line: Line, octets: bytes, options: Options) -> bytes:
    status = CommandStatus.ESME_RSYSERR if options.status is None else options.status
    return _with_header(octets, status=status)


@wire_kind("length-zero", "has the command_length 0")
def _length_zero(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_length(octets, 0)


@wire_kind("length-short", "has the command_length 15")
def _length_short(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_length(octets, 15)


@wire_kind("length-huge", "has a command_length of two gigabytes")
def _length_huge(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_length(octets, 0x7FFFFFFF)


@wire_kind("length-over", "has a command_length that takes in the beginning of the next PDU")
def _length_over(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_length(octets, len(octets) + 4)


# -- what is in the body


@wire_kind("header-only", "has no body, though its status is good")
def _header_only(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_body(octets, b"")


@wire_kind("empty-id", "has a body of one NUL")
def _empty_id(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_body(octets, b"\0")


@wire_kind("no-nul", "lacks the NUL at its end")
def _no_nul(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_body(octets, octets[HEADER_LENGTH:].rstrip(b"\0"))


@wire_kind("cut-body", "ends in the middle of its body, and its length says so")
def _cut_body(line: Line, octets: bytes, options: Options) -> bytes:
    body = octets[HEADER_LENGTH:]
    return _with_body(octets, body[: len(body) // 2])


@wire_kind("trailing-nul", "has a NUL too many at its end")
def _trailing_nul(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_body(octets, octets[HEADER_LENGTH:] + b"\0")


@wire_kind("padding", "is filled up with NULs")
def _padding(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_body(octets, octets[HEADER_LENGTH:] + bytes(8))


@wire_kind("long-id", "has a field of 200 characters where 64 are allowed")
def _long_id(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_body(octets, b"9" * 200 + b"\0")


@wire_kind("tlv-overrun", "has a TLV that claims more octets than there are")
def _tlv_overrun(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_body(octets, octets[HEADER_LENGTH:] + bytes.fromhex("001e00413330303500"))


@wire_kind("tlv-width", "has a TLV of a wrong width: user_message_reference of one octet")
def _tlv_width(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_body(octets, octets[HEADER_LENGTH:] + bytes.fromhex("0204000100"))


@wire_kind("tlv-v5", "has a TLV of 5.0: congestion_state")
def _tlv_v5(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_body(octets, octets[HEADER_LENGTH:] + bytes.fromhex("0428000100"))


@wire_kind("tlv-vendor", "has TLVs of a vendor, one of them twice")
def _tlv_vendor(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_body(octets, octets[HEADER_LENGTH:] + 2 * bytes.fromhex("1403000a34343132333435363738"))


@wire_kind(
    "body-where-none",
    "has an octet of body where there is none",
    ("enquire_link", "unbind"),
    ("enquire_link", "unbind"),
)
def _body_where_none(line: Line, octets: bytes, options: Options) -> bytes:
    return _with_body(octets, b"\0")


@wire_kind("sm-length-overrun", "says that short_message is longer than it is", ("deliver_sm",), ("deliver_sm",))
def _sm_length_overrun(line: Line, octets: bytes, options: Options) -> bytes:
    at = _sm_length_at(octets)
    return octets[:at] + b"\xff" + octets[at + 1 :]


@wire_kind("no-such-data-coding", "has the reserved data_coding 0xFF", ("deliver_sm",), ("deliver_sm",))
def _no_such_data_coding(line: Line, octets: bytes, options: Options) -> bytes:
    at = _sm_length_at(octets) - 2
    return octets[:at] + b"\xff" + octets[at + 1 :]


def _sm_length_at(octets: bytes) -> int:
    """Where sm_length stands in a deliver_sm (section 4.6.1)."""
    at = octets.index(b"\0", HEADER_LENGTH) + 3  # service_type, TON, NPI
    at = octets.index(b"\0", at) + 3
    at = octets.index(b"\0", at) + 4  # esm_class, protocol_id, priority_flag
    at = octets.index(b"\0", at) + 1
    at = octets.index(b"\0", at) + 1
    return at + 4  # registered_delivery, replace_if_present_flag, data_coding, sm_default_msg_id


@wire_kind("http", "is an answer of a web server")
def _http(line: Line, octets: bytes, options: Options) -> bytes:
    line.close()
    return b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"


@wire_kind("garbage", "is followed by octets that are no PDU")
def _garbage(line: Line, octets: bytes, options: Options) -> bytes:
    return octets + b"\r\n" * 8
