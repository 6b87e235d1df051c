"""A PDU as an aligned list for people: numbers with their names, decoded text, passwords masked."""

from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Any, Final

from smppcore.constants import DestFlag, EsmClass, InterfaceVersion, MessageState, Npi, RegisteredDelivery, Ton
from smppcore.errors import DecodeError, status_name
from smppcore.json_view import fields_view, read_receipt, user_data_view
from smppcore.pdu import DeliverSm, Pdu
from smppcore.receipt import DeliveryReceipt
from smppcore.text import DataCoding
from smppcore.tlv import MESSAGE_STATE, NETWORK_ERROR_CODE, SC_INTERFACE_VERSION, STANDARD_TLVS, RawTlv

_MODE: Final = 0x03
_NETWORKS: Final = {1: "ANSI-136", 2: "IS-95", 3: "GSM"}
_WIDTH: Final = 31
_LONGEST_VALUE: Final = 200


def people_view(pdu: Pdu, command_length: int) -> Iterator[str]:
    """The lines for one PDU."""
    yield f"{pdu.command}, {command_length} octets"
    yield _line("command_status", f"0x{pdu.command_status:08X} {_status(pdu.command_status)}")
    yield _line("sequence_number", f"{pdu.sequence_number} (0x{pdu.sequence_number:08X})")
    if getattr(pdu, "header_only", False):
        yield _line("body", "absent")
    for field, value in fields_view(pdu).items():
        yield from _field_lines(field, value, pdu)
    for tlv in pdu.tlvs:
        yield _line(*tlv_words(tlv))
    yield from _user_data_lines(user_data_view(pdu))
    receipt = read_receipt(pdu)
    if receipt is not None:
        yield from _receipt_lines(receipt)
    for anomaly in pdu.anomalies:
        yield _line("anomaly", str(anomaly))


def people_error(command: str, error: DecodeError, reply: dict[str, Any] | None) -> Iterator[str]:
    """The lines for octets that are no PDU: what is wrong, and what a peer is answered."""
    yield f"{command}, {len(error.octets)} octets"
    yield _line("error", f"{error.fault}: {error}")
    answer = "none" if reply is None else f"{reply['command']} {_status(error.status)}"
    yield _line("answer", answer)


def _line(name: str, value: str) -> str:
    return f"  {name:<{_WIDTH}} {value}".rstrip()


def _status(status: int) -> str:
    name = status_name(status)
    return "" if name.startswith("0x") else name


def _field_lines(field: str, value: Any, pdu: Pdu) -> Iterator[str]:
    if isinstance(value, list):
        for number, entry in enumerate(value):
            words = ", ".join(f"{name} {_value(name, each, pdu)}" for name, each in entry.items())
            yield _line(f"{field}[{number}]", words)
    else:
        yield _line(field, _value(field, value, pdu))


def _value(field: str, value: Any, pdu: Pdu) -> str:
    """A value with what it means; text is quoted, so that no control character reaches the terminal."""
    if field == "password":
        return "***"
    if field == "short_message":
        return _shortened(value)
    if isinstance(value, str):
        return repr(value)
    if field == "esm_class":
        return f"0x{value:02X} {esm_class_words(value, isinstance(pdu, DeliverSm))}".rstrip()
    if field == "interface_version":
        return f"0x{value:02X} {_MEANINGS[field](value)}".rstrip()
    meaning = _MEANINGS.get(field, _no_name)(value)
    return f"{value} {meaning}".rstrip()


def _shortened(hexadecimal: str) -> str:
    return hexadecimal if len(hexadecimal) <= _LONGEST_VALUE else f"{hexadecimal[:_LONGEST_VALUE]}..."


def _no_name(value: int) -> str:
    return ""


def _named(words: type[IntEnum]) -> Callable[[int], str]:
    """A function that gives the name of a number, or nothing."""
    names = {member.value: member.name for member in words}
    return lambda value: names.get(value, "")


def esm_class_words(esm_class: int, delivered: bool) -> str:
    """The mode, type and GSM features in esm_class; the mode means nothing in a deliver_sm (section 5.2.12)."""
    words = []
    if esm_class & _MODE and not delivered:
        words.append(EsmClass(esm_class & _MODE).name or "")
    kind = esm_class & EsmClass.MESSAGE_TYPE
    if kind:
        known = {
            EsmClass.DELIVERY_RECEIPT,
            EsmClass.DELIVERY_ACKNOWLEDGEMENT,
            EsmClass.USER_ACKNOWLEDGEMENT,
            EsmClass.CONVERSATION_ABORT,
            EsmClass.INTERMEDIATE_NOTIFICATION,
        }
        words.append(next((each.name or "" for each in known if each == kind), f"type {kind >> 2}"))
    words += [each.name or "" for each in (EsmClass.UDHI, EsmClass.REPLY_PATH) if esm_class & each]
    return " ".join(words)


def _registered_delivery(value: int) -> str:
    receipt = ("", "RECEIPT", "RECEIPT_ON_FAILURE", "RECEIPT_ON_SUCCESS")[value & RegisteredDelivery.RECEIPT_MASK]
    bits = (
        RegisteredDelivery.DELIVERY_ACKNOWLEDGEMENT,
        RegisteredDelivery.USER_ACKNOWLEDGEMENT,
        RegisteredDelivery.INTERMEDIATE_NOTIFICATION,
    )
    return " ".join([receipt] * bool(receipt) + [bit.name or "" for bit in bits if value & bit])


def _data_coding(value: int) -> str:
    coding = DataCoding.parse(value)
    words = [coding.alphabet.value]
    if coding.message_class is not None:
        words.append(f"class {coding.message_class}")
    if coding.compressed:
        words.append("compressed")
    if coding.waiting is not None:
        words.append(f"{coding.waiting.kind.name.lower()} waiting {'on' if coding.waiting.active else 'off'}")
    return ", ".join(words)


_MEANINGS: Final[dict[str, Callable[[int], str]]] = {
    **dict.fromkeys(("addr_ton", "source_addr_ton", "dest_addr_ton", "esme_addr_ton"), _named(Ton)),
    **dict.fromkeys(("addr_npi", "source_addr_npi", "dest_addr_npi", "esme_addr_npi"), _named(Npi)),
    "interface_version": _named(InterfaceVersion),
    "registered_delivery": _registered_delivery,
    "data_coding": _data_coding,
    "message_state": _named(MessageState),
    "dest_flag": _named(DestFlag),
    "error_status_code": _status,
}


def tlv_words(tlv: RawTlv) -> tuple[str, str]:
    """Name and value of a TLV, the octets of an unknown one."""
    tag, octets = tlv
    definition = STANDARD_TLVS.get(tag)
    if definition is None:
        return f"TLV 0x{tag:04X}", _shortened(octets.hex())
    value = definition.decode(octets)
    if tag == NETWORK_ERROR_CODE.tag and len(octets) == 3 and not octets.isdigit():
        network = _NETWORKS.get(octets[0], f"network {octets[0]}")
        shown = f"{octets.hex()} {network}, error {int.from_bytes(octets[1:], 'big')}"
    elif isinstance(value, bytes):
        shown = _shortened(value.hex())
    elif tag == MESSAGE_STATE.tag:
        shown = f"{value} {_MEANINGS['message_state'](int(value))}"
    elif tag == SC_INTERFACE_VERSION.tag:
        shown = f"0x{int(value):02X} {_MEANINGS['interface_version'](int(value))}"
    else:
        shown = repr(value)
    return f"TLV {definition.name}", shown.rstrip()


def _user_data_lines(view: dict[str, Any]) -> Iterator[str]:
    if view.get("udh_error"):
        yield _line("udh", "its lengths do not add up")
    for element in view.get("udh", {}).get("elements", ()):
        yield _line(f"udh {element['iei_hex']}", _element_words(element))
    if "text" in view:
        yield _line("text", f"{view['text']!r} ({view['text_encoding']})")


def _element_words(element: dict[str, Any]) -> str:
    if "concat" in element:
        part = element["concat"]
        return f"part {part['sequence']} of {part['total']}, reference {part['reference']}"
    if "ports" in element:
        return f"port {element['ports']['destination']} from {element['ports']['source']}"
    if "single_shift_language" in element:
        return f"single shift language {element['single_shift_language']}"
    if "locking_shift_language" in element:
        return f"locking shift language {element['locking_shift_language']}"
    return str(element["data_hex"])


def _receipt_lines(receipt: DeliveryReceipt) -> Iterator[str]:
    if receipt.kind != "receipt":
        yield _line("receipt", "unreadable")
    else:
        state = receipt.message_state
        name = "unknown" if state is None else f"{state} {_MEANINGS['message_state'](state)}".rstrip()
        error = "" if receipt.fields.err is None else f", err {receipt.fields.err!r}"
        yield _line("receipt", f"id {receipt.message_id!r}, state {name}, done {receipt.done_time}{error}")
    if receipt.oddities:
        yield _line("receipt oddities", ", ".join(receipt.oddities))
