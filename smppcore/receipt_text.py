"""The text of a delivery receipt from its octets, which are not always in the coding that data_coding says.

SMSCs put the text of a receipt together by themselves, in ASCII, and often forget data_coding: ASCII under 8 (UCS-2),
UCS-2 under 0 or 3, ASCII under 4 (binary). The keys of a receipt tell the right reading from the others.

Under 0 and its like only what follows "text:" is surely in the GSM alphabet. Before it an octet that means something in
ASCII is read so: else the id "abc_123" would become "abc§123" and match no message, and NULs that fill up a field of
fixed width would become "@".
"""

import re
from codecs import charmap_decode
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from smppcore.text import UserDataHeader, decode_text, gsm0338
from smppcore.text.coded_text import GSM, GSM_PACKED, UCS2, codec_name
from smppcore.text.septets import unpack_text

_KEYS: Final = re.compile(r"(?:^|[\s,;\0\ufeff])(?:id|stat|err) ?:", re.IGNORECASE)
_TEXT: Final = re.compile(rb"(?:^|[\s,;\0])text ?:", re.IGNORECASE)
_ASCII: Final = frozenset({0x00, 0x09, 0x0A, 0x0D, *range(0x20, 0x7F)})
_FIELDS: Final = "".join(
    chr(octet) if octet in _ASCII or octet > 0x7F else gsm0338.decode(bytes([octet])) for octet in range(256)
)


class ReceiptText(NamedTuple):
    """The text, and whether another coding than the one announced had to be assumed."""

    text: str
    is_miscoded: bool = False


def receipt_text(
    octets: bytes,
    data_coding: int,
    *,
    default: str = GSM,
    udh: UserDataHeader | None = None,
    codecs: Mapping[int, str] | None = None,
) -> ReceiptText:
    """The octets behind the header `udh` as the text of a receipt; the options are those of text.decode_text.

    The coding announced counts if that shows a key of a receipt, else the first that does of ASCII, UCS-2 and packed
    GSM; if none does, the one announced, "" for binary. Never raises for any octets.
    """
    name = codec_name(data_coding, default, codecs)
    if name == GSM:
        announced: str | None = _gsm(octets)
    elif name == GSM_PACKED:
        announced = _gsm(_unpacked(octets, udh))
    else:
        announced = decode_text(octets, data_coding, default=default, codecs=codecs)
    if announced is not None and _KEYS.search(announced):
        return ReceiptText(announced)
    for text in _other_readings(octets, udh):
        if _KEYS.search(text):
            return ReceiptText(text, True)
    return ReceiptText(announced or "")


def _gsm(septets: bytes) -> str:
    found = _TEXT.search(septets)
    if found is None:
        return charmap_decode(septets, "strict", _FIELDS)[0]
    return charmap_decode(septets[: found.end()], "strict", _FIELDS)[0] + gsm0338.decode(septets[found.end() :])


def _unpacked(octets: bytes, udh: UserDataHeader | None) -> bytes:
    return unpack_text(octets, udh.size if udh else 0)


def _other_readings(octets: bytes, udh: UserDataHeader | None) -> Iterator[str]:
    yield octets.decode("latin-1")
    yield octets.decode(UCS2, "replace")
    yield _gsm(_unpacked(octets, udh))
