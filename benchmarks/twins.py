"""submit_sm and deliver_sm by hand: what a careful engineer writes for exactly these two PDUs.

The same checks as the compiled codec makes, and the same objects: lengths, NULs, octets from 0 to 255, the values that
the specification allows, the TLV stream. Other ways were measured and were slower: ``struct`` or ``bytes`` for the
octets (by a fifth and by a half). Decoding looks for NULs with ``bytes.find``; with one regular expression it would be
what is compiled.
"""

import re
from struct import Struct
from struct import error as StructError

from smppcore.pdu import DeliverSm, SubmitSm

_HEADER = Struct(">IIII")
_TLV = Struct(">HH")
_TIME = re.compile(
    rb"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d\d(?:[0-3]\d|4[0-8])[+-]|\d{15}R"
).fullmatch
_PAYLOAD = 0x0424


def _write_tlvs(tlvs: list[tuple[int, bytes]]) -> bytes:
    written = []
    for tag, value in tlvs:
        written.append(_TLV.pack(tag, len(value)))
        written.append(value)
    return b"".join(written)


def encode(pdu: SubmitSm | DeliverSm, sequence_number: int) -> bytes:
    """Both PDUs have the same layout."""
    service_type, source, destination = pdu.service_type, pdu.source_addr, pdu.destination_addr
    schedule, validity, message = pdu.schedule_delivery_time, pdu.validity_period, pdu.short_message
    try:
        if (service_type and (len(service_type) > 5 or "\0" in service_type)) or type(message) is not bytes:
            raise ValueError("service_type or short_message")
        if len(source) > 20 or "\0" in source or len(destination) > 20 or "\0" in destination or len(message) > 254:
            raise ValueError("an address or short_message")
        if schedule and (len(schedule) != 16 or "\0" in schedule):
            raise ValueError("schedule_delivery_time")
        if validity and (len(validity) != 16 or "\0" in validity):
            raise ValueError("validity_period")
        text = (
            f"{service_type}\0{chr(pdu.source_addr_ton)}{chr(pdu.source_addr_npi)}{source}\0"
            f"{chr(pdu.dest_addr_ton)}{chr(pdu.dest_addr_npi)}{destination}\0"
            f"{chr(pdu.esm_class)}{chr(pdu.protocol_id)}{chr(pdu.priority_flag)}{schedule}\0{validity}\0"
            f"{chr(pdu.registered_delivery)}{chr(pdu.replace_if_present_flag)}{chr(pdu.data_coding)}"
            f"{chr(pdu.sm_default_msg_id)}{chr(len(message))}"
        )
        body = text.encode("latin-1") + message
        if pdu.tlvs:
            body += _write_tlvs(pdu.tlvs)
        return _HEADER.pack(16 + len(body), pdu.command_id, pdu.command_status, sequence_number) + body
    except (ValueError, TypeError, StructError) as error:
        raise ValueError(f"{pdu.command}: {error}") from error


def _read_tlvs(octets: bytes, offset: int) -> tuple[list[tuple[int, bytes]], int]:
    tlvs, end = [], len(octets)
    while end - offset >= 4:
        tag, length = _TLV.unpack_from(octets, offset)
        stop = offset + 4 + length
        if stop > end:
            break
        tlvs.append((tag, octets[offset + 4 : stop]))
        offset = stop
    return tlvs, offset


def decode_submit_sm(octets: bytes, command_status: int, sequence_number: int) -> SubmitSm | None:
    """None where the octets are not strictly right."""
    pdu = SubmitSm.__new__(SubmitSm)
    find, end = octets.find, len(octets)
    stop = find(0, 16, 22)
    if stop < 0 or stop + 2 >= end:
        return None
    pdu.service_type = octets[16:stop].decode("latin-1") if stop > 16 else ""
    pdu.source_addr_ton, pdu.source_addr_npi = octets[stop + 1], octets[stop + 2]
    start = stop + 3
    stop = find(0, start, start + 21)
    if stop < 0 or stop + 2 >= end:
        return None
    pdu.source_addr = octets[start:stop].decode("latin-1") if stop > start else ""
    pdu.dest_addr_ton, pdu.dest_addr_npi = octets[stop + 1], octets[stop + 2]
    start = stop + 3
    stop = find(0, start, start + 21)
    if stop <= start or stop + 3 >= end:
        return None
    pdu.destination_addr = octets[start:stop].decode("latin-1")
    pdu.esm_class, pdu.protocol_id, priority_flag = octets[stop + 1], octets[stop + 2], octets[stop + 3]
    if priority_flag > 3:
        return None
    pdu.priority_flag = priority_flag
    start = stop + 4
    stop = find(0, start, start + 17)
    if stop < 0 or (stop > start and not _TIME(octets, start, stop)):
        return None
    pdu.schedule_delivery_time = octets[start:stop].decode("latin-1") if stop > start else ""
    start = stop + 1
    stop = find(0, start, start + 17)
    if stop < 0 or (stop > start and not _TIME(octets, start, stop)) or stop + 5 >= end:
        return None
    pdu.validity_period = octets[start:stop].decode("latin-1") if stop > start else ""
    registered_delivery, replace, data_coding, canned, length = octets[stop + 1 : stop + 6]
    if registered_delivery > 0x1F or replace > 1 or canned > 254 or length > 254:
        return None
    pdu.registered_delivery, pdu.replace_if_present_flag = registered_delivery, replace
    pdu.data_coding, pdu.sm_default_msg_id = data_coding, canned
    start = stop + 6
    stop = start + length
    if stop > end:
        return None
    pdu.short_message = message = octets[start:stop]
    if stop == end:
        pdu.tlvs = []
    else:
        pdu.tlvs, stop = _read_tlvs(octets, stop)
        if stop != end or (message and any(tag == _PAYLOAD for tag, _ in pdu.tlvs)):
            return None
    pdu.command_status, pdu.sequence_number, pdu.anomalies = command_status, sequence_number, ()
    return pdu


def decode_deliver_sm(octets: bytes, command_status: int, sequence_number: int) -> DeliverSm | None:
    """None where the octets are not strictly right; times are unused here, so their contents are not looked at."""
    pdu = DeliverSm.__new__(DeliverSm)
    find, end = octets.find, len(octets)
    stop = find(0, 16, 22)
    if stop < 0 or stop + 2 >= end:
        return None
    pdu.service_type = octets[16:stop].decode("latin-1") if stop > 16 else ""
    pdu.source_addr_ton, pdu.source_addr_npi = octets[stop + 1], octets[stop + 2]
    start = stop + 3
    stop = find(0, start, start + 21)
    if stop < 0 or stop + 2 >= end:
        return None
    pdu.source_addr = octets[start:stop].decode("latin-1") if stop > start else ""
    pdu.dest_addr_ton, pdu.dest_addr_npi = octets[stop + 1], octets[stop + 2]
    start = stop + 3
    stop = find(0, start, start + 21)
    if stop < 0 or stop + 3 >= end:
        return None
    pdu.destination_addr = octets[start:stop].decode("latin-1") if stop > start else ""
    pdu.esm_class, pdu.protocol_id, priority_flag = octets[stop + 1], octets[stop + 2], octets[stop + 3]
    if priority_flag > 3:
        return None
    pdu.priority_flag = priority_flag
    start = stop + 4
    stop = find(0, start, start + 17)
    if stop - start not in (0, 16):
        return None
    pdu.schedule_delivery_time = octets[start:stop].decode("latin-1") if stop > start else ""
    start = stop + 1
    stop = find(0, start, start + 17)
    if stop - start not in (0, 16) or stop + 5 >= end:
        return None
    pdu.validity_period = octets[start:stop].decode("latin-1") if stop > start else ""
    registered_delivery, replace, data_coding, canned, length = octets[stop + 1 : stop + 6]
    if registered_delivery > 0x1F or length > 254:
        return None
    pdu.registered_delivery, pdu.replace_if_present_flag = registered_delivery, replace
    pdu.data_coding, pdu.sm_default_msg_id = data_coding, canned
    start = stop + 6
    stop = start + length
    if stop > end:
        return None
    pdu.short_message = message = octets[start:stop]
    if stop == end:
        pdu.tlvs = []
    else:
        pdu.tlvs, stop = _read_tlvs(octets, stop)
        if stop != end or (message and any(tag == _PAYLOAD for tag, _ in pdu.tlvs)):
            return None
    pdu.command_status, pdu.sequence_number, pdu.anomalies = command_status, sequence_number, ()
    return pdu
