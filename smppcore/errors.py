"""Every way that something can fail, as one tree.

::

    SmppError
    +-- DecodeError           octets that are no valid PDU; names field, offset and limit; the link lives on
    |   +-- FramingError      the stream has lost its frame; the connection ends
    +-- EncodeError           a value that does not fit its field; nothing was sent
    +-- StateError            not allowed in the present session state; nothing was sent
    +-- Refuse                raised by a handler: "answer with this status"
    +-- TlsError              TLS failed; says in which way and what to do
    +-- StoreError            a store failed: what it was to do may not have been done
    +-- Verdict               how a request ended without a good answer
        +-- Refused           the peer answered with an error status
        |   +-- BindRefused   the answer to a bind
        +-- NotSent           not one octet left us: safe to send again
        +-- OutcomeUnknown    it was sent, and no answer came: the peer may have acted on it

Each raised instance is fresh and carries what it is about.
"""

from enum import StrEnum
from typing import Any, Final, Protocol

from smppcore.constants import CommandId, CommandStatus


class AnyPdu(Protocol):
    """What this floor knows of a PDU."""

    command_status: int
    sequence_number: int

    @property
    def command(self) -> str:
        """The name of the PDU, as the specification spells it."""


class Fault(StrEnum):
    """What is wrong with octets that do not decode."""

    BAD_COMMAND_LENGTH = "bad_command_length"
    UNKNOWN_COMMAND_ID = "unknown_command_id"
    FIELD_TOO_LONG = "field_too_long"
    FIELD_UNTERMINATED = "field_unterminated"
    BODY_TRUNCATED = "body_truncated"
    FIXED_SIZE = "fixed_size"
    SM_LENGTH_OVERRUN = "sm_length_overrun"
    TLV_STREAM = "tlv_stream"
    TLV_LENGTH = "tlv_length"
    BAD_DEST_FLAG = "bad_dest_flag"
    VALUE = "value"


ALL_FAULTS: Final = frozenset(Fault)


def status_name(status: int) -> str:
    """``ESME_RTHROTTLED`` for 0x58; ``0x00000410`` for a number without a name."""
    try:
        return CommandStatus(status).name
    except ValueError:
        return f"0x{status:08X}"


def command_name(command_id: int) -> str:
    """``submit_sm`` for 4; ``0x0000000A`` for a number without a name."""
    try:
        return CommandId(command_id).name.lower()
    except ValueError:
        return f"0x{command_id:08X}"


class SmppError(Exception):
    """Base of all errors of this library. They can be pickled and copied, as the anomalies of a PDU have to be."""

    def __reduce__(self) -> tuple[Any, ...]:
        # What Exception does would call __init__ with the finished message.
        return _restore, (type(self), self.args, self.__dict__)


def _restore(kind: type["SmppError"], arguments: tuple[Any, ...], attributes: dict[str, Any]) -> "SmppError":
    error = kind.__new__(kind, *arguments)
    error.__dict__.update(attributes)
    return error


class DecodeError(SmppError, ValueError):
    """Octets that are no valid PDU.

    ``fault`` says what is wrong, ``field`` where (``"submit_sm.source_addr"``), ``offset`` counts octets from the start
    of the PDU, ``limit`` is the limit that was passed (None where there is none), ``status`` is the command_status that
    a peer should be answered with (section 5.1.3), ``octets`` is the whole PDU as received.
    """

    def __init__(
        self, fault: Fault, field: str, offset: int, limit: int | None, status: int, octets: bytes, text: str
    ) -> None:
        within = ", no limit" if limit is None else f", limit {limit}"
        super().__init__(f"{field}: {text} (offset {offset}{within})")
        self.fault = fault
        self.field = field
        self.offset = offset
        self.limit = limit
        self.status = status
        self.octets = octets
        self.text = text

    @property
    def command_id(self) -> int:
        """command_id of the faulty PDU; 0 where it was not received."""
        return int.from_bytes(self.octets[4:8], "big") if len(self.octets) >= 8 else 0

    @property
    def sequence_number(self) -> int:
        """sequence_number of the faulty PDU; 0 where it was not received (section 4.3)."""
        return int.from_bytes(self.octets[12:16], "big") if len(self.octets) >= 16 else 0


class FramingError(DecodeError):
    """command_length is below 16 or above the limit: where the next PDU starts is not known, so the connection ends."""


def framing_error(octets: bytes, text: str, limit: int | None = None) -> FramingError:
    """The error for a command_length that cannot be right (section 4.3)."""
    status = CommandStatus.ESME_RINVCMDLEN
    return FramingError(Fault.BAD_COMMAND_LENGTH, "command_length", 0, limit, status, octets, text)


class EncodeError(SmppError, ValueError):
    """A value that does not fit its field; ``limit`` says what would. Nothing was sent and no window slot is held."""

    def __init__(self, field: str, limit: str, value: object) -> None:
        shown = "(hidden)" if field.endswith("password") else repr(value)
        super().__init__(f"{field}: {shown} does not fit: {limit}")
        self.field = field
        self.limit = limit
        self.value = None if field.endswith("password") else value


class StateError(SmppError):
    """The session is in a state in which this cannot be done, such as submit_sm on a receiver. Nothing was sent."""


class Refuse(SmppError):
    """Raised by a handler or an authenticator: answer the request with this command_status."""

    def __init__(self, status: int) -> None:
        super().__init__(status_name(status))
        self.status = status


class TlsFault(StrEnum):
    """In which way TLS fails."""

    UNKNOWN_CA = "unknown_ca"
    WRONG_HOST = "wrong_host"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    REVOKED = "revoked"
    CERTIFICATE = "certificate"
    NO_TLS = "no_tls"
    PEER_SPEAKS_TLS = "peer_speaks_tls"
    NO_COMMON_PROTOCOL = "no_common_protocol"
    CERTIFICATE_REQUIRED = "certificate_required"
    CERTIFICATE_REFUSED = "certificate_refused"
    TIMEOUT = "timeout"
    BROKEN_OFF = "broken_off"
    NO_FILE = "no_file"
    NO_PEM = "no_pem"
    KEY_MISMATCH = "key_mismatch"
    KEY_PASSWORD = "key_password"  # noqa: S105  # the name of a fault
    OTHER = "other"


class TlsError(SmppError, ConnectionError):
    """TLS failed, in the way that ``fault`` names; the text says what to do.

    There was no bound session, so no message was sent.
    """

    def __init__(self, fault: TlsFault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


class StoreError(SmppError):
    """A store failed, so that what it was asked to do may not have been done.

    ``response`` is what the peer answered where that was to be kept: the request did end well, and only its record is
    in doubt. It is None elsewhere.
    """

    def __init__(self, text: str, response: AnyPdu | None = None) -> None:
        super().__init__(text)
        self.response = response


class Verdict(SmppError):
    """How a request ended when it did not end well; ``request`` is the PDU that was to be sent.

    ``parts`` has what became of each segment (SentPart) where this stands for a text of several, none of them taken.
    """

    parts: tuple[Any, ...] = ()

    def __init__(self, text: str, request: AnyPdu) -> None:
        super().__init__(text)
        self.request = request


class Refused(Verdict):
    """The peer answered with an error status, or with generic_nack. ``response`` is what it sent.

    ``name`` is the name of the status where a carrier has its own for it.
    """

    def __init__(self, response: AnyPdu, request: AnyPdu, name: str = "") -> None:
        super().__init__(f"{request.command} was answered {name or status_name(response.command_status)}", request)
        self.response = response

    @property
    def status(self) -> int:
        """command_status of the response."""
        return self.response.command_status


class BindRefused(Refused):
    """The SMSC refused the bind; ``status`` says why as far as the SMSC tells (section 5.1.3)."""


class NotSent(Verdict):
    """The request never left: not one octet of it was handed to the transport. Sending it again cannot double it."""

    def __init__(self, reason: str, request: AnyPdu) -> None:
        super().__init__(f"{request.command} was not sent: {reason}", request)
        self.reason = reason


class OutcomeUnknown(Verdict):
    """The request was handed to the transport and no answer came: the peer may or may not have acted on it (2.8).

    ``sequence_number`` is the number it was sent under: a late answer, which is a notice, has the same.
    """

    def __init__(self, reason: str, request: AnyPdu, sequence_number: int = 0) -> None:
        super().__init__(f"{request.command} was sent, its outcome is unknown: {reason}", request)
        self.reason = reason
        self.sequence_number = sequence_number
