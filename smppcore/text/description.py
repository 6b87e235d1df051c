"""User data as plain values for JSON: the keys "udh", "udh_error", "text" and "text_encoding" of the PDU vectors."""

from typing import Any

from smppcore.text.coded_text import decode_text
from smppcore.text.shifts import LANGUAGES
from smppcore.text.udh import UserDataHeader

_UDHI = 0x40

# The values of SMPP's own table that stand for a character set, by what the view calls it.  Message classes and waiting
# indications (0x10 and up) belong to TS 23.038, and the octets of JIS (5, 13) are open, so the view leaves both as hex.
_ENCODINGS = {
    0x00: "gsm0338-unpacked",
    0x01: "ascii",
    0x03: "latin-1",
    0x06: "iso8859-5",
    0x07: "iso8859-8",
    0x08: "utf-16-be",
    0x0A: "iso2022_jp",
    0x0E: "euc_kr",
}


def describe(octets: bytes, data_coding: int, udh: UserDataHeader | None = None) -> tuple[str, str] | None:
    """(text, name of the encoding) of the octets after the header, or None where the view shows no text.

    That is: no octets, or a data_coding other than the character sets of SMPP's own table.  0 counts as unpacked GSM.
    """
    encoding = _ENCODINGS.get(data_coding)
    if encoding is None or not octets:
        return None
    text = decode_text(octets, data_coding, udh=udh)
    if text is None:
        return None
    if data_coding == 0 and udh and (udh.locking_shift in LANGUAGES or udh.single_shift in LANGUAGES):
        encoding += "-national"
    return text, encoding


def describe_user_data(octets: bytes, data_coding: int, esm_class: int = 0) -> dict[str, Any]:
    """What short_message, or message_payload if that is empty, says: some of the four keys, maybe none.

    With the bit 0x40 in esm_class a header is read first.  If its lengths do not add up there is only "udh_error":
    true, because nobody knows where the text begins.
    """
    view: dict[str, Any] = {}
    udh: UserDataHeader | None = None
    if esm_class & _UDHI and octets:
        udh, octets = UserDataHeader.parse(octets)
        if udh is None:
            return {"udh_error": True}
        view["udh"] = udh.to_json(octets)
    described = describe(octets, data_coding, udh)
    if described:
        view["text"], view["text_encoding"] = described
    return view
