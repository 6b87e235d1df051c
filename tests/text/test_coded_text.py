"""Text by data_coding, with what 0 means as a setting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.text import (
    LockingShift,
    Ports,
    SingleShift,
    TextError,
    UserDataHeader,
    WaitingKind,
    decode_text,
    encode_text,
    gsm0338,
    message_waiting,
    pack,
)

GSM_TEXT = st.text(st.sampled_from(sorted(gsm0338.characters())))
TURKISH = UserDataHeader((SingleShift(1), LockingShift(1)))
DEFAULTS = ["gsm0338", "gsm0338-packed", "latin-1", "ascii", "cp1251", "utf-8"]


@pytest.mark.parametrize(
    ("data_coding", "octets", "text"),
    [
        (0x00, "00201b65", "@ €"),
        (0x01, "4040", "@@"),
        (0x03, "dc6eef", "Ünï"),
        (0x05, "83 4a", "カ"),
        (0x06, "bfe0d8", "При"),
        (0x07, "f9ece5ed", "שלום"),
        (0x08, "041f d83d de00", "П😀"),
        (0x0A, "1b2442 467c 1b2842", "日"),
        (0x0D, "1b242844 3021 1b2842", "丂"),
        (0x0E, "c7d1", "한"),
        (0x10, "00", "@"),
        (0x18, "20ac", "€"),
        (0x40, "00", "@"),
        (0xC8, "00", "@"),
        (0xD8, "00", "@"),
        (0xE8, "20ac", "€"),
        (0xF0, "00", "@"),
        (0xF1, "00", "@"),
    ],
)
def test_each_data_coding_both_ways(data_coding: int, octets: str, text: str) -> None:
    assert decode_text(bytes.fromhex(octets), data_coding) == text
    assert encode_text(text, data_coding) == bytes.fromhex(octets)


@pytest.mark.parametrize("data_coding", [0x02, 0x04, 0x09, 0x14, 0x20, 0x38, 0x74, 0xF4, 0xF5])
def test_binary_and_compressed_are_no_text(data_coding: int) -> None:
    assert decode_text(b"abc", data_coding) is None
    with pytest.raises(TextError, match=f"data_coding {data_coding} carries octets"):
        encode_text("abc", data_coding)


@pytest.mark.parametrize("data_coding", [0x0B, 0x0C, 0x0F, 0x1C, 0x80, 0xBF, 256, -1])
def test_reserved_values_read_as_0_does(data_coding: int) -> None:
    assert decode_text(b"\x00", data_coding) == "@"
    assert decode_text(b"\xe9", data_coding, default="latin-1") == "é"


def test_what_0_means_is_a_setting() -> None:
    assert decode_text(b"@", 0) == "¡"
    assert decode_text(b"@", 0, default="latin-1") == "@"
    assert decode_text(b"\xcf", 0, default="cp1251") == "П"
    assert encode_text("П", 0, default="cp1251") == b"\xcf"
    assert encode_text("hello", 0, default="gsm0338-packed").hex() == "e8329bfd06"


def test_a_packed_default_packs_all_gsm_text_and_nothing_else() -> None:
    assert decode_text(bytes.fromhex("e8329bfd06"), 0xF0, default="gsm0338-packed") == "hello"
    assert decode_text(b"\xe9", 3, default="gsm0338-packed") == "é"
    assert decode_text(b"\x00", 0xF0, default="latin-1") == "@"


def test_codecs_for_single_values() -> None:
    assert decode_text(b"\x1b\x24\x42\x46\x7c", 5, codecs={5: "iso2022_jp"}) == "日"
    assert decode_text(b"abc", 4, codecs={4: "ascii"}) == "abc"
    assert decode_text(b"\x00", 3, codecs={3: "gsm0338"}) == "@"
    assert encode_text("日", 5, codecs={5: "euc_jp"}) == b"\xc6\xfc"


def test_national_languages_come_from_the_header() -> None:
    octets = bytes.fromhex("407374616e62756c")
    assert decode_text(octets, 0, udh=TURKISH) == "İstanbul"
    assert encode_text("İstanbul", 0, udh=TURKISH) == octets
    assert decode_text(octets, 0) == "¡stanbul"


def test_fill_bits_of_packed_text_come_from_the_header() -> None:
    ports_and_shift = UserDataHeader((Ports(1, 2), SingleShift(1)))  # 10 octets: 4 fill bits
    octets = encode_text("hello", 0, default="gsm0338-packed", udh=ports_and_shift)
    assert octets == pack(b"hello", 4)
    assert decode_text(octets, 0, default="gsm0338-packed", udh=ports_and_shift) == "hello"


def test_the_error_names_character_offset_and_coding() -> None:
    with pytest.raises(TextError, match=r"\(U\+20AC\) at offset 2 is not in latin-1") as caught:
        encode_text("5 €", 3)
    assert caught.value.offset == 2


def test_a_lone_surrogate_is_in_no_coding() -> None:
    with pytest.raises(TextError, match=r"'\\ud83d' \(U\+D83D\) at offset 1") as caught:
        encode_text("a\ud83d", 8)
    assert caught.value.offset == 1


def test_bad_utf_16_becomes_replacement_characters() -> None:
    assert decode_text(b"\x00a\xd8\x3d", 8) == "a\ufffd"
    assert decode_text(b"\xd8\x3d\x00a", 8) == "\ufffda"
    assert decode_text(b"\x00a\x00", 8) == "a\ufffd"


def test_an_unknown_codec_is_the_callers_mistake() -> None:
    with pytest.raises(LookupError):
        decode_text(b"a", 0, default="no-such-codec")


@given(st.binary(), st.integers(0, 255), st.sampled_from(DEFAULTS), st.binary(max_size=12))
def test_decoding_never_raises(octets: bytes, data_coding: int, default: str, header: bytes) -> None:
    udh, _ = UserDataHeader.parse(header)
    text = decode_text(octets, data_coding, default=default, udh=udh)
    assert text is None or isinstance(text, str)


@given(st.text(), st.integers(0, 255), st.sampled_from(DEFAULTS))
def test_a_text_that_can_be_sent_comes_back(text: str, data_coding: int, default: str) -> None:
    try:
        octets = encode_text(text, data_coding, default=default)
    except TextError:
        return
    decoded = decode_text(octets, data_coding, default=default)
    # The two places where decoding must guess: packed septets that may be filling, and codecs with several spellings.
    if default == "gsm0338-packed":
        assert decoded in (text, text[:-1])
    elif data_coding not in (5, 10, 13, 14):
        assert decoded == text


@given(GSM_TEXT, st.sampled_from(WaitingKind))
def test_gsm_text_comes_back_under_every_gsm_value(text: str, kind: WaitingKind) -> None:
    for data_coding in (0x00, 0x10, 0x13, 0x40, 0xF0, 0xF3, message_waiting(kind), message_waiting(kind, store=True)):
        assert decode_text(encode_text(text, data_coding), data_coding) == text
