"""Packed septets: eight characters in seven octets, the first in the low bits (TS 23.038 section 6.1.2).

In SMPP GSM text normally travels unpacked and the SMSC packs; some SMSCs want it packed, which is done here.
"""

from smppcore.text.gsm0338 import TextError

_CR = b"\r"
_MESSAGE_OCTETS = 140


def fill_bits_after(udh_octets: int) -> int:
    """Zero bits, 0 to 6, between a user data header of so many octets (UDHL included) and the first septet."""
    return -8 * udh_octets % 7


def pack(septets: bytes, fill_bits: int = 0) -> bytes:
    """Packs septets, one per octet, after 0 to 6 `fill_bits`; bits left over in the last octet are 0.

    The result has ceil((7 * n + fill_bits) / 8) octets.  Raises TextError for an octet above 0x7F, ValueError for
    `fill_bits` out of range.
    """
    if not septets.isascii():
        offset = next(i for i, octet in enumerate(septets) if octet > 0x7F)
        raise TextError(f"octet 0x{septets[offset]:02X} at offset {offset} is no septet", offset=offset, limit=0x7F)
    _check(fill_bits)
    padded = septets + bytes(-len(septets) % 8)
    packed = b"".join(
        [
            (a | b << 7 | c << 14 | d << 21 | e << 28 | f << 35 | g << 42 | h << 49).to_bytes(7, "little")
            for a, b, c, d, e, f, g, h in zip(*[iter(padded)] * 8, strict=True)
        ]
    )
    if fill_bits:
        packed = (int.from_bytes(packed, "little") << fill_bits).to_bytes(len(packed) + 1, "little")
    return packed[: (7 * len(septets) + fill_bits + 7) // 8]


def unpack(octets: bytes, count: int | None = None, fill_bits: int = 0) -> bytes:
    """The septets in `octets`, one per octet, after 0 to 6 `fill_bits`.

    `count` is how many there are, as SMS carries it; None, or more than there is room for, takes all that are whole.
    That may be one too many: seven bits left over look like one more septet.
    Raises ValueError for `fill_bits` out of range or a negative `count`.
    """
    _check(fill_bits)
    if count is not None and count < 0:
        raise ValueError(f"count is {count}, less than 0")
    whole = max(0, (8 * len(octets) - fill_bits) // 7)
    if fill_bits:
        octets = (int.from_bytes(octets, "little") >> fill_bits).to_bytes(len(octets), "little")
    blocks = [int.from_bytes(octets[i : i + 7], "little") for i in range(0, len(octets), 7)]
    septets = bytes([block >> shift & 0x7F for block in blocks for shift in range(0, 56, 7)])
    return septets[: whole if count is None else min(count, whole)]


def pack_text(septets: bytes, udh_octets: int = 0) -> bytes:
    """Packs what follows a header of so many octets; seven bits left over hold a CR (as in USSD, TS 23.038 6.1.2.3.1).

    For a reader who is told no septet count: without the CR he would see an "@" that nobody wrote.
    """
    fill_bits = fill_bits_after(udh_octets)
    return pack(septets + _CR if (7 * len(septets) + fill_bits) % 8 == 1 else septets, fill_bits)


def unpack_text(octets: bytes, udh_octets: int = 0) -> bytes:
    """The septets that follow a header of so many octets, less a last one that must be taken for filling.

    Only one that ends together with the last octet can be: a CR (USSD), or 0 (SMS) unless all 140 octets are used, as
    they normally are by text that was cut.  After an escape it is a character.  So a shorter text that really ends in
    "@" loses it in one case of eight; whoever has the septet count gives it to `unpack` instead.
    """
    fill_bits = fill_bits_after(udh_octets)
    septets = unpack(octets, fill_bits=fill_bits)
    if 7 * len(septets) + fill_bits != 8 * len(octets) or septets[-2:-1] == b"\x1b":
        return septets
    is_filling = septets.endswith(_CR) or (septets.endswith(b"\0") and udh_octets + len(octets) < _MESSAGE_OCTETS)
    return septets[:-1] if is_filling else septets


def _check(fill_bits: int) -> None:
    if not 0 <= fill_bits <= 6:
        raise ValueError(f"fill_bits is {fill_bits}, not 0 to 6")
