"""Each row of FIELD 1.4, text, encodings and segmentation: what peers have in part and this library has whole.

One test per row, in the order of the table; most rows have a file of their own, which these tests do not repeat.
Reassembly is tested in tests/meaning/test_reassembly.py.
"""

from itertools import pairwise

import pytest

from smppcore.message import messages, text_of
from smppcore.pdu import DeliverSm, SubmitSm
from smppcore.text import (
    LANGUAGES,
    Alphabet,
    Concatenation,
    DataCoding,
    Element,
    Ports,
    UserDataHeader,
    WaitingKind,
    decode_text,
    encode_text,
    flash,
    general_group,
    gsm0338,
    message_class,
    message_waiting,
    segments,
    split,
    to_gsm,
)
from smppcore.text.graphemes import is_boundary


def test_field_1_4_gsm_default_and_extension_unpacked() -> None:
    assert encode_text("@£€{^}", 0) == b"\x00\x01\x1be\x1b(\x1b\x14\x1b)"
    assert "`" not in gsm0338.characters()


def test_field_1_4_packed_with_fill_bits() -> None:
    udh, _ = UserDataHeader.parse(bytes.fromhex("050003010201"))
    assert encode_text("hello", 0, default="gsm0338-packed") == bytes.fromhex("E8329BFD06")
    assert encode_text("hello", 0, default="gsm0338-packed", udh=udh) == bytes.fromhex("D06536FB0D")


@pytest.mark.parametrize("language", LANGUAGES)
def test_field_1_4_national_tables(language: int) -> None:
    own = sorted(gsm0338.characters(language, language) - gsm0338.characters())
    if language == 2:  # Spanish has a single shift table only
        own = sorted(gsm0338.characters(0, language) - gsm0338.characters())
    text = own[0] * 200
    parts = split(text, 1, languages=(language,))
    assert {part.data_coding for part in parts} == {0}
    joined = ""
    for part in parts:
        udh, octets = UserDataHeader.parse(part.short_message)
        joined += decode_text(octets, 0, udh=udh) or ""
    assert joined == text


def test_field_1_4_surrogates_kept_whole_and_graphemes_where_possible() -> None:
    text = "👍🏽" * 40
    ends = segments(text).ends
    assert all(is_boundary(text, end, start) for start, end in pairwise([0, *ends]))
    assert all(len(part.short_message) <= 140 for part in split(text, 1))


def test_field_1_4_escape_kept_whole() -> None:
    assert [part.text for part in split("a" * 152 + "€" * 10, 1)] == ["a" * 152, "€" * 10]


def test_field_1_4_latin_1() -> None:
    assert (encode_text("café", 3), decode_text(b"caf\xe9", 3)) == (b"caf\xe9", "café")


def test_field_1_4_iso_8859_5_and_8() -> None:
    assert decode_text(encode_text("Жук", 6), 6) == "Жук"
    assert decode_text(encode_text("שלום", 7), 7) == "שלום"


@pytest.mark.parametrize(("value", "text"), [(5, "漢字カナ"), (10, "漢字カナ"), (13, "漢字"), (14, "한국어")])
def test_field_1_4_japanese_and_korean(value: int, text: str) -> None:
    assert decode_text(encode_text(text, value), value) == text
    assert "".join(part.text for part in split(text * 60, 1, data_coding=value)) == text * 60


def test_field_1_4_what_data_coding_0_means_is_a_setting_of_the_link() -> None:
    for default in ("gsm0338", "gsm0338-packed", "latin-1", "ascii", "utf-8", "cp1252"):
        assert decode_text(encode_text("plain", 0, default=default), 0, default=default) == "plain"
    (pdu,) = messages(SubmitSm, "é", 1, destination="31612345678", default="latin-1")
    assert pdu.short_message == b"\xe9"


def test_field_1_4_received_text_is_decoded_for_you() -> None:
    assert text_of(DeliverSm(data_coding=8, short_message="жук".encode("utf-16-be"))) == "жук"
    assert text_of(DeliverSm(data_coding=0x18, short_message="жук".encode("utf-16-be"))) == "жук"
    assert text_of(DeliverSm(data_coding=4, short_message=b"\1\2")) is None


def test_field_1_4_the_whole_data_coding_scheme() -> None:
    groups = {value: DataCoding.parse(value) for value in range(256)}
    assert groups[0x10].message_class == 0
    assert groups[0xF5] == DataCoding(0xF5, Alphabet.BINARY, message_class=1)
    assert groups[0x28].compressed
    assert groups[0x51].automatic_deletion
    waiting = groups[0xC8].waiting
    assert waiting is not None
    assert waiting.active
    assert groups[0x9A].alphabet is Alphabet.RESERVED


def test_field_1_4_user_data_header_with_any_element() -> None:
    elements = (Ports(2948, 9200), Concatenation(7, 2, 1), Element(0x70, b"\1\2"))
    built = UserDataHeader(elements).build()
    assert UserDataHeader.parse(built + b"text") == (UserDataHeader(elements), b"text")


def test_field_1_4_concatenation_with_an_8_bit_reference() -> None:
    parts = split("a" * 200, 0x1FF)
    assert [part.short_message[:6].hex() for part in parts] == ["050003ff0201", "050003ff0202"]


def test_field_1_4_concatenation_with_a_16_bit_reference() -> None:
    parts = split("a" * 200, 0x1234, long="udh16")
    assert [part.short_message[:7].hex() for part in parts] == ["06080412340201", "06080412340202"]
    assert UserDataHeader.parse(parts[0].short_message)[0] == UserDataHeader((Concatenation(0x1234, 2, 1, 16),))


def test_field_1_4_sar_tlvs() -> None:
    pdus = list(messages(SubmitSm, "a" * 200, 0x1234, destination="31612345678", long="sar"))
    assert [pdu.tlvs for pdu in pdus] == [
        [(0x020C, b"\x12\x34"), (0x020E, b"\2"), (0x020F, b"\1")],
        [(0x020C, b"\x12\x34"), (0x020E, b"\2"), (0x020F, b"\2")],
    ]


def test_field_1_4_message_payload() -> None:
    (pdu,) = messages(SubmitSm, "a" * 200, 1, destination="31612345678", long="payload")
    assert (pdu.short_message, pdu.tlvs) == (b"", [(0x0424, b"a" * 200)])


def test_field_1_4_header_and_sar_together_are_never_sent() -> None:
    with pytest.raises(ValueError, match="no user data header"):
        split("a" * 200, 1, long="sar", elements=[Ports(1, 2)])


@pytest.mark.parametrize(
    ("text", "long", "sizes"),
    [
        ("a" * 161, "udh8", [153, 8]),
        ("a" * 161, "udh16", [152, 9]),
        ("a" * 161, "sar", [152, 9]),
        ("a" * 1530, "udh8", [153] * 10),  # more than five parts
        ("ж" * 71, "udh8", [67, 4]),
        ("ж" * 71, "udh16", [66, 5]),
    ],
)
def test_field_1_4_the_right_limits(text: str, long: "str", sizes: list[int]) -> None:
    assert [len(part.text) for part in split(text, 1, long=long)] == sizes  # type: ignore[arg-type]


def test_field_1_4_transliteration_on_request() -> None:
    assert segments("„naïve“").coding == "utf-16-be"
    assert to_gsm("„naïve“").text == '"naive"'


def test_field_1_4_counting_before_sending() -> None:
    counted = segments("Précis: ğ")
    assert (counted.parts, counted.left, counted.forced) == (1, 61, ((8, "ğ"),))


def test_field_1_4_flash_and_message_waiting() -> None:
    assert (flash(), flash(Alphabet.UCS2)) == (0xF0, 0x18)
    assert message_class(2) == 0xF2
    assert message_waiting(WaitingKind.VOICEMAIL) == 0xC8
    assert general_group(Alphabet.UCS2, message_class=0) == 0x18
    (pdu,) = messages(SubmitSm, "Hi", 1, destination="31612345678", data_coding=flash())
    assert pdu.data_coding == 0xF0
