"""Defects measured in other libraries' text handling (FIELD.md sections 1.4, 1.12 and 2.D), each kept out by name."""

from smppcore.text import (
    Alphabet,
    Concatenation,
    DataCoding,
    Part,
    UserDataHeader,
    decode_text,
    encode_text,
    segments,
    split,
)


def payload(part: Part) -> bytes:
    return UserDataHeader.parse(part.short_message)[1] if part.esm_class else part.short_message


def test_smpplib_cuts_an_escape_pair() -> None:
    """1.12 no. 3: the first part ended in 0x1B."""
    parts = split("a" * 152 + "€" + "a" * 10, 1)
    assert [part.text for part in parts] == ["a" * 152, "€" + "a" * 10]
    assert payload(parts[0])[-1] != 0x1B
    assert payload(parts[1])[:2] == b"\x1b\x65"


def test_smpplib_cuts_a_surrogate_pair() -> None:
    """1.12 no. 3 and 2.D no. 32: d83d at the end of one part, de00 at the start of the next."""
    parts = split("漢" * 66 + "😀" + "漢" * 10, 1)
    assert [len(part.text) for part in parts] == [66, 11]
    assert payload(parts[1])[:4] == b"\xd8\x3d\xde\x00"


def test_smpplib_sends_255_octets_of_short_message() -> None:
    """1.12 no. 3: no part comes near the limit of 254 octets, whatever the coding and policy."""
    for text in ("a" * 1000, "é" * 1000, "漢" * 1000, "ğ" * 1000):
        for part in split(text, 1, languages=(1,)) + split(text, 1, long="sar") + split(text, 1, long="udh16"):
            assert len(part.short_message) <= 160


def test_aiosmpplib_counts_a_euro_sign_as_one_septet() -> None:
    """1.12 no. 6: 100 of them left as one part of 200 octets."""
    counted = segments("€" * 100)
    assert (counted.units, counted.parts) == (200, 2)
    assert [len(payload(part)) for part in split("€" * 100, 1)] == [152, 48]


def test_aiosmpplib_cuts_sar_parts_at_254_octets() -> None:
    """1.12 no. 6: above what the air interface takes."""
    assert [len(part.short_message) for part in split("a" * 300, 1, long="sar")] == [152, 148]


def test_aiosmpplib_fails_on_plain_text_with_sar() -> None:
    """1.12 no. 5: UnboundLocalError."""
    assert split("plain text", 1, long="sar") == [Part(b"plain text", 0, 0, "plain text")]


def test_aiosmpplib_makes_parts_of_138_octets() -> None:
    """1.4: a part with header filled to 140 octets holds 67 units."""
    assert [len(part.short_message) for part in split("漢" * 134, 1)] == [140, 140]


def test_aiosmpplib_misreads_a_16_bit_reference() -> None:
    """1.12 no. 7: 305398273 instead of 0x1234."""
    udh, _ = UserDataHeader.parse(bytes.fromhex("06080412340201"))
    assert udh is not None
    assert udh.concatenation == Concatenation(0x1234, 2, 1, 16)


def test_aiosmpplib_raises_on_data_coding_0x10_and_0xf1() -> None:
    """1.12 no. 4: one such message made it reconnect for ever."""
    assert decode_text(b"hi", 0x10) == "hi"
    assert decode_text(b"hi", 0xF1) == "hi"
    assert DataCoding.parse(0xF1) == DataCoding(0xF1, Alphabet.GSM, message_class=1)


def test_gosmpp_makes_emoji_parts_of_268_octets() -> None:
    """1.12 no. 12: 67 emoji counted as 67 units."""
    counted = segments("😀" * 67)
    assert (counted.units, counted.parts) == (134, 3)
    assert [len(part.short_message) for part in split("😀" * 67, 1)] == [138, 138, 10]


def test_jasmin_drops_everything_after_the_fifth_part() -> None:
    """1.4: cut short without a word."""
    text = "0123456789" * 200
    assert "".join(part.text for part in split(text, 1)) == text
    assert len(split(text, 1)) == 14


def test_jasmin_and_node_smpp_mistake_at_sign_cedilla_and_euro() -> None:
    """2.D no. 32."""
    assert encode_text("@Ç€", 0) == b"\x00\x09\x1b\x65"
    assert decode_text(b"\x00\x09\x1b\x65", 0) == "@Ç€"


def test_node_smpp_looks_at_the_low_nibble_only() -> None:
    """1.4: 0xF5 is binary with a class, not JIS; 0x18 is UCS-2, 0xC8 is not."""
    assert decode_text(b"\x00\x01", 0xF5) is None
    assert decode_text(b"\x04\x1f", 0x18) == "П"
    assert DataCoding.parse(0xC8).alphabet is Alphabet.GSM


def test_a_shift_table_in_the_header_is_not_ignored() -> None:
    """2.D no. 33."""
    udh, octets = UserDataHeader.parse(bytes.fromhex("03240101" + "1b67"))
    assert decode_text(octets, 0, udh=udh) == "ğ"


def test_smpplib_sends_a_grave_accent_as_section_sign() -> None:
    """1.4: it is not in the alphabet, so the text goes as UCS-2."""
    assert split("`", 1) == [Part(b"\0`", 0, 8, "`")]
