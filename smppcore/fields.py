"""The kinds of field that PDUs are made of: the plain, obvious codec.

Each kind knows how one field is written and read, one at a time, and says exactly what is wrong when that fails. The
fast codec is compiled from the same objects (codegen.py); this one is what it is held against in the tests, and what
runs after the fast path said no, to tolerate what may be tolerated or to name field, limit and offset.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Protocol

from smppcore.constants import CommandStatus, DestFlag
from smppcore.errors import DecodeError, EncodeError, Fault

STATUS_OF_FIELD: Final = {
    "system_id": CommandStatus.ESME_RINVSYSID,
    "password": CommandStatus.ESME_RINVPASWD,
    "system_type": CommandStatus.ESME_RINVSYSTYP,
    "address_range": CommandStatus.ESME_RBINDFAIL,
    "service_type": CommandStatus.ESME_RINVSERTYP,
    "source_addr": CommandStatus.ESME_RINVSRCADR,
    "destination_addr": CommandStatus.ESME_RINVDSTADR,
    "message_id": CommandStatus.ESME_RINVMSGID,
    "schedule_delivery_time": CommandStatus.ESME_RINVSCHED,
    "validity_period": CommandStatus.ESME_RINVEXPIRY,
    "priority_flag": CommandStatus.ESME_RINVPRTFLG,
    "registered_delivery": CommandStatus.ESME_RINVREGDLVFLG,
    "replace_if_present_flag": CommandStatus.ESME_RINVREPFLAG,
    "sm_default_msg_id": CommandStatus.ESME_RINVDFTMSGID,
    "esm_class": CommandStatus.ESME_RINVESMCLASS,
    "dl_name": CommandStatus.ESME_RINVDLNAME,
    "dest_flag": CommandStatus.ESME_RINVDESTFLAG,
    "number_of_dests": CommandStatus.ESME_RINVNUMDESTS,
    "sm_length": CommandStatus.ESME_RINVMSGLEN,
    "short_message": CommandStatus.ESME_RINVMSGLEN,
}
"""What a peer is answered when this field is too long or has a value that is not allowed (section 5.1.3)."""


class Reader:
    """One PDU being read field by field. ``tolerate`` says which faults are noted instead of raised."""

    __slots__ = ("anomalies", "command", "octets", "offset", "tolerate")

    def __init__(self, command: str, octets: bytes, tolerate: frozenset[Fault] = frozenset()) -> None:
        self.command = command
        self.octets = octets
        self.offset = 16
        self.tolerate = tolerate
        self.anomalies: list[DecodeError] = []

    @property
    def left(self) -> int:
        return len(self.octets) - self.offset

    def take(self, count: int) -> bytes:
        """The next octets, fewer at the end of the PDU."""
        start = self.offset
        self.offset = min(start + count, len(self.octets))
        return self.octets[start : self.offset]

    def fault(self, fault: Fault, field: str, at: int, limit: int | None, text: str, status: int | None = None) -> None:
        """Raise a DecodeError, or note it and return where it may be tolerated."""
        if status is None:
            status = STATUS_OF_FIELD.get(field, CommandStatus.ESME_RINVCMDLEN)
        error = DecodeError(fault, f"{self.command}.{field}", at, limit, status, self.octets, text)
        if fault not in self.tolerate:
            raise error
        self.anomalies.append(error)


class FieldKind(Protocol):
    """How one field is written and read; ``pattern`` is what the compiled codec matches (None: it calls ``decode``)."""

    @property
    def pattern(self) -> str | None: ...
    def encode(self, field: str, value: Any) -> bytes: ...
    def decode(self, field: str, reader: Reader) -> Any: ...


TIME_PATTERN: Final = (
    r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d\d(?:[0-3]\d|4[0-8])[+-]|\d{15}R"
)


@dataclass(frozen=True, slots=True)
class Integer:
    """An unsigned integer of ``size`` octets, most significant first; up to ``highest`` is allowed by the
    specification."""

    size: int = 1
    highest: int | None = None

    @property
    def pattern(self) -> str | None:
        if self.size != 1:
            return None
        return "." if self.highest is None else rf"[\x00-\x{self.highest:02x}]"

    def encode(self, field: str, value: Any) -> bytes:
        if not isinstance(value, int) or not 0 <= value < 1 << 8 * self.size:
            raise EncodeError(field, f"an integer from 0 to {(1 << 8 * self.size) - 1}", value)
        return value.to_bytes(self.size, "big")

    def decode(self, field: str, reader: Reader) -> int:
        start = reader.offset
        if reader.left < self.size:
            text = f"the PDU ends, {self.size} octet(s) expected"
            reader.fault(Fault.BODY_TRUNCATED, field, start, self.size, text, CommandStatus.ESME_RINVCMDLEN)
        value = int.from_bytes(reader.take(self.size), "big")
        if self.highest is not None and value > self.highest:
            reader.fault(Fault.VALUE, field, start, self.highest, f"{value} is not allowed")
        return value


@dataclass(frozen=True, slots=True)
class CString:
    """A C-Octet String of at most ``limit`` octets, NUL included. In Python a ``str``, through Latin-1: nothing is
    lost.

    ``lengths`` are the only ones allowed where the specification fixes them (characters, without the NUL); ``form`` is
    a pattern that a non-empty value has to match; ``required`` forbids the empty string. The last two are checked when
    a peer's octets are read, never when our own are written.
    """

    limit: int
    lengths: tuple[int, ...] = ()
    form: str = ""
    required: bool = False

    @property
    def pattern(self) -> str | None:
        if self.form:
            return rf"(|{self.form})\x00"  # empty first: it nearly always is
        if self.lengths:
            return "(" + "|".join(rf"[^\x00]{{{length}}}" for length in self.lengths) + r")\x00"
        return rf"([^\x00]{{{int(self.required)},{self.limit - 1}}})\x00"

    def encode(self, field: str, value: Any) -> bytes:
        if not isinstance(value, str):
            raise EncodeError(field, "a str", value)
        if self.lengths and len(value) not in self.lengths:
            raise EncodeError(field, f"{' or '.join(map(str, self.lengths))} characters", value)
        if len(value) >= self.limit:
            raise EncodeError(field, f"at most {self.limit - 1} characters", value)
        if "\0" in value:
            raise EncodeError(field, "no NUL inside a C-Octet String", value)
        try:
            return value.encode("latin-1") + b"\0"
        except UnicodeEncodeError:
            raise EncodeError(field, "characters up to U+00FF", value) from None

    def decode(self, field: str, reader: Reader) -> str:
        start, octets = reader.offset, reader.octets
        end = octets.find(b"\0", start)
        if end < 0:
            fault = Fault.FIELD_UNTERMINATED if start < len(octets) else Fault.BODY_TRUNCATED
            text = "no NUL before the end of the PDU" if start < len(octets) else "the PDU ends before it"
            reader.fault(fault, field, start, self.limit, text, CommandStatus.ESME_RINVCMDLEN)
            end = len(octets)
        value = octets[start:end].decode("latin-1")
        reader.offset = min(end + 1, len(octets))
        self._check(field, reader, start, value)
        return value

    def _check(self, field: str, reader: Reader, start: int, value: str) -> None:
        length = len(value)
        if self.lengths and length not in self.lengths:
            sizes = " or ".join(str(allowed + 1) for allowed in self.lengths)
            text = f"{length + 1} octets with the NUL, {sizes} allowed"
            reader.fault(Fault.FIXED_SIZE, field, start, self.limit, text)
        elif length >= self.limit:
            text = f"{length + 1} octets with the NUL"
            reader.fault(Fault.FIELD_TOO_LONG, field, start, self.limit, text)
        elif self.required and not value:
            reader.fault(Fault.VALUE, field, start, self.limit, "must not be empty")
        elif self.form and value and not _matches(self.form, value):
            reader.fault(Fault.VALUE, field, start, self.limit, f"{value!r} is not a time of section 7.1.1")


def _matches(form: str, value: str) -> bool:
    return re.fullmatch(form, value, re.ASCII) is not None


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """sm_length and short_message: 0 to 254 octets (section 5.2.21; 255 is of 5.0 and refused here)."""

    limit: int = 254

    @property
    def pattern(self) -> str | None:
        return rf"[\x00-\x{self.limit:02x}]"

    def encode(self, field: str, value: Any) -> bytes:
        if not isinstance(value, bytes | bytearray | memoryview):
            raise EncodeError(field, "bytes", value)
        # A memoryview may have larger items than octets.
        octets = bytes(value)
        if len(octets) > self.limit:
            raise EncodeError(field, f"at most {self.limit} octets (longer: the TLV message_payload)", value)
        return bytes((len(octets),)) + octets

    def decode(self, field: str, reader: Reader) -> bytes:
        start = reader.offset
        if not reader.left:
            text = "the PDU ends before it"
            reader.fault(Fault.BODY_TRUNCATED, "sm_length", start, 1, text, CommandStatus.ESME_RINVCMDLEN)
            return b""
        length = reader.take(1)[0]
        if length > reader.left:
            text = f"announces {length} octets, {reader.left} left"
            reader.fault(Fault.SM_LENGTH_OVERRUN, "sm_length", start, reader.left, text)
        if length > self.limit:
            reader.fault(Fault.VALUE, "sm_length", start, self.limit, f"{length} is not allowed")
        return reader.take(length)


@dataclass(slots=True)
class SmeAddress:
    """A destination of submit_multi: one SME (section 4.5.1.1)."""

    destination_addr: str
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0


@dataclass(slots=True)
class DistributionList:
    """A destination of submit_multi: a distribution list of the SMSC, by name (section 4.5.1.2)."""

    dl_name: str


@dataclass(slots=True)
class UnsuccessSme:
    """A destination that submit_multi could not be submitted to (section 4.5.2.1)."""

    destination_addr: str
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    error_status_code: int = 0


_OCTET = Integer()
_STATUS = Integer(4)
_ADDRESS = CString(21)


def _write_address(field: str, entry: SmeAddress | UnsuccessSme) -> bytes:
    return (
        _OCTET.encode(f"{field}.dest_addr_ton", entry.dest_addr_ton)
        + _OCTET.encode(f"{field}.dest_addr_npi", entry.dest_addr_npi)
        + _ADDRESS.encode(f"{field}.destination_addr", entry.destination_addr)
    )


def _read_list(count_field: str, reader: Reader, read: Callable[[Reader], Any], lowest: int, highest: int) -> list[Any]:
    start = reader.offset
    count = _OCTET.decode(count_field, reader)
    if not lowest <= count <= highest:
        reader.fault(Fault.VALUE, count_field, start, highest, f"{count} entries are not allowed")
    return [read(reader) for _ in range(count) if reader.left or not reader.anomalies]


@dataclass(frozen=True, slots=True)
class DestAddresses:
    """number_of_dests and dest_address(es) of submit_multi: 1 to 254 entries (sections 4.5.1, 5.2.24)."""

    limit: int = 254

    @property
    def pattern(self) -> str | None:
        return None

    def encode(self, field: str, value: Any) -> bytes:
        if not isinstance(value, list | tuple) or not 1 <= len(value) <= self.limit:
            raise EncodeError(field, f"a list of 1 to {self.limit} SmeAddress or DistributionList", value)
        return bytes((len(value),)) + b"".join(self._write(f"{field}[{n}]", entry) for n, entry in enumerate(value))

    def _write(self, field: str, entry: Any) -> bytes:
        if isinstance(entry, SmeAddress):
            return b"\x01" + _write_address(field, entry)
        if isinstance(entry, DistributionList):
            return b"\x02" + _ADDRESS.encode(f"{field}.dl_name", entry.dl_name)
        raise EncodeError(field, "a SmeAddress or a DistributionList", entry)

    def decode(self, field: str, reader: Reader) -> list[SmeAddress | DistributionList]:
        return _read_list("number_of_dests", reader, self._read, 1, self.limit)

    def _read(self, reader: Reader) -> SmeAddress | DistributionList:
        start = reader.offset
        flag = _OCTET.decode("dest_flag", reader)
        if flag == DestFlag.DISTRIBUTION_LIST:
            return DistributionList(_ADDRESS.decode("dl_name", reader))
        if flag != DestFlag.SME_ADDRESS:
            reader.fault(Fault.BAD_DEST_FLAG, "dest_flag", start, 2, f"{flag} is neither 1 nor 2")
        ton, npi = _OCTET.decode("dest_addr_ton", reader), _OCTET.decode("dest_addr_npi", reader)
        return SmeAddress(_ADDRESS.decode("destination_addr", reader), ton, npi)


@dataclass(frozen=True, slots=True)
class UnsuccessSmes:
    """no_unsuccess and unsuccess_sme(s) of submit_multi_resp: 0 to 255 entries (sections 4.5.2, 5.2.26)."""

    @property
    def pattern(self) -> str | None:
        return None

    def encode(self, field: str, value: Any) -> bytes:
        if not isinstance(value, list | tuple) or len(value) > 255:
            raise EncodeError(field, "a list of at most 255 UnsuccessSme", value)
        return bytes((len(value),)) + b"".join(self._write(f"{field}[{n}]", entry) for n, entry in enumerate(value))

    def _write(self, field: str, entry: Any) -> bytes:
        if not isinstance(entry, UnsuccessSme):
            raise EncodeError(field, "an UnsuccessSme", entry)
        return _write_address(field, entry) + _STATUS.encode(f"{field}.error_status_code", entry.error_status_code)

    def decode(self, field: str, reader: Reader) -> list[UnsuccessSme]:
        return _read_list("no_unsuccess", reader, self._read, 0, 255)

    def _read(self, reader: Reader) -> UnsuccessSme:
        ton, npi = _OCTET.decode("dest_addr_ton", reader), _OCTET.decode("dest_addr_npi", reader)
        address = _ADDRESS.decode("destination_addr", reader)
        return UnsuccessSme(address, ton, npi, _STATUS.decode("error_status_code", reader))


# The annotations of PDU fields. The number is the size in octets, NUL included, as in the tables of section 4.
Octet = Annotated[int, Integer()]
PriorityFlag = Annotated[int, Integer(highest=3)]
BroadcastPriority = Annotated[int, Integer(highest=4)]
ReplaceFlag = Annotated[int, Integer(highest=1)]
ReceiptFlags = Annotated[int, Integer(highest=0x1F)]
CannedMessage = Annotated[int, Integer(highest=254)]
CString6 = Annotated[str, CString(6)]
CString9 = Annotated[str, CString(9)]
CString13 = Annotated[str, CString(13)]
CString16 = Annotated[str, CString(16)]
CString21 = Annotated[str, CString(21)]
Destination21 = Annotated[str, CString(21, required=True)]
CString41 = Annotated[str, CString(41)]
CString65 = Annotated[str, CString(65)]
Time = Annotated[str, CString(17, lengths=(0, 16), form=TIME_PATTERN)]
UnusedTime = Annotated[str, CString(17, lengths=(0, 16))]
FinalDate = Annotated[str, CString(17, lengths=(0, 16, 12, 10))]
MessageOctets = Annotated[bytes, ShortMessage()]
DestAddressList = Annotated[list[SmeAddress | DistributionList], DestAddresses()]
UnsuccessSmeList = Annotated[list[UnsuccessSme], UnsuccessSmes()]
