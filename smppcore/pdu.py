"""Every PDU of SMPP 3.4, and the six broadcast PDUs of 5.0, as tables: the table is the class.

A class lists its mandatory fields in wire order; the annotation says what each is on the wire (fields.py), and the
codec is compiled from that (codegen.py). Numbers stay plain ``int``, C-Octet Strings are ``str`` (Latin-1, so every
octet survives), user data is ``bytes``. Lengths and counts (sm_length, number_of_dests, no_unsuccess) are derived.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final, Generic, Self, TypeVar, cast, dataclass_transform

from smppcore.codegen import compile_codec, compile_init, layout_of
from smppcore.constants import CommandId, CommandStatus
from smppcore.errors import DecodeError, Fault
from smppcore.fields import (
    BroadcastPriority,
    CannedMessage,
    CString6,
    CString9,
    CString13,
    CString16,
    CString21,
    CString41,
    CString65,
    DestAddressList,
    Destination21,
    FinalDate,
    MessageOctets,
    Octet,
    PriorityFlag,
    Reader,
    ReceiptFlags,
    ReplaceFlag,
    Time,
    UnsuccessSmeList,
    UnusedTime,
)
from smppcore.reference import KnownTlv, Layout, check_payload, read_fields, read_header, read_options
from smppcore.tlv import MESSAGE_PAYLOAD, STANDARD_TLVS, RawTlv, Tlv

P = TypeVar("P", bound="Pdu")
V = TypeVar("V")


@dataclass(slots=True, kw_only=True, repr=False)
class Pdu:
    """What all PDUs have: the header (section 3.2.1), and TLVs behind the mandatory fields.

    ``command_status`` means something in responses only. ``sequence_number`` is that of a received PDU; a PDU that is
    sent gets its number from the session and is not modified. ``tlvs`` are (tag, octets) in wire order, unknown ones
    and repeated ones included. ``anomalies`` lists what was wrong with a received PDU and has been tolerated.
    """

    command_id: ClassVar[int] = 0
    command: ClassVar[str] = ""
    layout: ClassVar[Layout] = ()
    source: ClassVar[str] = ""

    command_status: int = 0
    tlvs: list[RawTlv] = field(default_factory=list)
    sequence_number: int = field(default=0, compare=False)
    anomalies: tuple[DecodeError, ...] = field(default=(), compare=False)

    def encode(self, sequence_number: int) -> bytes:
        """The octets of this PDU under that number (0 to 0xFFFFFFFF).

        Raises EncodeError that names the field, its limit and the value where one does not fit.
        """
        raise NotImplementedError

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """The PDU of these octets, strictly by the specification; Codec.decode is the tolerant one.

        Raises DecodeError that names the field, its limit and the offset where the octets are not valid.
        """
        command_id, command_status, sequence_number = read_header(octets)
        if command_id != cls.command_id:
            text, status = f"0x{command_id:08X} is no {cls.command}", CommandStatus.ESME_RINVCMDID
            raise DecodeError(Fault.UNKNOWN_COMMAND_ID, "command_id", 4, None, status, octets, text)
        return cls.read(Reader(cls.command, octets), command_status, sequence_number, STANDARD_TLVS)

    @classmethod
    def decode_strict(cls, octets: bytes, command_status: int, sequence_number: int) -> Self | None:
        """The compiled decoder: None where the octets are not strictly right. The lengths of TLVs are not checked."""
        raise NotImplementedError

    @classmethod
    def read(cls, reader: Reader, command_status: int, sequence_number: int, known: "KnownTlvs") -> Self:
        """The plain decoder, which tolerates what ``reader`` tolerates. Raises DecodeError."""
        values = {} if cls._body_absent(reader) else read_fields(cls.layout, reader)
        tlvs = read_options(reader, known)
        check_payload(reader, values.get("short_message"), tlvs)
        pdu = cls(**values, command_status=command_status, tlvs=tlvs, sequence_number=sequence_number)
        pdu.anomalies = tuple(reader.anomalies)
        return pdu

    @classmethod
    def _body_absent(cls, reader: Reader) -> bool:
        return False

    def get(self, tlv: Tlv[V]) -> V | None:
        """The value of the first TLV of that kind, None where there is none."""
        for tag, octets in self.tlvs:
            if tag == tlv.tag:
                return tlv.decode(octets)
        return None

    def get_all(self, tlv: Tlv[V]) -> list[V]:
        """The values of all TLVs of that kind in wire order, as callback_num may be repeated."""
        return [tlv.decode(octets) for tag, octets in self.tlvs if tag == tlv.tag]

    def __repr__(self) -> str:
        """The fields that differ from their default; a password is not shown."""
        shown = []
        for each in fields(self):
            value = getattr(self, each.name)
            if value != each.default and (value or each.name not in ("tlvs", "dest_addresses", "unsuccess_sme")):
                shown.append(f"{each.name}={'***' if each.name == 'password' else repr(value)}")
        return f"{type(self).__name__}({', '.join(shown)})"


KnownTlvs = dict[int, Any] | dict[int, KnownTlv]


@dataclass(slots=True, kw_only=True, repr=False)
class Response(Pdu):
    """A response. ``header_only`` says that it has no body, which is not the same as an empty one (section 5)."""

    header_only: bool = False

    @classmethod
    def read(cls, reader: Reader, command_status: int, sequence_number: int, known: KnownTlvs) -> Self:
        pdu = super(Response, cls).read(reader, command_status, sequence_number, known)
        pdu.header_only = cls._body_absent(reader)
        return pdu

    @classmethod
    def _body_absent(cls, reader: Reader) -> bool:
        return bool(cls.layout) and len(reader.octets) == 16


R = TypeVar("R", bound=Response)


@dataclass(slots=True, kw_only=True, repr=False)
class Request(Pdu, Generic[R]):
    """A request that is answered with a response of type ``R``."""

    response_class: ClassVar[type[Response]] = Response

    def answer(self, command_status: int = 0) -> R:
        """A response to this request: with its fields empty, and without a body where the status is an error."""
        response = self.response_class(command_status=command_status, header_only=command_status != 0)
        return cast(R, response)


@dataclass_transform(field_specifiers=(field,))
def pdu(command_id: int, *, response: type[Response] | None = None) -> Callable[[type[P]], type[P]]:
    """Make a class with field annotations a PDU: a slotted dataclass with a compiled codec.

    A carrier's own PDU is made in the same way and given to a Registry. ``response`` is the class of its response.
    """

    def decorate(cls: type[P]) -> type[P]:
        made = dataclass(slots=True, repr=False)(cls)
        made.command_id = int(command_id)
        made.command = _snake_case(cls.__name__)
        made.layout = layout_of(made)
        if response is not None:
            made.response_class = response  # type: ignore[attr-defined]  # a Request has it
        compiled = compile_codec(made, made.layout, issubclass(made, Response))
        made.source = compiled.source
        setattr(made, "__init__", compile_init(made))  # noqa: B010
        setattr(made, "encode", compiled.encode)  # noqa: B010  # mypy refuses to assign to a method
        setattr(made, "decode_strict", staticmethod(compiled.decode))  # noqa: B010
        return made

    return decorate


def _snake_case(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


@dataclass(slots=True, repr=False)
class Bind(Request[R]):
    """What the three binds have in common (section 4.1). ``password`` is masked wherever a PDU is shown."""

    system_id: CString16 = ""
    password: CString9 = ""
    system_type: CString13 = ""
    interface_version: Octet = 0x34
    addr_ton: Octet = 0
    addr_npi: Octet = 0
    address_range: CString41 = ""


@dataclass(slots=True, repr=False)
class BindResponse(Response):
    """What the answers to the three binds have in common: the system_id of the SMSC."""

    system_id: CString16 = ""


@pdu(CommandId.BIND_TRANSMITTER_RESP)
class BindTransmitterResp(BindResponse):
    """bind_transmitter_resp, section 4.1.2."""


@pdu(CommandId.BIND_RECEIVER_RESP)
class BindReceiverResp(BindResponse):
    """bind_receiver_resp, section 4.1.4."""


@pdu(CommandId.BIND_TRANSCEIVER_RESP)
class BindTransceiverResp(BindResponse):
    """bind_transceiver_resp, section 4.1.6."""


@pdu(CommandId.UNBIND_RESP)
class UnbindResp(Response):
    """unbind_resp, section 4.2.2."""


@pdu(CommandId.GENERIC_NACK)
class GenericNack(Response):
    """generic_nack, section 4.3.1."""


@pdu(CommandId.SUBMIT_SM_RESP)
class SubmitSmResp(Response):
    """submit_sm_resp, section 4.4.2."""

    message_id: CString65 = ""


@pdu(CommandId.SUBMIT_MULTI_RESP)
class SubmitMultiResp(Response):
    """submit_multi_resp, section 4.5.2."""

    message_id: CString65 = ""
    unsuccess_sme: UnsuccessSmeList = field(default_factory=list)


@pdu(CommandId.DELIVER_SM_RESP)
class DeliverSmResp(Response):
    """deliver_sm_resp, section 4.6.2."""

    message_id: CString65 = ""


@pdu(CommandId.DATA_SM_RESP)
class DataSmResp(Response):
    """data_sm_resp, section 4.7.2."""

    message_id: CString65 = ""


@pdu(CommandId.QUERY_SM_RESP)
class QuerySmResp(Response):
    """query_sm_resp, section 4.8.2."""

    message_id: CString65 = ""
    final_date: FinalDate = ""
    message_state: Octet = 0
    error_code: Octet = 0


@pdu(CommandId.CANCEL_SM_RESP)
class CancelSmResp(Response):
    """cancel_sm_resp, section 4.9.2."""


@pdu(CommandId.REPLACE_SM_RESP)
class ReplaceSmResp(Response):
    """replace_sm_resp, section 4.10.2."""


@pdu(CommandId.ENQUIRE_LINK_RESP)
class EnquireLinkResp(Response):
    """enquire_link_resp, section 4.11.2."""


@pdu(CommandId.BROADCAST_SM_RESP)
class BroadcastSmResp(Response):
    """broadcast_sm_resp, 5.0 section 4.4.1.2."""

    message_id: CString65 = ""


@pdu(CommandId.QUERY_BROADCAST_SM_RESP)
class QueryBroadcastSmResp(Response):
    """query_broadcast_sm_resp, 5.0 section 4.6.1.3."""

    message_id: CString65 = ""


@pdu(CommandId.CANCEL_BROADCAST_SM_RESP)
class CancelBroadcastSmResp(Response):
    """cancel_broadcast_sm_resp, 5.0 section 4.6.2.3."""


@pdu(CommandId.BIND_TRANSMITTER, response=BindTransmitterResp)
class BindTransmitter(Bind[BindTransmitterResp]):
    """bind_transmitter, section 4.1.1."""


@pdu(CommandId.BIND_RECEIVER, response=BindReceiverResp)
class BindReceiver(Bind[BindReceiverResp]):
    """bind_receiver, section 4.1.3."""


@pdu(CommandId.BIND_TRANSCEIVER, response=BindTransceiverResp)
class BindTransceiver(Bind[BindTransceiverResp]):
    """bind_transceiver, section 4.1.5."""


@pdu(CommandId.OUTBIND)
class Outbind(Pdu):
    """outbind, section 4.1.7.1."""

    system_id: CString16 = ""
    password: CString9 = ""


@pdu(CommandId.UNBIND, response=UnbindResp)
class Unbind(Request[UnbindResp]):
    """unbind, section 4.2.1."""


@pdu(CommandId.SUBMIT_SM, response=SubmitSmResp)
class SubmitSm(Request[SubmitSmResp]):
    """submit_sm, section 4.4.1."""

    service_type: CString6 = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: CString21 = ""
    dest_addr_ton: Octet = 0
    dest_addr_npi: Octet = 0
    destination_addr: Destination21 = ""
    esm_class: Octet = 0
    protocol_id: Octet = 0
    priority_flag: PriorityFlag = 0
    schedule_delivery_time: Time = ""
    validity_period: Time = ""
    registered_delivery: ReceiptFlags = 0
    replace_if_present_flag: ReplaceFlag = 0
    data_coding: Octet = 0
    sm_default_msg_id: CannedMessage = 0
    short_message: MessageOctets = b""


@pdu(CommandId.SUBMIT_MULTI, response=SubmitMultiResp)
class SubmitMulti(Request[SubmitMultiResp]):
    """submit_multi, section 4.5.1."""

    service_type: CString6 = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: CString21 = ""
    dest_addresses: DestAddressList = field(default_factory=list)
    esm_class: Octet = 0
    protocol_id: Octet = 0
    priority_flag: PriorityFlag = 0
    schedule_delivery_time: Time = ""
    validity_period: Time = ""
    registered_delivery: ReceiptFlags = 0
    replace_if_present_flag: ReplaceFlag = 0
    data_coding: Octet = 0
    sm_default_msg_id: CannedMessage = 0
    short_message: MessageOctets = b""


@pdu(CommandId.DELIVER_SM, response=DeliverSmResp)
class DeliverSm(Request[DeliverSmResp]):
    """deliver_sm, section 4.6.1."""

    service_type: CString6 = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: CString21 = ""
    dest_addr_ton: Octet = 0
    dest_addr_npi: Octet = 0
    destination_addr: CString21 = ""
    esm_class: Octet = 0
    protocol_id: Octet = 0
    priority_flag: PriorityFlag = 0
    schedule_delivery_time: UnusedTime = ""
    validity_period: UnusedTime = ""
    registered_delivery: ReceiptFlags = 0
    replace_if_present_flag: Octet = 0
    data_coding: Octet = 0
    sm_default_msg_id: Octet = 0
    short_message: MessageOctets = b""


@pdu(CommandId.DATA_SM, response=DataSmResp)
class DataSm(Request[DataSmResp]):
    """data_sm, section 4.7.1."""

    service_type: CString6 = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: CString65 = ""
    dest_addr_ton: Octet = 0
    dest_addr_npi: Octet = 0
    destination_addr: CString65 = ""
    esm_class: Octet = 0
    registered_delivery: ReceiptFlags = 0
    data_coding: Octet = 0


@pdu(CommandId.QUERY_SM, response=QuerySmResp)
class QuerySm(Request[QuerySmResp]):
    """query_sm, section 4.8.1."""

    message_id: CString65 = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: CString21 = ""


@pdu(CommandId.CANCEL_SM, response=CancelSmResp)
class CancelSm(Request[CancelSmResp]):
    """cancel_sm, section 4.9.1."""

    service_type: CString6 = ""
    message_id: CString65 = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: CString21 = ""
    dest_addr_ton: Octet = 0
    dest_addr_npi: Octet = 0
    destination_addr: CString21 = ""


@pdu(CommandId.REPLACE_SM, response=ReplaceSmResp)
class ReplaceSm(Request[ReplaceSmResp]):
    """replace_sm, section 4.10.1."""

    message_id: CString65 = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: CString21 = ""
    schedule_delivery_time: Time = ""
    validity_period: Time = ""
    registered_delivery: ReceiptFlags = 0
    sm_default_msg_id: CannedMessage = 0
    short_message: MessageOctets = b""


@pdu(CommandId.ENQUIRE_LINK, response=EnquireLinkResp)
class EnquireLink(Request[EnquireLinkResp]):
    """enquire_link, section 4.11.1."""


@pdu(CommandId.ALERT_NOTIFICATION)
class AlertNotification(Pdu):
    """alert_notification, section 4.12.1."""

    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: CString65 = ""
    esme_addr_ton: Octet = 0
    esme_addr_npi: Octet = 0
    esme_addr: CString65 = ""


@pdu(CommandId.BROADCAST_SM, response=BroadcastSmResp)
class BroadcastSm(Request[BroadcastSmResp]):
    """broadcast_sm, 5.0 section 4.4.1.1."""

    service_type: CString6 = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: CString21 = ""
    message_id: CString65 = ""
    priority_flag: BroadcastPriority = 0
    schedule_delivery_time: Time = ""
    validity_period: Time = ""
    replace_if_present_flag: ReplaceFlag = 0
    data_coding: Octet = 0
    sm_default_msg_id: CannedMessage = 0


@pdu(CommandId.QUERY_BROADCAST_SM, response=QueryBroadcastSmResp)
class QueryBroadcastSm(Request[QueryBroadcastSmResp]):
    """query_broadcast_sm, 5.0 section 4.6.1.1."""

    message_id: CString65 = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: CString21 = ""


@pdu(CommandId.CANCEL_BROADCAST_SM, response=CancelBroadcastSmResp)
class CancelBroadcastSm(Request[CancelBroadcastSmResp]):
    """cancel_broadcast_sm, 5.0 section 4.6.2.1."""

    service_type: CString6 = ""
    message_id: CString65 = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: CString21 = ""


STANDARD_PDUS: Final[tuple[type[Pdu], ...]] = tuple(
    each for each in list(globals().values()) if isinstance(each, type) and issubclass(each, Pdu) and each.command
)
"""All PDU classes of this file."""


def user_data(message: Any) -> bytes:
    """short_message, or message_payload where that carries the user data (section 3.2.3)."""
    payload = message.get(MESSAGE_PAYLOAD)
    return payload if payload is not None else getattr(message, "short_message", b"")
