"""Each row of FIELD 3.4: what carriers do with esm_class, data_coding and text, T1 to T15."""

import pytest

from smppcore.address import Address, AddressError
from smppcore.codec import ESME_TOLERANCE, Codec
from smppcore.errors import Refused
from smppcore.message import messages, receipt_of, text_of, user_data_of
from smppcore.pdu import DataSm, DeliverSm, SubmitSm, SubmitSmResp
from smppcore.reassembly import Reassembly
from smppcore.receipt import build_text, build_tlvs
from smppcore.segment import UDHI_AND_SAR, segment_of
from smppcore.sent import Sent, SentPart
from smppcore.text import Alphabet, Concatenation, DataCoding, UserDataHeader, decode_text, encode_text, segments, split
from smppcore.tlv import MESSAGE_PAYLOAD, SAR_MSG_REF_NUM, SAR_SEGMENT_SEQNUM, SAR_TOTAL_SEGMENTS

RECEIPT = build_text("5", dlvrd=1, submit_date="2601010101", done_date="2601010102", stat=2).encode()
LONG_TEXT = "0123456789" * 40


def segments_of(text: str = LONG_TEXT, reference: int = 1) -> list[DeliverSm]:
    return list(messages(DeliverSm, text, reference, source="31612345678", destination="1234"))


@pytest.mark.parametrize("esm_class", [0x04, 0x20, 0x24, 0x44])
def test_field_3_4_t1_receipts_by_their_esm_class(esm_class: int) -> None:
    header = b"\0" if esm_class & 0x40 else b""
    receipt = receipt_of(DeliverSm(esm_class=esm_class, short_message=header + RECEIPT))
    assert receipt is not None
    assert receipt.message_id == "5"


@pytest.mark.parametrize("esm_class", [0x00, 0x08])
def test_field_3_4_t1_receipts_with_another_esm_class(esm_class: int) -> None:
    pdu = DeliverSm(esm_class=esm_class, short_message=RECEIPT)
    assert receipt_of(pdu) is None
    assert receipt_of(pdu, by_text=True) is not None
    pdu.tlvs = build_tlvs("5", 2)
    assert receipt_of(pdu) is not None


def test_field_3_4_t2_manual_acknowledgement_with_a_header() -> None:
    pdu = DeliverSm(esm_class=0x48, short_message=UserDataHeader((Concatenation(1, 2, 1),)).build() + b"text")
    assert segment_of(pdu) == (1, "udh8", 2, 1, ())
    assert (text_of(pdu), receipt_of(pdu)) == ("text", None)


def test_field_3_4_t3_header_and_sar_both_present() -> None:
    """The header counts: segment.py."""
    pdu = segments_of()[0]
    pdu.tlvs += [SAR_MSG_REF_NUM(9), SAR_TOTAL_SEGMENTS(9), SAR_SEGMENT_SEQNUM(9)]
    assert segment_of(pdu) == (1, "udh8", 3, 1, (UDHI_AND_SAR,))


@pytest.mark.parametrize(
    ("octets", "default", "text"),
    [
        (b"\x00\x1be", "gsm0338", "@€"),
        (b"\xfc", "latin-1", "ü"),
        (b"a_b", "ascii", "a_b"),
        (bytes.fromhex("E8329BFD06"), "gsm0338-packed", "hello"),
        ("жук".encode(), "utf-8", "жук"),
        (b"M\xfcller", "gsm0338", "Müller"),  # octets above 0x7F show their Latin-1 character
    ],
)
def test_field_3_4_t4_what_data_coding_0_means(octets: bytes, default: str, text: str) -> None:
    assert text_of(DeliverSm(short_message=octets), default=default) == text


@pytest.mark.parametrize(
    ("value", "alphabet", "message_class"),
    [
        (0x10, Alphabet.GSM, 0),
        (0x11, Alphabet.GSM, 1),
        (0x18, Alphabet.UCS2, 0),
        (0xC0, Alphabet.GSM, None),
        (0xF0, Alphabet.GSM, 0),
        (0xF1, Alphabet.GSM, 1),
        (0xF5, Alphabet.BINARY, 1),
    ],
)
def test_field_3_4_t5_values_of_the_gsm_scheme(value: int, alphabet: Alphabet, message_class: int | None) -> None:
    coding = DataCoding.parse(value)
    assert (coding.alphabet, coding.message_class) == (alphabet, message_class)
    octets = "Hi".encode("utf-16-be") if alphabet is Alphabet.UCS2 else b"Hi"
    assert decode_text(octets, value) == (None if alphabet is Alphabet.BINARY else "Hi")


def test_field_3_4_t6_ucs2_parts_of_odd_size() -> None:
    octets = "абвг".encode("utf-16-be")

    def part(number: int, payload: bytes) -> DeliverSm:
        header = UserDataHeader((Concatenation(1, 2, number),)).build()
        return DeliverSm(esm_class=0x40, data_coding=8, short_message=header + payload)

    reassembly = Reassembly()
    assert reassembly.add(part(1, octets[:3]), 0.0) == []
    assert reassembly.add(part(2, octets[3:]), 0.0)[0].text == "абвг"  # cut inside a unit
    assert reassembly.add(part(1, octets[:4] + b"\0"), 1.0) == []
    assert reassembly.add(part(2, octets[4:]), 1.0)[0].text == "аб\ufffdвг"  # a spare octet
    assert all(len(part.short_message) % 2 == 0 for part in split("ж" * 200, 1, long="sar"))


def test_field_3_4_t7_latin_1_only_as_asked_for() -> None:
    """Never chosen on its own, so it does not matter which of its characters GSM has too."""
    assert {part.data_coding for part in split("çâ", 1)} == {8}
    assert {part.data_coding for part in split("çâ", 1, data_coding=3)} == {3}


@pytest.mark.parametrize("name", ["me@shop", "a-b_c", "Café", "£5 ¥"])
def test_field_3_4_t8_alphanumeric_senders(name: str) -> None:
    """They are written in Latin-1, so that @ is no NUL, and come back as they were."""
    address = Address.sender(name)
    assert address == (5, 0, name)
    pdu = DeliverSm(source_addr_ton=5, source_addr=address.addr, destination_addr="1")
    assert DeliverSm.decode(pdu.encode(1)).source_addr == name


def test_field_3_4_t8_a_sender_of_latin_1_octets_is_received() -> None:
    assert DeliverSm.decode(DeliverSm(source_addr_ton=5, source_addr="\xa3\xff").encode(1)).source_addr == "\xa3\xff"


def test_field_3_4_t9_numbers_with_00_or_plus_and_no_destination() -> None:
    assert Address.destination("+31612345678") == Address.destination("0031612345678") == (1, 1, "31612345678")
    assert Address.destination("0612345678") == (0, 1, "0612345678")
    for number in ("0031612345678", "+31612345678", "0612345678"):
        assert Address(1, 1, number).problems()
    with pytest.raises(AddressError, match="a destination cannot be empty"):
        Address.destination("")
    pdu = DeliverSm(source_addr="1", short_message=b"hi")
    assert text_of(DeliverSm.decode(pdu.encode(1))) == "hi"


def test_field_3_4_t10_reference_0() -> None:
    """References that collide are tested in test_reassembly.py."""
    reassembly = Reassembly()
    found = [each for pdu in segments_of(reference=0) for each in reassembly.add(pdu, 0.0)]
    assert [each.text for each in found] == [LONG_TEXT]


def test_field_3_4_t11_parts_over_several_binds_in_any_order() -> None:
    """The caller's key names the group of links, not the link."""
    reassembly = Reassembly()
    first, second, third = segments_of()
    for pdu in (third, first):
        assert reassembly.add(pdu, 0.0, key="account") == []
    assert reassembly.add(second, 0.0, key="account")[0].text == LONG_TEXT


def test_field_3_4_t12_a_receipt_as_data_sm() -> None:
    pdu = DataSm(esm_class=4, tlvs=[MESSAGE_PAYLOAD(RECEIPT), *build_tlvs("5", 2)])
    receipt = receipt_of(pdu)
    assert receipt is not None
    assert (receipt.message_id, receipt.final(), receipt.oddities) == ("5", True, ())


def test_field_3_4_t12_a_receipt_for_some_parts_only() -> None:
    """Each part has an id of its own, or none, so a receipt names the part that it is for."""
    requests = list(messages(SubmitSm, LONG_TEXT, 1, destination="31612345678"))
    ids = ["", "", "5"]
    sent = Sent(tuple(SentPart(pdu, SubmitSmResp(message_id=each)) for pdu, each in zip(requests, ids, strict=True)))
    assert sent.accepted
    assert [text for text in sent.message_ids if text] == ["5"]


@pytest.mark.parametrize("flags", [0x05, 0x11, 0x1F])
def test_field_3_4_t13_registered_delivery_with_extra_bits(flags: int) -> None:
    pdus = list(messages(SubmitSm, LONG_TEXT, 1, destination="31612345678", registered_delivery=flags))
    assert {pdu.registered_delivery for pdu in pdus} == {flags}
    assert SubmitSm.decode(pdus[0].encode(1)).registered_delivery == flags


def test_field_3_4_t14_the_second_part_is_refused() -> None:
    """Throttling counts segments: each part has its verdict, and the whole is not accepted."""
    first, second, third = messages(SubmitSm, LONG_TEXT, 1, destination="31612345678")
    refused = Refused(SubmitSmResp(command_status=0x58), second)
    sent = Sent(
        (
            SentPart(first, SubmitSmResp(message_id="1")),
            SentPart(second, error=refused),
            SentPart(third, SubmitSmResp(message_id="3")),
        )
    )
    assert (sent.accepted, sent.message_ids, sent.errors) == (False, ("1", "3"), (refused,))


def test_field_3_4_t15_a_vendor_tlv_in_every_receipt() -> None:
    octets = DeliverSm(esm_class=4, short_message=RECEIPT, tlvs=[(0x1403, b"4412345678")]).encode(1)
    pdu = Codec(tolerate=ESME_TOLERANCE).decode(octets)
    assert isinstance(pdu, DeliverSm)
    assert pdu.tlvs == [(0x1403, b"4412345678")]
    receipt = receipt_of(pdu)
    assert receipt is not None
    assert receipt.message_id == "5"


def test_what_is_sent_by_default_is_none_of_this() -> None:
    for text in ("plain", "ж", LONG_TEXT):
        for pdu in messages(SubmitSm, text, 1, destination="31612345678"):
            header, octets = user_data_of(pdu)
            assert encode_text(decode_text(octets, pdu.data_coding, udh=header) or "", pdu.data_coding) == octets
            assert pdu.data_coding in (0, 8)
    assert segments(LONG_TEXT).parts == 3
