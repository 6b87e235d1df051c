"""PDUs as plain values for JSON, in the shape of the key ``expect`` of conformance/pdu_vectors.json."""

from typing import Any, Final

from smppcore.codec import Codec, Registry
from smppcore.constants import RESPONSE_BIT, CommandId
from smppcore.errors import DecodeError, FramingError
from smppcore.fields import DistributionList, SmeAddress, UnsuccessSme
from smppcore.framing import Frame, Framer
from smppcore.message import receipt_of
from smppcore.pdu import DataSm, DeliverSm, Pdu
from smppcore.receipt import DeliveryReceipt
from smppcore.text import describe_user_data
from smppcore.tlv import (
    MESSAGE_PAYLOAD,
    OctetsTlv,
    RawTlv,
    Tlv,
)

_COUNTS: Final = {
    "short_message": "sm_length",
    "dest_addresses": "number_of_dests",
    "unsuccess_sme": "no_unsuccess",
}
"""Fields that are written behind their length or number, and what that is called."""


def json_view(framer: Framer, frames: list[Frame], codec: Codec) -> dict[str, Any]:
    """What some octets are: a PDU, an error, a stream of several PDUs, or the start of one."""
    if not frames:
        if framer.fault is not None:
            return error_view(framer.fault, codec.registry)
        return {"result": "incomplete", "missing_octets": missing_octets(framer.tail)}
    if len(frames) == 1 and not framer.tail:
        octets, command_id, command_status, sequence_number = frames[0]
        try:
            pdu = codec.read(octets, command_id, command_status, sequence_number)
        except DecodeError as error:
            return error_view(error, codec.registry)
        return pdu_view(pdu, len(octets), codec.registry)
    view: dict[str, Any] = {"result": "stream", "frames": [_frame_view(frame, codec) for frame in frames]}
    view["leftover_octets"] = len(framer.tail)
    if framer.fault is not None:
        view["error"] = str(framer.fault)
    return view


def missing_octets(start: bytes) -> int:
    """How many octets the start of a PDU lacks: of its length field, or of the whole once that is there."""
    if len(start) < 4:
        return 4 - len(start)
    return int.from_bytes(start[:4], "big") - len(start)


def pdu_view(pdu: Pdu, command_length: int, registry: Registry) -> dict[str, Any]:
    """Header, fields, TLVs and what the user data says; ``receipt`` and ``anomalies`` only where there are any."""
    view: dict[str, Any] = {
        "result": "pdu",
        "command": pdu.command,
        "command_length": command_length,
        "command_id": pdu.command_id,
        "command_status": pdu.command_status,
        "sequence_number": pdu.sequence_number,
        "fields": fields_view(pdu),
        "tlvs": [tlv_view(tlv, registry.tlvs.get(tlv[0])) for tlv in pdu.tlvs],
        **user_data_view(pdu),
    }
    receipt = read_receipt(pdu)
    if receipt is not None:
        view["receipt"] = receipt.to_json()
    if pdu.anomalies:
        view["anomalies"] = [str(anomaly) for anomaly in pdu.anomalies]
    return view


def fields_view(pdu: Pdu) -> dict[str, Any]:
    """The mandatory fields in wire order with the derived ones; none where a response has no body."""
    fields: dict[str, Any] = {}
    if getattr(pdu, "header_only", False):
        return fields
    for name, _ in pdu.layout:
        value = getattr(pdu, name)
        if name in _COUNTS:
            fields[_COUNTS[name]] = len(value)
        fields[name] = _plain(value)
    return fields


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [_entry_view(entry) for entry in value]
    return value


def _entry_view(entry: SmeAddress | DistributionList | UnsuccessSme) -> dict[str, Any]:
    """A destination of submit_multi, or one that it failed for."""
    if isinstance(entry, DistributionList):
        return {"dest_flag": 2, "dl_name": entry.dl_name}
    address = {
        "dest_addr_ton": entry.dest_addr_ton,
        "dest_addr_npi": entry.dest_addr_npi,
        "destination_addr": entry.destination_addr,
    }
    if isinstance(entry, UnsuccessSme):
        return {**address, "error_status_code": entry.error_status_code}
    return {"dest_flag": 1, **address}


def tlv_view(tlv: RawTlv, definition: Tlv[Any] | None) -> dict[str, Any]:
    tag, octets = tlv
    view: dict[str, Any] = {
        "tag": tag,
        "tag_hex": f"0x{tag:04X}",
        "name": definition.name if definition else None,
        "length": len(octets),
        "value_hex": octets.hex(),
    }
    if definition is not None and not isinstance(definition, OctetsTlv):
        view["value"] = definition.decode(octets)
    return view


def user_octets(pdu: Pdu) -> bytes:
    """short_message, or message_payload where that is empty."""
    return getattr(pdu, "short_message", b"") or pdu.get(MESSAGE_PAYLOAD) or b""


def user_data_view(pdu: Pdu) -> dict[str, Any]:
    """``text`` and ``text_encoding``, ``udh`` or ``udh_error``, where the PDU says how its octets are to be read."""
    if not hasattr(pdu, "data_coding"):
        return {}
    return describe_user_data(user_octets(pdu), pdu.data_coding, getattr(pdu, "esm_class", 0))


def read_receipt(pdu: Pdu) -> DeliveryReceipt | None:
    """The receipt that a deliver_sm or data_sm is, by its esm_class or its TLVs; None for any other PDU."""
    return receipt_of(pdu) if isinstance(pdu, DeliverSm | DataSm) else None


def _frame_view(frame: Frame, codec: Codec) -> dict[str, Any]:
    octets, command_id, command_status, sequence_number = frame
    view: dict[str, Any] = {
        "command": codec.registry.command_name(command_id),
        "command_length": len(octets),
        "command_status": command_status,
        "sequence_number": sequence_number,
    }
    try:
        codec.read(octets, command_id, command_status, sequence_number)
    except DecodeError as error:
        view["error"] = str(error)
    return view


def error_view(error: DecodeError, registry: Registry) -> dict[str, Any]:
    """What is wrong, and what a peer is answered (section 5.1.3, 4.3)."""
    close = isinstance(error, FramingError) or error.command_id == CommandId.OUTBIND
    return {
        "result": "error",
        "error_class": str(error.fault),
        "message": str(error),
        "reply": _reply(error, registry),
        "close_connection": close,
    }


def _reply(error: DecodeError, registry: Registry) -> dict[str, Any] | None:
    """The answer of a session: none to a response, nor to a request that has no response."""
    command_id = error.command_id
    if isinstance(error, FramingError):
        command = "generic_nack"
    elif command_id & RESPONSE_BIT or command_id in (CommandId.ALERT_NOTIFICATION, CommandId.OUTBIND):
        return None
    else:
        known = registry.commands.get(command_id | RESPONSE_BIT)
        command = known.command if known else "generic_nack"
    return {
        "command": command,
        "sequence_number": error.sequence_number,
        "acceptable_status": [f"0x{error.status:08X}"],
    }
