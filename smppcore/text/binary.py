"""Cutting octets that are no text into messages: ring tones, pictures, WAP push, SIM toolkit (TS 23.040 § 9.2.3.24)."""

from collections.abc import Sequence

from smppcore.text.gsm0338 import TextError
from smppcore.text.plan import JOIN_OCTETS, MAX_OCTETS, MAX_PAYLOAD_OCTETS
from smppcore.text.split import UDHI, Long, Part
from smppcore.text.udh import AnyElement, Concatenation, UserDataHeader, elements_size

BINARY = 4
"""The data_coding of octets on all networks (section 5.2.19); 0xF5 is the same for the mobile equipment (class 1)."""

_MAX_PARTS = 255


def split_octets(
    octets: bytes,
    reference: int,
    *,
    data_coding: int = BINARY,
    long: Long = "udh8",
    elements: Sequence[AnyElement] = (),
) -> list[Part]:
    """The messages that carry `octets`, as `split` does for text: 140 of them, in parts 134, or 133 with "udh16".

    `elements`, such as Ports, go into the header of every part.  The parts have no text.  Raises TextError for more
    than 255 parts or 65535 octets of payload, ValueError as `split` does.
    """
    if long not in JOIN_OCTETS:
        raise ValueError(f"long is {long!r}, not one of {', '.join(JOIN_OCTETS)}")
    if any(isinstance(element, Concatenation) for element in elements):
        raise ValueError("concatenation is not given as an element; split_octets adds it")
    header = UserDataHeader(tuple(elements)).build() if elements else b""
    whole = header + octets
    esm_class = UDHI if header else 0
    if len(whole) <= MAX_OCTETS:
        return [Part(whole, esm_class, data_coding, "")]
    if long == "payload":
        _check_payload(len(whole))
        return [Part(b"", esm_class, data_coding, "", message_payload=whole)]
    if long == "sar" and elements:
        raise ValueError("a message with sar_* may have no user data header, so no elements (SMPP 3.4 section 5.2.12)")
    pieces = _pieces(octets, MAX_OCTETS - 1 - JOIN_OCTETS[long] - elements_size(elements))
    total = len(pieces)
    if long == "sar":
        number = reference % 0x10000
        return [Part(piece, 0, data_coding, "", (number, total, n)) for n, piece in enumerate(pieces, 1)]
    bits = 8 if long == "udh8" else 16
    joins = (Concatenation(reference % (1 << bits), total, n, bits) for n in range(1, total + 1))
    headers = [UserDataHeader((join, *elements)).build() for join in joins]
    return [Part(each + piece, UDHI, data_coding, "") for each, piece in zip(headers, pieces, strict=True)]


def _pieces(octets: bytes, room: int) -> list[bytes]:
    if room < 1:
        raise TextError("the user data header leaves no room for octets", limit=MAX_OCTETS)
    if len(octets) > room * _MAX_PARTS:
        end = room * _MAX_PARTS
        raise TextError(f"part {_MAX_PARTS} ends at offset {end} of {len(octets)}", offset=end, limit=_MAX_PARTS)
    return [octets[start : start + room] for start in range(0, len(octets), room)]


def _check_payload(size: int) -> None:
    if size > MAX_PAYLOAD_OCTETS:
        text = f"header and octets take {size} octets, message_payload has {MAX_PAYLOAD_OCTETS}"
        raise TextError(text, offset=MAX_PAYLOAD_OCTETS, limit=MAX_PAYLOAD_OCTETS)
