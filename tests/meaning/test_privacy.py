"""Privacy: no text, no number and no password in what may be shown, and everything else as it was."""

import json

import pytest
from codec.pdu_strategies import FAST, SOAK, damaged, framed, number, valid_pdu
from hypothesis import given, settings
from hypothesis import strategies as st

from smppcore.codec import ESME_TOLERANCE, STANDARD, Codec
from smppcore.errors import DecodeError, EncodeError
from smppcore.fields import SmeAddress, UnsuccessSme
from smppcore.json_view import pdu_view
from smppcore.pdu import (
    STANDARD_PDUS,
    BindTransceiver,
    DataSm,
    DeliverSm,
    Outbind,
    Pdu,
    QuerySm,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
)
from smppcore.privacy import Privacy
from smppcore.receipt import build_text
from smppcore.text import Concatenation, Element, UserDataHeader
from smppcore.tlv import (
    CALLBACK_NUM,
    DEST_SUBADDRESS,
    MESSAGE_PAYLOAD,
    MESSAGE_STATE,
    RECEIPTED_MESSAGE_ID,
    SOURCE_PORT,
)

NUMBER, OTHER_NUMBER, TEXT, PASSWORD = "46701234567", "31600000123", b"meet me at noon", "Kq7vZ2x"
HIDDEN = [NUMBER[:8].encode(), OTHER_NUMBER[:8].encode(), b"meet", b"noon", PASSWORD.encode()]
KEY = b"0123456789abcdef"
SUBMIT = SubmitSm(source_addr="72404", destination_addr=NUMBER, short_message=TEXT)

PDUS: list[Pdu] = [
    SUBMIT,
    SubmitSm(destination_addr=f"+{NUMBER}", data_coding=8, short_message=TEXT.decode().encode("utf-16-be")),
    DeliverSm(source_addr=NUMBER, destination_addr=OTHER_NUMBER, esm_class=0x40, short_message=b"\x03" + TEXT),
    DataSm(source_addr=NUMBER, destination_addr=OTHER_NUMBER, tlvs=[MESSAGE_PAYLOAD(TEXT * 20)]),
    SubmitMulti(dest_addresses=[SmeAddress(NUMBER), SmeAddress(OTHER_NUMBER)], short_message=TEXT),
    SubmitMultiResp(message_id="17", unsuccess_sme=[UnsuccessSme(NUMBER, 1, 1, 11)]),
    QuerySm(message_id="17", source_addr=NUMBER),
    BindTransceiver(system_id="id", password=PASSWORD, address_range=NUMBER),
    Outbind(system_id="id", password=PASSWORD),
    SubmitSm(
        destination_addr="1",
        tlvs=[
            CALLBACK_NUM(b"\x01\x01\x01" + NUMBER.encode()),
            DEST_SUBADDRESS(b"\x80" + NUMBER.encode()),
            (0x1400, TEXT),
            (0x1D, TEXT),
            SOURCE_PORT(7),
        ],
    ),
]
PRIVATE = [Privacy(), Privacy(key=KEY), Privacy(last=0)]


@pytest.mark.parametrize("privacy", PRIVATE, ids=["plain", "key", "nothing of numbers"])
@pytest.mark.parametrize("pdu", PDUS, ids=lambda pdu: pdu.command)
def test_nothing_private_is_left(pdu: Pdu, privacy: Privacy) -> None:
    octets, copy = pdu.encode(7), pdu.encode(7)
    masked, shown = privacy.mask_octets(octets), privacy.mask_pdu(pdu)
    view = json.dumps(pdu_view(shown, len(octets), STANDARD))
    for secret in HIDDEN:
        assert secret not in masked
        assert secret not in masked.replace(b"\0", b"")
        assert secret.decode() not in view
        assert secret.hex() not in view
    assert shown.encode(7) == masked
    assert pdu.encode(7) == copy
    assert len(masked) == len(octets)


@pytest.mark.parametrize("pdu", PDUS, ids=lambda pdu: pdu.command)
def test_without_privacy_only_passwords_are_masked(pdu: Pdu) -> None:
    octets = pdu.encode(7)
    masked = Privacy(text=False, numbers=False).mask_octets(octets)
    assert masked == octets.replace(PASSWORD.encode(), b"*" * len(PASSWORD))
    assert Privacy(text=False, numbers=False).mask_pdu(pdu).encode(7) == masked


@pytest.mark.parametrize(("address", "shown"), [(NUMBER, "********567"), (f"+{NUMBER}", "+********567"), ("", "")])
def test_the_last_digits_of_a_number_stay(address: str, shown: str) -> None:
    assert Privacy().mask_address(address) == shown
    assert Privacy(numbers=False).mask_address(address) == address


def test_of_a_short_number_no_more_than_a_third_is_shown() -> None:
    assert [Privacy().mask_address(each) for each in ("12", "123", "72404", "123456789")] == [
        "**",
        "**3",
        "****4",
        "******789",
    ]


def test_with_a_key_equal_numbers_stay_equal_and_others_differ() -> None:
    """So that one line of a log can be found from another, and the number itself cannot."""
    privacy, other = Privacy(key=KEY), Privacy(key=KEY[::-1])
    numbers = [f"4670{each:04}567" for each in range(1000)]
    masks = [privacy.mask_address(each) for each in numbers]
    assert len(set(masks)) == len(numbers)
    assert masks == [privacy.mask_address(each) for each in numbers]
    assert all(mask[-3:] == "567" and not any(sign.isdigit() for sign in mask[:-3]) for mask in masks)
    assert privacy.mask_address(NUMBER) != other.mask_address(NUMBER)
    assert privacy.mask_address(f"+{NUMBER}") == "+" + privacy.mask_address(NUMBER)
    assert KEY.decode() not in repr(privacy)


@pytest.mark.parametrize("wrong", [{"key": b"short"}, {"key": b"k" * 65}, {"last": -1}])
def test_settings_that_protect_nothing_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Privacy(**wrong)  # type: ignore[arg-type]


def test_a_receipt_stays_readable_but_for_the_text_that_it_quotes() -> None:
    """Else a trace with privacy would not tell which message was delivered."""
    text = build_text("A17", dlvrd=1, submit_date="2401011200", done_date="2401011201", stat=2, text=TEXT.decode())
    receipt = DeliverSm(source_addr=NUMBER, esm_class=4, short_message=text.encode())
    shown = Privacy().mask_pdu(receipt)
    assert shown.short_message == text.replace(TEXT.decode(), "*" * len(TEXT)).encode()
    assert Privacy(text=False).mask_pdu(receipt).short_message == text.encode()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (b"id:17,sub:001,stat:DELIVRD,err:0,text:meet me", b"id:17,sub:001,stat:DELIVRD,err:0,text:*******"),
        (b"meet id:17 stat:DELIVRD", b"**** id:17 stat:DELIVRD"),
        (b"id:17 stat:DELIVRD err:000Text:meet", b"id:17 stat:DELIVRD err:000Text*****"),
        (b"text:meet id:17 stat:DELIVRD", b"*" * 28),
        (b"id:17 meet me", b"*" * 13),
        (b"meet me at noon", b"*" * 15),
    ],
)
def test_receipts_of_other_forms(text: bytes, left: bytes) -> None:
    marks = [RECEIPTED_MESSAGE_ID("17"), MESSAGE_STATE(2)]
    assert Privacy().mask_pdu(DeliverSm(esm_class=4, short_message=text)).short_message == left
    assert Privacy().mask_pdu(DeliverSm(short_message=text, tlvs=marks)).short_message == left
    assert Privacy().mask_pdu(DeliverSm(short_message=text)).short_message == b"*" * len(text)


def test_the_header_of_a_segment_stays_and_what_else_is_in_it_does_not() -> None:
    header = UserDataHeader((Concatenation(9, 3, 2), Element(0x20, b"me@x.org"))).build()
    shown = Privacy().mask_pdu(SubmitSm(destination_addr="1", esm_class=0x40, short_message=header + TEXT))
    kept, text = UserDataHeader.parse(shown.short_message)
    assert kept is not None
    assert kept.concatenation == Concatenation(9, 3, 2)
    assert kept.elements[1] == Element(0x20, b"*" * 8)
    assert text == b"*" * len(TEXT)


def test_tlvs_of_a_carrier_are_shown_where_they_are_named() -> None:
    pdu = SubmitSm(destination_addr="1", tlvs=[(0x1400, b"1101234"), (0x1401, b"1207654")])
    assert Privacy(shown_tlvs=frozenset({0x1400})).mask_pdu(pdu).tlvs == [(0x1400, b"1101234"), (0x1401, b"*" * 7)]


@pytest.mark.parametrize("cut", range(17, len(SUBMIT.encode(7))))
def test_of_a_pdu_that_does_not_add_up_only_the_header_stays(cut: int) -> None:
    """Where the fields stand cannot be known then, so a number could pass as something else."""
    body = SUBMIT.encode(7)[16:cut]
    octets = framed(SubmitSm, 0, 7, body)
    masked = Privacy().mask_octets(octets)
    assert masked[:16] == octets[:16]
    assert len(masked) == len(octets)
    assert not any(secret in masked for secret in HIDDEN)


@pytest.mark.parametrize("cut", range(4, 30))
def test_a_bind_that_does_not_add_up_shows_no_password_without_privacy_either(cut: int) -> None:
    octets = framed(BindTransceiver, 0, 1, BindTransceiver(system_id="id", password=PASSWORD).encode(1)[16 : 16 + cut])
    masked = Privacy(text=False, numbers=False).mask_octets(octets)
    assert PASSWORD[:3].encode() not in masked
    assert masked[:16] == octets[:16]


def test_errors_quote_nothing_private() -> None:
    privacy = Privacy()
    with pytest.raises(EncodeError) as unfit:
        SubmitSm(destination_addr=NUMBER + OTHER_NUMBER, short_message=TEXT * 30).encode(1)
    words = privacy.mask_words(str(unfit.value))
    assert NUMBER not in words
    assert "destination_addr" in words
    assert privacy.mask_words(f"no route to +{NUMBER}") == "no route to +********567"
    assert privacy.mask_words("it's 'all \\' hidden' and b\"more\"") == "it's (hidden) and (hidden)"
    assert Privacy(text=False, numbers=False).mask_words(f"'a' {NUMBER}") == f"'a' {NUMBER}"


def test_anomalies_quote_nothing_private() -> None:
    octets = bytearray(SubmitSm(destination_addr="1", validity_period="000001000000000R").encode(1))
    octets = octets.replace(b"000001000000000R", b"46701234567-meet")
    pdu = Codec(tolerate=ESME_TOLERANCE).decode(DeliverSm(short_message=TEXT).encode(1))
    with pytest.raises(DecodeError) as odd:
        Codec().decode(bytes(octets))
    pdu.anomalies = (odd.value,)
    assert NUMBER in str(pdu.anomalies[0])
    [shown] = Privacy().mask_pdu(pdu).anomalies
    assert NUMBER not in str(shown)
    assert (shown.field, shown.offset, shown.octets) == (odd.value.field, odd.value.offset, b"")


classes = pytest.mark.parametrize("cls", STANDARD_PDUS, ids=lambda cls: cls.command)


def check_valid(cls: type[Pdu], data: st.DataObject) -> None:
    """The same PDU with the same lengths, masked once and for all, and both ways of masking agree."""
    pdu, count = data.draw(valid_pdu(cls)), data.draw(number)
    octets = pdu.encode(count)
    for privacy in (Privacy(), Privacy(key=KEY), Privacy(text=False), Privacy(numbers=False)):
        masked = privacy.mask_octets(octets)
        assert len(masked) == len(octets)
        assert masked[:16] == octets[:16]
        again = Codec().decode(masked)
        assert type(again) is cls
        assert [(tag, len(value)) for tag, value in again.tlvs] == [(tag, len(value)) for tag, value in pdu.tlvs]
        assert privacy.mask_pdu(pdu).encode(count) == masked


def check_damaged(data: st.DataObject, cls: type[Pdu]) -> None:
    body = data.draw(damaged(valid_pdu(cls).map(lambda pdu: pdu.encode(1))))
    octets = framed(cls, 0, 1, body)
    for privacy in (Privacy(), Privacy(text=False, numbers=False)):
        masked = privacy.mask_octets(octets)
        assert len(masked) == len(octets)
        assert masked[:16] == octets[:16]


@classes
@FAST
@given(data=st.data())
def test_every_valid_pdu_keeps_its_shape(cls: type[Pdu], data: st.DataObject) -> None:
    check_valid(cls, data)


@classes
@FAST
@given(data=st.data())
def test_damaged_pdus_keep_their_length(cls: type[Pdu], data: st.DataObject) -> None:
    check_damaged(data, cls)


@given(octets=st.binary(max_size=200))
def test_octets_that_are_no_pdu_keep_their_length(octets: bytes) -> None:
    masked = Privacy().mask_octets(octets)
    assert len(masked) == len(octets)
    assert masked[:16] == octets[:16]
    assert set(masked[16:]) <= {ord("*")} or octets[:4] == len(octets).to_bytes(4, "big")


@pytest.mark.soak
@pytest.mark.timeout(300)
@classes
@settings(SOAK, max_examples=500)
@given(data=st.data())
def test_every_pdu_soak(cls: type[Pdu], data: st.DataObject) -> None:
    check_valid(cls, data)
    check_damaged(data, cls)
