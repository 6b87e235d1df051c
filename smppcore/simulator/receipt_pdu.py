"""The PDU that carries a receipt: a deliver_sm or data_sm in the dialect that is asked for."""

import time
from typing import Any, Final, TypeVar

from smppcore.constants import CommandId, EsmClass, InterfaceVersion
from smppcore.pdu import DataSm, DeliverSm, Request, SubmitSm
from smppcore.receipt import STATE_WORDS
from smppcore.reference import HEADER
from smppcore.simulator.arrivals import DATA_CODING, ESM_CLASS, Entry
from smppcore.simulator.dialects import STANDARD, Dialect
from smppcore.simulator.life_cycle import DELIVERED, StoredMessage
from smppcore.text import UserDataHeader, decode_text
from smppcore.tlv import MESSAGE_PAYLOAD, RawTlv

M = TypeVar("M", DeliverSm, DataSm)

_ESCAPE: Final = b"\x1b"
"""Of GSM 03.38: half a character must not be left at the end."""
PREVIEW: Final = 20
"""How many characters of the message a receipt repeats (Appendix B)."""
LONGEST_ADDRESS: Final = 20
"""What deliver_sm has room for; the receipt for a longer one, as data_sm allows, is a data_sm too."""
_STANDARD: Final = (
    b"\0%c%c%b\0%c%c%b\0"  # service_type, source, destination
    + bytes([EsmClass.DELIVERY_RECEIPT])
    + bytes(8)  # which are empty or 0 in a receipt (section 4.6.1)
    + b"%cid:%b%b%b"  # its length, message_id, dates and state, the beginning of the message
    + b"\0\x1e\0%c%b"  # receipted_message_id
    + b"\x04\x27\0\x01%c"  # message_state
)
"""What a receipt of the standard dialect consists of."""
_INTERMEDIATE: Final = int(EsmClass.INTERMEDIATE_NOTIFICATION)
_UDHI: Final = int(EsmClass.UDHI)
_V3_4: Final = int(InterfaceVersion.V3_4)


class ReadyReceipt:
    """A deliver_sm with a receipt of Appendix B, its octets written at once.

    It is what load tests spend their time on: a DeliverSm that is filled and encoded takes three times as long. The
    octets are those of the DeliverSm that ``receipt_pdu`` would give, which a test holds it to.
    """

    __slots__ = ("_message",)

    command_id: Final = int(CommandId.DELIVER_SM)
    command: Final = "deliver_sm"

    def __init__(self, message: StoredMessage) -> None:
        self._message = message

    def encode(self, sequence_number: int) -> bytes:
        """The octets under that number."""
        message = self._message
        request, message_id, state = message.request, message.message_id.encode("latin-1"), message.state
        middle = _middle(state, message.submitted, message.finished, message.error)
        beginning = preview(request, message.encoding)
        body = _STANDARD % (
            *(request.dest_addr_ton, request.dest_addr_npi, request.destination_addr.encode("latin-1")),
            *(request.source_addr_ton, request.source_addr_npi, request.source_addr.encode("latin-1")),
            *(3 + len(message_id) + len(middle) + len(beginning), message_id, middle, beginning),
            *(len(message_id) + 1, message_id + b"\0", state),
        )
        return HEADER.pack(16 + len(body), 5, 0, sequence_number) + body


def _middle(state: int, submitted: float, finished: float, error: str) -> bytes:
    """What stands between the id and the text of a receipt."""
    text = (
        f" sub:001 dlvrd:{'001' if state == DELIVERED else '000'} submit date:{_minutes(submitted)} "
        f"done date:{_minutes(finished)} stat:{STATE_WORDS[state]} err:{error or '000'} text:"
    )
    return text.encode("ascii")


_latest_middle = (0, 0, b"")


class ArrivalReceipt:
    """As ReadyReceipt, for an arrival that is easy to read."""

    __slots__ = ("entry",)

    command_id: Final = int(CommandId.DELIVER_SM)
    command: Final = "deliver_sm"

    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    def encode(self, sequence_number: int) -> bytes:
        """The octets under that number."""
        global _latest_middle
        # fmt: off
        (_, _, message_id, submitted, due, _, _, source_ton, source_npi, source, destination_ton, destination_npi,
         destination, _, _, _, _, _, _, octets) = self.entry
        # fmt: on
        minute, last_minute, middle = _latest_middle
        if not (minute <= submitted < minute + 60 and last_minute <= due < last_minute + 60):
            middle = _middle(DELIVERED, submitted, due, "")
            _latest_middle = (int(submitted) // 60 * 60, int(due) // 60 * 60, middle)
        beginning = octets[:PREVIEW].rstrip(_ESCAPE)
        body = _STANDARD % (
            destination_ton,
            destination_npi,
            destination.encode("latin-1"),
            source_ton,
            source_npi,
            source.encode("latin-1"),
            2 + len(message_id) + len(middle) + len(beginning),
            message_id[:-1],
            middle,
            beginning,
            len(message_id),
            message_id,
            DELIVERED,
        )
        return HEADER.pack(16 + len(body), 5, 0, sequence_number) + body


def is_easy(entry: Entry) -> bool:
    """Whether it has data_coding 0 and no UDH, so that ArrivalReceipt can write what its text begins with."""
    return entry[DATA_CODING] == 0 and not entry[ESM_CLASS] & _UDHI


def receipt_pdu(message: StoredMessage, dialect: Dialect, version: int) -> Request[Any]:
    """The receipt of a message in its final state, for an ESME of that interface_version."""
    request = message.request
    if (
        dialect is STANDARD
        and version >= _V3_4
        and not request.tlvs
        and len(request.source_addr) <= LONGEST_ADDRESS
        and len(request.destination_addr) <= LONGEST_ADDRESS
    ):
        ready: Any = ReadyReceipt(message)
        return ready  # type: ignore[no-any-return]  # it has what is asked of a request that is sent
    return receipt_in(dialect, message, version)


def receipt_in(dialect: Dialect, message: StoredMessage, version: int) -> DeliverSm | DataSm:
    """As receipt_pdu, in any dialect and always as a PDU of fields."""
    return _in_dialect(message, dialect, version, message.state, message.finished, dialect.esm_class)


def notification_pdu(
    message: StoredMessage, dialect: Dialect, version: int, state: int, date: float
) -> DeliverSm | DataSm:
    """An intermediate notification of that state (section 2.11)."""
    return _in_dialect(message, dialect, version, state, date, _INTERMEDIATE)


def _in_dialect(
    message: StoredMessage, dialect: Dialect, version: int, state: int, date: float, esm_class: int
) -> DeliverSm | DataSm:
    request, message_id = message.request, message.message_id
    beginning = preview(request, message.encoding)
    octets = dialect.octets(message_id, state, message.submitted, date, message.error, beginning)
    # An ESME of version 3.3 knows no TLVs (section 3.4).
    with_tlvs = version >= _V3_4
    tlvs = dialect.all_tlvs(message_id, state, message.error, message.reference) if with_tlvs else []
    if (dialect.pdu == "data_sm" and with_tlvs) or max(
        len(request.source_addr), len(request.destination_addr)
    ) > LONGEST_ADDRESS:
        data = _addressed(DataSm, request, esm_class, [*tlvs, MESSAGE_PAYLOAD(octets)] if octets else tlvs)
        data.data_coding = dialect.data_coding
        return data
    pdu = _addressed(DeliverSm, request, esm_class, tlvs)
    pdu.data_coding = dialect.data_coding
    if dialect.payload and with_tlvs:
        pdu.tlvs.append(MESSAGE_PAYLOAD(octets))
    else:
        pdu.short_message = octets[:254]
    return pdu


def _addressed(kind: type[M], request: SubmitSm, esm_class: int, tlvs: list[RawTlv]) -> M:
    """A PDU that goes back from the destination of a message to its source."""
    return kind(
        source_addr_ton=request.dest_addr_ton,
        source_addr_npi=request.dest_addr_npi,
        source_addr=request.destination_addr,
        dest_addr_ton=request.source_addr_ton,
        dest_addr_npi=request.source_addr_npi,
        destination_addr=request.source_addr,
        esm_class=esm_class,
        tlvs=tlvs,
    )


_last_minute: tuple[int, str] = (-1, "")


def _minutes(moment: float) -> str:
    """YYMMDDhhmm in UTC; the last minute is kept, because it is nearly always asked for again."""
    global _last_minute
    minute = int(moment) // 60
    if minute != _last_minute[0]:
        _last_minute = (minute, time.strftime("%y%m%d%H%M", time.gmtime(minute * 60)))
    return _last_minute[1]


def preview(request: SubmitSm, encoding: str = "gsm0338") -> bytes:
    """The first characters of a message in the default alphabet of the account, ``?`` for what that does not have."""
    octets = request.short_message
    header = None
    if request.esm_class & _UDHI:
        header, octets = UserDataHeader.parse(octets)
    if request.data_coding == 0 and header is None:
        return octets[:PREVIEW].rstrip(_ESCAPE) if encoding == "gsm0338" else octets[:PREVIEW]
    text = decode_text(octets, request.data_coding, default=encoding, udh=header) or ""
    return text[:PREVIEW].encode(encoding, "replace")
