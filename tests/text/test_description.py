"""The JSON view of user data, held against every PDU vector that has a data_coding.

Rows are (vector, octets of short_message or message_payload, data_coding, esm_class, ...); rows that repeat an earlier
one are left out, and the two with long regular octets (P035, P036) are built in their tests.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.text import UserDataHeader, describe, describe_user_data

TEXTS = [
    ("P023", "48656c6c6f", 0, 0, "Hello", "gsm0338-unpacked"),
    (
        "P024",
        "0001022005207d2015201b281b3c1b651b3e1b29201b3d1b141b401b2f201b0a",
        0,
        0,
        "@£$ é ñ Ω {[€]} ~^|\\ \x0c",
        "gsm0338-unpacked",
    ),
    ("P025", "436f64652034373131", 0, 0, "Code 4711", "gsm0338-unpacked"),
    ("P026", "041f04400438043204350442002c00204e16754c0020d83dde00", 8, 0, "Привет, 世界 😀", "utf-16-be"),
    ("P027", "dc6eef63f664e920df", 3, 0, "Ünïcödé ß", "latin-1"),
    ("P033", "78", 0, 0, "x", "gsm0338-unpacked"),
    ("P038", "706172742074776f", 0, 0, "part two", "gsm0338-unpacked"),
    ("P039", "74", 0, 0, "t", "gsm0338-unpacked"),
    ("P041", "63616c6c", 0, 0, "call", "gsm0338-unpacked"),
    ("P042", "21", 0, 0, "!", "gsm0338-unpacked"),
    ("P043", "76", 0, 0, "v", "gsm0338-unpacked"),
    ("P044", "6f", 0, 0, "o", "gsm0338-unpacked"),
    ("P045", "6d", 0, 0, "m", "gsm0338-unpacked"),
    ("P046", "4d656e753a20312062616c616e6365", 0, 0, "Menu: 1 balance", "gsm0338-unpacked"),
    ("P047", "66", 0, 3, "f", "gsm0338-unpacked"),
    ("P056", "6869", 0, 0, "hi", "gsm0338-unpacked"),
    ("P057", "616c6c2068616e6473", 0, 0, "all hands", "gsm0338-unpacked"),
    ("P063", "53544f50", 0, 0, "STOP", "gsm0338-unpacked"),
    (
        "P064",
        "69643a3366306631663063207375623a30303120646c7672643a303031207375626d697420646174653a323331323234"
        "3138333020646f6e6520646174653a3233313232343138333120737461743a44454c49565244206572723a3030302074"
        "6578743a48656c6c6f",
        0,
        4,
        "id:3f0f1f0c sub:001 dlvrd:001 submit date:2312241830 done date:2312241831 stat:DELIVRD err:000 text:Hello",
        "gsm0338-unpacked",
    ),
    (
        "P066",
        "69643a373720737461743a454e524f555445206572723a303131",
        0,
        32,
        "id:77 stat:ENROUTE err:011",
        "gsm0338-unpacked",
    ),
    ("P067", "32", 0, 16, "2", "gsm0338-unpacked"),
    ("P069", "0928092e0938094d09240947", 8, 0, "नमस्ते", "utf-16-be"),
    ("P070", "6f6464", 0, 0, "odd", "gsm0338-unpacked"),
    ("P071", "69643a4131423220737461743a44454c49565244", 0, 4, "id:A1B2 stat:DELIVRD", "gsm0338-unpacked"),
    ("P075", "54657374", 3, 0, "Test", "latin-1"),
    ("P096", "4024232125262f3a", 0, 0, "¡¤#!%&/:", "gsm0338-unpacked"),
    (
        "P097",
        "69643a30303539313133393738207375623a30303120646c7672643a303031207375626d697420646174653a31303032"
        "31303137333020646f6e6520646174653a3130303231303137333120737461743a44454c49565244206572723a303030"
        "20746578743a4024232125262f3a",
        0,
        4,
        "id:0059113978 sub:001 dlvrd:001 submit date:1002101730 done date:1002101731 "
        "stat:DELIVRD err:000 text:¡¤#!%&/:",
        "gsm0338-unpacked",
    ),
    (
        "P098",
        "404d616964656e6d616e363634207761732069742073617070793f2026526f6d616e7469633f",
        0,
        0,
        "¡Maidenman664 was it sappy? &Romantic?",
        "gsm0338-unpacked",
    ),
    ("P101", "53746f726d", 0, 0, "Storm", "gsm0338-unpacked"),
]

NO_TEXT = [
    ("P022", "", 0, 0),
    (
        "P028",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
        4,
        0,
    ),
    ("P037", "", 0, 0),
    ("P048", "48454c4c4f", 240, 0),
    ("P065", "", 0, 4),
    ("P076", "0102", 4, 2),
    ("P077", "", 0, 4),
]

HEADERS: list[tuple[str, str, int, int, dict[str, Any]]] = [
    (
        "P029",
        "050003a7020146697273742070617274",
        0,
        64,
        {
            "udh": {
                "length": 5,
                "elements": [
                    {
                        "iei": 0,
                        "iei_hex": "0x00",
                        "length": 3,
                        "data_hex": "a70201",
                        "concat": {"reference": 167, "total": 2, "sequence": 1, "reference_bits": 8},
                    }
                ],
                "payload_hex": "46697273742070617274",
            },
            "text": "First part",
            "text_encoding": "gsm0338-unpacked",
        },
    ),
    (
        "P030",
        "06080412340303043a043e043d04350446",
        8,
        64,
        {
            "udh": {
                "length": 6,
                "elements": [
                    {
                        "iei": 8,
                        "iei_hex": "0x08",
                        "length": 4,
                        "data_hex": "12340303",
                        "concat": {"reference": 4660, "total": 3, "sequence": 3, "reference_bits": 16},
                    }
                ],
                "payload_hex": "043a043e043d04350446",
            },
            "text": "конец",
            "text_encoding": "utf-16-be",
        },
    ),
    (
        "P031",
        "0b05040b8423f000030101010606",
        4,
        64,
        {
            "udh": {
                "length": 11,
                "elements": [
                    {
                        "iei": 5,
                        "iei_hex": "0x05",
                        "length": 4,
                        "data_hex": "0b8423f0",
                        "ports": {"destination": 2948, "source": 9200, "bits": 16},
                    },
                    {
                        "iei": 0,
                        "iei_hex": "0x00",
                        "length": 3,
                        "data_hex": "010101",
                        "concat": {"reference": 1, "total": 1, "sequence": 1, "reference_bits": 8},
                    },
                ],
                "payload_hex": "0606",
            }
        },
    ),
    (
        "P032",
        "06240101250101407374616e62756c200c7e1d077c602004",
        0,
        64,
        {
            "udh": {
                "length": 6,
                "elements": [
                    {"iei": 36, "iei_hex": "0x24", "length": 1, "data_hex": "01", "single_shift_language": 1},
                    {"iei": 37, "iei_hex": "0x25", "length": 1, "data_hex": "01", "locking_shift_language": 1},
                ],
                "payload_hex": "407374616e62756c200c7e1d077c602004",
            },
            "text": "İstanbul ğüşıöç €",
            "text_encoding": "gsm0338-unpacked-national",
        },
    ),
    (
        "P068",
        "0500030c040420260073006f006e0075",
        8,
        192,
        {
            "udh": {
                "length": 5,
                "elements": [
                    {
                        "iei": 0,
                        "iei_hex": "0x00",
                        "length": 3,
                        "data_hex": "0c0404",
                        "concat": {"reference": 12, "total": 4, "sequence": 4, "reference_bits": 8},
                    }
                ],
                "payload_hex": "20260073006f006e0075",
            },
            "text": "…sonu",
            "text_encoding": "utf-16-be",
        },
    ),
    ("P107", "140003010201616263", 4, 64, {"udh_error": True}),
]

P100 = (
    "06050415811581024a3a5db5a5cdcda5bdb8040084d8c5138148138148138148138148138138148158168178188188106188"
    "1061b81081181081881061881061681081781081881061881061b81081181081881061881061681081781081b81881321081"
    "b81881221081b818811210824dc1446000"
)


@pytest.mark.parametrize(("vector", "octets", "data_coding", "esm_class", "text", "encoding"), TEXTS)
def test_text(vector: str, octets: str, data_coding: int, esm_class: int, text: str, encoding: str) -> None:
    view = describe_user_data(bytes.fromhex(octets), data_coding, esm_class)
    assert view == {"text": text, "text_encoding": encoding}


@pytest.mark.parametrize(("vector", "octets", "data_coding", "esm_class"), NO_TEXT)
def test_no_text(vector: str, octets: str, data_coding: int, esm_class: int) -> None:
    assert describe_user_data(bytes.fromhex(octets), data_coding, esm_class) == {}


@pytest.mark.parametrize(("vector", "octets", "data_coding", "esm_class", "expected"), HEADERS)
def test_header(vector: str, octets: str, data_coding: int, esm_class: int, expected: dict[str, Any]) -> None:
    view = describe_user_data(bytes.fromhex(octets), data_coding, esm_class)
    assert view == expected
    assert list(view) == list(expected)


def test_p035_254_binary_octets() -> None:
    assert describe_user_data(bytes(i * 7 & 0xFF for i in range(254)), 4) == {}


def test_p036_payload_of_300_octets() -> None:
    octets = (b"ABCDEFGHIJKLMNOPQRSTUVWXYZ" * 12)[:300]
    assert describe_user_data(octets, 3) == {"text": octets.decode(), "text_encoding": "latin-1"}


def test_p100_ring_tone_is_header_and_octets() -> None:
    view = describe_user_data(bytes.fromhex(P100), 0xF5, 0x40)
    assert list(view) == ["udh"]
    assert view["udh"]["payload_hex"] == P100[14:]
    assert view["udh"]["elements"][0]["ports"] == {"destination": 5505, "source": 5505, "bits": 16}


def test_header_without_the_bit_is_text() -> None:
    assert describe_user_data(bytes.fromhex("050003a7020141"), 3)["text"].endswith("A")


def test_header_bit_without_octets() -> None:
    assert describe_user_data(b"", 0, 0x40) == {}


def test_empty_header() -> None:
    view = describe_user_data(b"\0hi", 0, 0x40)
    assert view == {
        "udh": {"length": 0, "elements": [], "payload_hex": "6869"},
        "text": "hi",
        "text_encoding": "gsm0338-unpacked",
    }


def test_unknown_language_is_not_called_national() -> None:
    udh, payload = UserDataHeader.parse(b"\x03\x24\x01\x63hi")
    assert describe(payload, 0, udh) == ("hi", "gsm0338-unpacked")


def test_other_character_sets_of_the_smpp_table() -> None:
    assert describe(b"a", 1) == ("a", "ascii")
    assert describe(b"\xbf", 6) == ("П", "iso8859-5")
    assert describe(b"\xf9", 7) == ("ש", "iso8859-8")


@pytest.mark.parametrize("data_coding", [2, 4, 5, 9, 11, 13, 15, 16, 24, 128, 192, 240, 245, 255])
def test_the_view_leaves_the_rest_as_hex(data_coding: int) -> None:
    assert describe(b"abc", data_coding) is None


@given(st.binary(), st.integers(0, 255), st.integers(0, 255))
def test_any_octets_can_be_described(octets: bytes, data_coding: int, esm_class: int) -> None:
    assert set(describe_user_data(octets, data_coding, esm_class)) <= {"udh", "udh_error", "text", "text_encoding"}
