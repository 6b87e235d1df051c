"""Texts and receipts of PDUs, and the PDUs for a text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smppcore.address import Address, AddressError
from smppcore.message import messages, receipt_of, text_of, user_data_of
from smppcore.pdu import DataSm, DeliverSm, SubmitMulti, SubmitSm
from smppcore.text import Concatenation, SingleShift, TextError, UserDataHeader, encode_text
from smppcore.tlv import (
    MESSAGE_PAYLOAD,
    MESSAGE_STATE,
    NETWORK_ERROR_CODE,
    RECEIPTED_MESSAGE_ID,
    SAR_MSG_REF_NUM,
    SAR_SEGMENT_SEQNUM,
    SAR_TOTAL_SEGMENTS,
)

Sample = dict[str, Any]

SAMPLES: list[Sample] = json.loads(
    (Path(__file__).parents[2] / "conformance" / "receipts.json").read_text(encoding="utf-8")
)["receipts"]

CONCATENATED = UserDataHeader((Concatenation(7, 3, 2, 8),)).build()


# -- the text of a PDU


@pytest.mark.parametrize(
    ("octets", "data_coding", "text"),
    [
        (b"", 0, ""),
        (b"plain \x00\x02", 0, "plain @$"),
        (b"\x1be 5", 0, "€ 5"),
        ("été".encode("latin-1"), 3, "été"),
        ("Здравей 😀".encode("utf-16-be"), 8, "Здравей 😀"),
        (b"\x00\x01\x02", 4, None),
        (b"\x00\x01\x02", 0xF5, None),
    ],
)
def test_text(octets: bytes, data_coding: int, text: str | None) -> None:
    assert text_of(SubmitSm(short_message=octets, data_coding=data_coding)) == text
    assert text_of(DeliverSm(tlvs=[MESSAGE_PAYLOAD(octets)], data_coding=data_coding)) == text
    assert text_of(DataSm(tlvs=[MESSAGE_PAYLOAD(octets)], data_coding=data_coding)) == text
    assert text_of(SubmitMulti(short_message=octets, data_coding=data_coding)) == text


def test_data_sm_without_payload_is_empty() -> None:
    assert text_of(DataSm()) == ""


def test_what_data_coding_0_means_can_be_set() -> None:
    assert text_of(SubmitSm(short_message=b"@_\xe9"), default="latin-1") == "@_é"


def test_a_header_is_no_text() -> None:
    pdu = SubmitSm(esm_class=0x40, short_message=CONCATENATED + b"part")
    header, octets = user_data_of(pdu)
    assert header is not None
    assert octets == b"part"
    assert text_of(pdu) == "part"


def test_without_the_flag_a_header_is_text() -> None:
    assert user_data_of(SubmitSm(short_message=CONCATENATED)) == (None, CONCATENATED)


@pytest.mark.parametrize("octets", [b"\x20too short", b"\x03\x00\x09x", b"\xff"])
def test_a_header_that_does_not_add_up_counts_as_none(octets: bytes) -> None:
    pdu = SubmitSm(esm_class=0x40, short_message=octets)
    assert user_data_of(pdu) == (None, octets)
    assert text_of(pdu) is not None


def test_the_flag_without_octets() -> None:
    assert user_data_of(SubmitSm(esm_class=0x40)) == (None, b"")


def test_a_national_language() -> None:
    header = UserDataHeader((SingleShift(1),))
    octets = header.build() + encode_text("ş ğ", 0, udh=header)
    assert text_of(SubmitSm(esm_class=0x40, short_message=octets)) == "ş ğ"


@given(octets=st.binary(max_size=254), data_coding=st.integers(0, 255), esm_class=st.integers(0, 255))
def test_any_octets_are_read_without_an_exception(octets: bytes, data_coding: int, esm_class: int) -> None:
    pdu = DeliverSm(short_message=octets, data_coding=data_coding, esm_class=esm_class)
    assert isinstance(text_of(pdu), str | None)
    receipt_of(pdu)
    receipt_of(pdu, by_text=True)


# -- receipts


def deliver_sm(sample: Sample) -> DeliverSm:
    octets = short_message(sample)
    tlvs = sample.get("tlvs", {})
    carried = []
    if "receipted_message_id" in tlvs:
        carried.append(RECEIPTED_MESSAGE_ID(tlvs["receipted_message_id"]))
    if "message_state" in tlvs:
        carried.append(MESSAGE_STATE(tlvs["message_state"]))
    if "network_error_code" in tlvs:
        carried.append(NETWORK_ERROR_CODE(bytes.fromhex(tlvs["network_error_code"])))
    pdu = DeliverSm(esm_class=sample["esm_class"], data_coding=sample["data_coding"], tlvs=carried)
    if len(octets) <= 254:
        pdu.short_message = octets
    else:
        pdu.tlvs.append(MESSAGE_PAYLOAD(octets))
    return pdu


def short_message(sample: Sample) -> bytes:
    if "short_message_hex" in sample:
        return bytes.fromhex(sample["short_message_hex"])
    try:
        return encode_text(sample["text"], sample["data_coding"])
    except TextError:
        return str(sample["text"]).encode("ascii")


def in_ascii(sample: Sample) -> bool:
    return "short_message_hex" not in sample and sample["data_coding"] == 0 and sample["text"].isascii()


ASCII = [sample for sample in SAMPLES if in_ascii(sample) and "@" not in sample["text"].partition("ext:")[2]]


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample["id"] for sample in SAMPLES])
def test_the_samples_through_a_deliver_sm(sample: Sample) -> None:
    assert_read(deliver_sm(sample), sample)


@pytest.mark.parametrize("sample", ASCII, ids=[sample["id"] for sample in ASCII])
def test_the_samples_in_ascii_with_data_coding_0(sample: Sample) -> None:
    pdu = deliver_sm(sample)
    pdu.short_message = sample["text"].encode("ascii")
    assert_read(pdu, sample)


def assert_read(pdu: DeliverSm, sample: Sample) -> None:
    receipt = receipt_of(DeliverSm.decode(pdu.encode(1)))
    expected = sample["expect"]
    if expected["result_kind"] == "message":
        assert receipt is None
        return
    assert receipt is not None
    found = receipt.to_json()
    fields: Any = found.pop("fields")
    for name, value in expected["fields"].items():
        if name not in sample.get("ignore_fields", ()):
            assert fields[name] == value
    assert found == {name: expected[name] for name in found}


def test_an_ordinary_message_is_no_receipt_unless_asked_by_text() -> None:
    text = b"id:123 sub:001 dlvrd:001 submit date:2311151200 done date:2311151201 stat:DELIVRD err:000 text:x"
    pdu = DeliverSm(short_message=text)
    assert receipt_of(pdu) is None
    found = receipt_of(pdu, by_text=True)
    assert found is not None
    assert found.message_id == "123"


def test_a_receipt_in_a_data_sm() -> None:
    pdu = DataSm(esm_class=4, tlvs=[RECEIPTED_MESSAGE_ID("77"), MESSAGE_STATE(3)])
    found = receipt_of(pdu)
    assert found is not None
    assert (found.message_id, found.message_state) == ("77", 3)


@pytest.mark.parametrize(
    ("octets", "data_coding", "message_id", "text"),
    [
        (b"id:a_b stat:DELIVRD err:000 text:a_b", 0, "a_b", "a§b"),
        (b"id:a\x11b stat:DELIVRD err:000 text:a\x11b", 0, "a_b", "a_b"),
        (b"id:a_b stat:DELIVRD err:000\0\0", 0, "a_b", None),
        (b"id:@$[]^_`{|}~\\ stat:DELIVRD err:000 text:\x40", 0, "@$[]^_`{|}~\\", "¡"),
        (b"id:a_b stat:DELIVRD err:000 text:padded\0\0", 0, "a_b", "padded@@"),
        (b"id:a_b stat:DELIVRD err:000 text:x\0", 3, "a_b", "x"),
        ("id:a_b stat:DELIVRD err:000 text:xĀ".encode("utf-16-be"), 8, "a_b", "xĀ"),
        ("id:a_b stat:DELIVRD err:000 text:x\0".encode("utf-16-be"), 8, "a_b", "x"),
    ],
)
def test_receipts_in_other_alphabets(octets: bytes, data_coding: int, message_id: str, text: str | None) -> None:
    found = receipt_of(DeliverSm(esm_class=4, data_coding=data_coding, short_message=octets))
    assert found is not None
    assert (found.message_id, found.fields.text, found.fields.err) == (message_id, text, "000")


# -- the PDUs of a text

SHORT = "Your code is 1234"
LONG = "0123456789" * 40
BOTH: dict[str, Any] = {"source": "Shop", "destination": "+393330000001"}


def test_one_short_text() -> None:
    (pdu,) = messages(SubmitSm, SHORT, 1, registered_delivery=1, service_type="CMT", **BOTH)
    assert pdu == SubmitSm(
        service_type="CMT",
        source_addr_ton=5,
        source_addr_npi=0,
        source_addr="Shop",
        dest_addr_ton=1,
        dest_addr_npi=1,
        destination_addr="393330000001",
        registered_delivery=1,
        short_message=SHORT.encode("ascii"),
    )


def test_addresses_may_be_given_whole() -> None:
    (pdu,) = messages(DeliverSm, SHORT, 1, source=Address(3, 9, "11"), destination=Address(2, 8, "22"))
    assert isinstance(pdu, DeliverSm)
    assert (pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr) == (3, 9, "11")
    assert (pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr) == (2, 8, "22")


@pytest.mark.parametrize(("long", "bits", "size"), [("udh8", 8, 6), ("udh16", 16, 7)])
def test_concatenated_by_a_header(long: Any, bits: int, size: int) -> None:
    pdus = list(messages(SubmitSm, LONG, 0x1234, long=long, esm_class=0x03, **BOTH))
    reference = 0x1234 % (1 << bits)
    assert len(pdus) == 3
    for number, pdu in enumerate(pdus, 1):
        assert pdu.esm_class == 0x43
        header, octets = user_data_of(pdu)
        assert header == UserDataHeader((Concatenation(reference, 3, number, bits),))
        assert len(pdu.short_message) == size + len(octets)
    assert "".join(text_of(pdu) or "" for pdu in pdus) == LONG


def test_concatenated_by_tlvs() -> None:
    pdus = list(messages(SubmitSm, LONG, 0x1234, long="sar", **BOTH))
    numbers = [(p.get(SAR_MSG_REF_NUM), p.get(SAR_TOTAL_SEGMENTS), p.get(SAR_SEGMENT_SEQNUM)) for p in pdus]
    assert numbers == [(0x1234, 3, 1), (0x1234, 3, 2), (0x1234, 3, 3)]
    assert {pdu.esm_class for pdu in pdus} == {0}
    assert "".join(text_of(pdu) or "" for pdu in pdus) == LONG


def test_whole_in_message_payload() -> None:
    (pdu,) = messages(SubmitSm, LONG, 1, long="payload", **BOTH)
    assert pdu.short_message == b""
    assert pdu.get(MESSAGE_PAYLOAD) == LONG.encode("ascii")
    assert text_of(pdu) == LONG
    SubmitSm.decode(pdu.encode(1))


@pytest.mark.parametrize("long", ["udh8", "udh16", "sar", "payload"])
@pytest.mark.parametrize("text", ["", SHORT, LONG, "Добър ден! 😀 " * 30, "€uro " * 60])
def test_every_pdu_survives_the_wire(long: Any, text: str) -> None:
    pdus = list(messages(SubmitSm, text, 99, long=long, **BOTH))
    received = [SubmitSm.decode(pdu.encode(1)) for pdu in pdus]
    assert received == pdus
    assert "".join(text_of(pdu) or "" for pdu in received) == text


def test_tlvs_given_do_not_leak_from_part_to_part() -> None:
    pdus = list(messages(SubmitSm, LONG, 1, long="sar", **BOTH))
    assert [len(pdu.tlvs) for pdu in pdus] == [3, 3, 3]
    given = [(0x1400, b"own")]
    pdus = list(messages(SubmitSm, LONG, 1, long="sar", tlvs=given, **BOTH))
    assert [len(pdu.tlvs) for pdu in pdus] == [4, 4, 4]
    assert given == [(0x1400, b"own")]


def test_languages_and_data_coding_are_passed_on() -> None:
    (pdu,) = messages(SubmitSm, "ş ğ", 1, languages=(1,), **BOTH)
    assert (pdu.esm_class, pdu.data_coding) == (0x40, 0)
    (pdu,) = messages(SubmitSm, "abc", 1, data_coding=8, **BOTH)
    assert (pdu.data_coding, pdu.short_message) == (8, "abc".encode("utf-16-be"))
    (pdu,) = messages(SubmitSm, "é_", 1, default="latin-1", **BOTH)
    assert (pdu.data_coding, pdu.short_message) == (0, "é_".encode("latin-1"))


def first(pdus: Iterator[SubmitSm]) -> SubmitSm:
    return next(pdus)


def test_what_cannot_be_sent() -> None:
    with pytest.raises(TextError):
        first(messages(SubmitSm, "Здравей", 1, data_coding=0, **BOTH))
    with pytest.raises(AddressError):
        first(messages(SubmitSm, SHORT, 1, destination="nobody"))
    with pytest.raises(AddressError):
        first(messages(SubmitSm, SHORT, 1, source="a name that is too long", destination="1234567"))
    with pytest.raises(TypeError):
        first(messages(SubmitSm, SHORT, 1, no_such_field=1, **BOTH))
