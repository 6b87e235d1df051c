"""Optional parameters (TLVs, sections 3.2.4 and 5.3): what each tag means, and how their octets are read and written.

A PDU keeps its TLVs as an ordered list of (tag, octets), whatever they are. The definitions here give typed access on
demand: ``MESSAGE_STATE(2)`` makes such a pair, ``pdu.get(MESSAGE_STATE)`` reads the first one of that tag.
"""

from collections.abc import Collection, Iterable
from struct import Struct
from struct import error as StructError
from typing import Final, Generic, TypeVar

from smppcore.errors import EncodeError

V = TypeVar("V")
RawTlv = tuple[int, bytes]

_HEAD: Final = Struct(">HH")


class Tlv(Generic[V]):
    """One kind of TLV: ``tag``, ``name`` as the specification spells it, and the ``lengths`` in octets that it may
    have.

    ``multiple`` says that it may stand in a PDU more than once.
    """

    __slots__ = ("lengths", "multiple", "name", "tag")

    def __init__(self, tag: int, name: str, lengths: Collection[int], multiple: bool = False) -> None:
        self.tag = tag
        self.name = name
        self.lengths = lengths
        self.multiple = multiple

    def __call__(self, value: V) -> RawTlv:
        """This TLV with that value, for the list ``tlvs`` of a PDU. Raises EncodeError where the value does not fit."""
        octets = self.encode(value)
        if len(octets) not in self.lengths:
            raise EncodeError(self.name, f"{self._allowed()} octets", value)
        return self.tag, octets

    def encode(self, value: V) -> bytes:
        raise NotImplementedError

    def decode(self, octets: bytes) -> V:
        """The value of these octets; never raises, whatever their length."""
        raise NotImplementedError

    def _allowed(self) -> str:
        lengths = sorted(self.lengths)
        if len(lengths) > 2:
            return f"{lengths[0]} to {lengths[-1]}"
        return " or ".join(map(str, lengths))

    def __repr__(self) -> str:
        return f"<TLV 0x{self.tag:04X} {self.name}>"


class IntegerTlv(Tlv[int]):
    """An unsigned integer, most significant octet first. It is written in the shortest allowed length that holds it."""

    __slots__ = ()

    def encode(self, value: int) -> bytes:
        for length in sorted(self.lengths):
            if isinstance(value, int) and 0 <= value < 1 << 8 * length:
                return value.to_bytes(length, "big")
        raise EncodeError(self.name, f"an integer of {self._allowed()} octet(s)", value)

    def decode(self, octets: bytes) -> int:
        return int.from_bytes(octets, "big")


class TextTlv(Tlv[str]):
    """A C-Octet String: written with its NUL, read with or without, because many peers leave it out (section 8.4)."""

    __slots__ = ()

    def encode(self, value: str) -> bytes:
        try:
            octets = value.encode("latin-1")
        except (AttributeError, UnicodeEncodeError):
            raise EncodeError(self.name, "a str of characters up to U+00FF", value) from None
        if 0 in octets:
            raise EncodeError(self.name, "no NUL inside a C-Octet String", value)
        return octets + b"\0"

    def decode(self, octets: bytes) -> str:
        return octets.removesuffix(b"\0").decode("latin-1")


class OctetsTlv(Tlv[bytes]):
    """Octets without further meaning to this library."""

    __slots__ = ()

    def encode(self, value: bytes) -> bytes:
        if not isinstance(value, bytes | bytearray | memoryview):
            raise EncodeError(self.name, "bytes", value)
        return bytes(value)

    def decode(self, octets: bytes) -> bytes:
        return octets


class FlagTlv(Tlv[bool]):
    """Its presence is the information; 5.0 allows an octet that says more, which stays in the raw pair."""

    __slots__ = ()

    def encode(self, value: bool) -> bytes:
        return b""

    def decode(self, octets: bytes) -> bool:
        return True


def write_tlvs(tlvs: Iterable[RawTlv]) -> bytes:
    """The octets of TLVs in their order. Raises EncodeError for a tag or a length beyond 65535."""
    written = []
    for tlv in tlvs:
        try:
            tag, octets = tlv
            if type(octets) is not bytes:
                octets = _value_octets(octets)
            written += [_HEAD.pack(tag, len(octets)), octets]
        except (TypeError, ValueError, StructError):
            raise _unfit(tlv) from None
    return b"".join(written)


def _value_octets(value: object) -> bytes:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise TypeError


def _unfit(tlv: object) -> EncodeError:
    """The error for what is no TLV, or one that does not fit its two lengths of two octets."""
    if not isinstance(tlv, list | tuple) or len(tlv) != 2:
        return EncodeError("tlvs", "pairs of (tag, octets)", tlv)
    tag, octets = tlv
    if not isinstance(tag, int) or not 0 <= tag <= 0xFFFF:
        return EncodeError("tlvs", "a tag from 0 to 65535", tag)
    return EncodeError(f"tlv 0x{tag:04X}", "bytes, at most 65535", octets)


def read_tlvs(octets: bytes, offset: int) -> tuple[list[RawTlv], int]:
    """The TLVs from ``offset`` on, and where reading stopped: at the end, or before what is no whole TLV."""
    end, tlvs = len(octets), []
    while end - offset >= 4:
        tag, length = _HEAD.unpack_from(octets, offset)
        stop = offset + 4 + length
        if stop > end:
            break
        tlvs.append((tag, octets[offset + 4 : stop]))
        offset = stop
    return tlvs, offset


DEST_ADDR_SUBUNIT: Final = IntegerTlv(0x0005, "dest_addr_subunit", (1,))
DEST_NETWORK_TYPE: Final = IntegerTlv(0x0006, "dest_network_type", (1,))
DEST_BEARER_TYPE: Final = IntegerTlv(0x0007, "dest_bearer_type", (1,))
DEST_TELEMATICS_ID: Final = IntegerTlv(0x0008, "dest_telematics_id", (2,))
SOURCE_ADDR_SUBUNIT: Final = IntegerTlv(0x000D, "source_addr_subunit", (1,))
SOURCE_NETWORK_TYPE: Final = IntegerTlv(0x000E, "source_network_type", (1,))
SOURCE_BEARER_TYPE: Final = IntegerTlv(0x000F, "source_bearer_type", (1,))
SOURCE_TELEMATICS_ID: Final = IntegerTlv(0x0010, "source_telematics_id", (1, 2))
QOS_TIME_TO_LIVE: Final = IntegerTlv(0x0017, "qos_time_to_live", (4,))
PAYLOAD_TYPE: Final = IntegerTlv(0x0019, "payload_type", (1,))
ADDITIONAL_STATUS_INFO_TEXT: Final = TextTlv(0x001D, "additional_status_info_text", range(1, 257))
RECEIPTED_MESSAGE_ID: Final = TextTlv(0x001E, "receipted_message_id", range(1, 66))
MS_MSG_WAIT_FACILITIES: Final = IntegerTlv(0x0030, "ms_msg_wait_facilities", (1,))
PRIVACY_INDICATOR: Final = IntegerTlv(0x0201, "privacy_indicator", (1,))
SOURCE_SUBADDRESS: Final = OctetsTlv(0x0202, "source_subaddress", range(2, 24))
DEST_SUBADDRESS: Final = OctetsTlv(0x0203, "dest_subaddress", range(2, 24))
USER_MESSAGE_REFERENCE: Final = IntegerTlv(0x0204, "user_message_reference", (2,))
USER_RESPONSE_CODE: Final = IntegerTlv(0x0205, "user_response_code", (1,))
SOURCE_PORT: Final = IntegerTlv(0x020A, "source_port", (2,))
DESTINATION_PORT: Final = IntegerTlv(0x020B, "destination_port", (2,))
SAR_MSG_REF_NUM: Final = IntegerTlv(0x020C, "sar_msg_ref_num", (2,))
LANGUAGE_INDICATOR: Final = IntegerTlv(0x020D, "language_indicator", (1,))
SAR_TOTAL_SEGMENTS: Final = IntegerTlv(0x020E, "sar_total_segments", (1,))
SAR_SEGMENT_SEQNUM: Final = IntegerTlv(0x020F, "sar_segment_seqnum", (1,))
SC_INTERFACE_VERSION: Final = IntegerTlv(0x0210, "sc_interface_version", (1,))
CALLBACK_NUM_PRES_IND: Final = IntegerTlv(0x0302, "callback_num_pres_ind", (1,), multiple=True)
CALLBACK_NUM_ATAG: Final = OctetsTlv(0x0303, "callback_num_atag", range(1, 66), multiple=True)
NUMBER_OF_MESSAGES: Final = IntegerTlv(0x0304, "number_of_messages", (1,))
CALLBACK_NUM: Final = OctetsTlv(0x0381, "callback_num", range(4, 20), multiple=True)
DPF_RESULT: Final = IntegerTlv(0x0420, "dpf_result", (1,))
SET_DPF: Final = IntegerTlv(0x0421, "set_dpf", (1,))
MS_AVAILABILITY_STATUS: Final = IntegerTlv(0x0422, "ms_availability_status", (1,))
NETWORK_ERROR_CODE: Final = OctetsTlv(0x0423, "network_error_code", (3,))
MESSAGE_PAYLOAD: Final = OctetsTlv(0x0424, "message_payload", range(0, 65536))
DELIVERY_FAILURE_REASON: Final = IntegerTlv(0x0425, "delivery_failure_reason", (1,))
MORE_MESSAGES_TO_SEND: Final = IntegerTlv(0x0426, "more_messages_to_send", (1,))
MESSAGE_STATE: Final = IntegerTlv(0x0427, "message_state", (1,))
CONGESTION_STATE: Final = IntegerTlv(0x0428, "congestion_state", (1,))
USSD_SERVICE_OP: Final = IntegerTlv(0x0501, "ussd_service_op", (1,))
BROADCAST_CHANNEL_INDICATOR: Final = IntegerTlv(0x0600, "broadcast_channel_indicator", (1,))
BROADCAST_CONTENT_TYPE: Final = OctetsTlv(0x0601, "broadcast_content_type", (3,))
BROADCAST_CONTENT_TYPE_INFO: Final = OctetsTlv(0x0602, "broadcast_content_type_info", range(1, 256))
BROADCAST_MESSAGE_CLASS: Final = IntegerTlv(0x0603, "broadcast_message_class", (1,))
BROADCAST_REP_NUM: Final = IntegerTlv(0x0604, "broadcast_rep_num", (2,))
BROADCAST_FREQUENCY_INTERVAL: Final = OctetsTlv(0x0605, "broadcast_frequency_interval", (3,))
BROADCAST_AREA_IDENTIFIER: Final = OctetsTlv(0x0606, "broadcast_area_identifier", range(1, 102), multiple=True)
BROADCAST_ERROR_STATUS: Final = IntegerTlv(0x0607, "broadcast_error_status", (4,), multiple=True)
BROADCAST_AREA_SUCCESS: Final = IntegerTlv(0x0608, "broadcast_area_success", (1,), multiple=True)
BROADCAST_END_TIME: Final = TextTlv(0x0609, "broadcast_end_time", range(16, 18))
BROADCAST_SERVICE_GROUP: Final = OctetsTlv(0x060A, "broadcast_service_group", range(1, 256))
BILLING_IDENTIFICATION: Final = OctetsTlv(0x060B, "billing_identification", range(1, 1025))
SOURCE_NETWORK_ID: Final = TextTlv(0x060D, "source_network_id", range(7, 66))
DEST_NETWORK_ID: Final = TextTlv(0x060E, "dest_network_id", range(7, 66))
SOURCE_NODE_ID: Final = OctetsTlv(0x060F, "source_node_id", (6,))
DEST_NODE_ID: Final = OctetsTlv(0x0610, "dest_node_id", (6,))
DEST_ADDR_NP_RESOLUTION: Final = IntegerTlv(0x0611, "dest_addr_np_resolution", (1,))
DEST_ADDR_NP_INFORMATION: Final = OctetsTlv(0x0612, "dest_addr_np_information", (10,))
DEST_ADDR_NP_COUNTRY: Final = IntegerTlv(0x0613, "dest_addr_np_country", range(1, 6))
DISPLAY_TIME: Final = IntegerTlv(0x1201, "display_time", (1,))
SMS_SIGNAL: Final = IntegerTlv(0x1203, "sms_signal", (2,))
MS_VALIDITY: Final = IntegerTlv(0x1204, "ms_validity", (1, 4))
ALERT_ON_MESSAGE_DELIVERY: Final = FlagTlv(0x130C, "alert_on_message_delivery", (0, 1))
ITS_REPLY_TYPE: Final = IntegerTlv(0x1380, "its_reply_type", (1,))
ITS_SESSION_INFO: Final = OctetsTlv(0x1383, "its_session_info", (2,))

STANDARD_TLVS: Final[dict[int, Tlv[int] | Tlv[str] | Tlv[bytes] | Tlv[bool]]] = {
    definition.tag: definition for definition in list(globals().values()) if isinstance(definition, Tlv)
}
"""All TLVs of 3.4 and 5.0 by tag."""
