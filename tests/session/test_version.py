"""Peers of 3.3, 3.4 and 5.0, and peers that announce something odd."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session.fake_wire import Received, answers, esme_session, smsc_session
from smppcore.codec import SMSC_TOLERANCE, Codec
from smppcore.constants import CommandId, EsmClass
from smppcore.errors import EncodeError, StateError
from smppcore.pdu import (
    AlertNotification,
    BindReceiver,
    BindTransceiver,
    BindTransceiverResp,
    BroadcastSm,
    DataSm,
    DeliverSm,
    DeliverSmResp,
    Pdu,
    SubmitSm,
    SubmitSmResp,
)
from smppcore.session import Session
from smppcore.tlv import (
    ADDITIONAL_STATUS_INFO_TEXT,
    MESSAGE_PAYLOAD,
    MESSAGE_STATE,
    RECEIPTED_MESSAGE_ID,
    SAR_MSG_REF_NUM,
    SAR_SEGMENT_SEQNUM,
    SAR_TOTAL_SEGMENTS,
    SC_INTERFACE_VERSION,
    SOURCE_PORT,
    RawTlv,
)
from smppcore.version import KNOWN, agreed_version, for_3_3

ODD = [0x00, 0x22, 0x32, 0x35, 0x51, 0xFF, 0x3400]
VERSIONS = [0x33, 0x34, 0x50]
RECEIPT_TLVS: list[RawTlv] = [RECEIPTED_MESSAGE_ID("1"), MESSAGE_STATE(2)]
RECEIPT = DeliverSm(esm_class=EsmClass.DELIVERY_RECEIPT, short_message=b"id:1 stat:DELIVRD", tlvs=RECEIPT_TLVS)


# -- what two ends agree upon


@pytest.mark.parametrize("configured", VERSIONS)
@pytest.mark.parametrize("announced", [None, *ODD])
def test_missing_or_odd_means_what_was_configured(configured: int, announced: int | None) -> None:
    assert agreed_version(configured, announced) == configured


@pytest.mark.parametrize("configured", VERSIONS)
@pytest.mark.parametrize("announced", VERSIONS)
def test_of_two_known_versions_the_lower_is_spoken(configured: int, announced: int) -> None:
    assert agreed_version(configured, announced) == min(configured, announced)


@pytest.mark.parametrize("configured", ODD)
def test_an_odd_number_in_our_own_bind_leaves_it_to_the_other_end(configured: int) -> None:
    """Some carriers demand an interface_version of 0x00."""
    assert agreed_version(configured, 0x33) == 0x33
    assert agreed_version(configured, 0x50) == 0x50
    assert agreed_version(configured, None) == 0x34


@given(st.integers(), st.none() | st.integers())
def test_what_is_spoken_is_always_a_known_version(configured: int, announced: int | None) -> None:
    agreed = agreed_version(configured, announced)
    assert agreed in KNOWN
    if agreed == 0x33:
        assert 0x33 in (configured, announced), "only where one of the two says 3.3"


# -- what an end of 3.3 can read


def test_a_receipt_says_in_its_text_what_its_tlvs_say() -> None:
    plain = for_3_3(RECEIPT)
    assert (plain.tlvs, plain.short_message) == ([], RECEIPT.short_message)
    assert RECEIPT.tlvs == RECEIPT_TLVS, "the one passed in is not changed"


@pytest.mark.parametrize(
    "pdu",
    [
        DeliverSm(esm_class=EsmClass.DELIVERY_RECEIPT, tlvs=RECEIPT_TLVS),
        DeliverSm(short_message=b"no receipt", tlvs=RECEIPT_TLVS),
        DeliverSm(esm_class=EsmClass.UDHI, short_message=b"no receipt either", tlvs=RECEIPT_TLVS),
    ],
)
def test_what_no_text_says_is_not_left_out(pdu: DeliverSm) -> None:
    with pytest.raises(EncodeError, match=r"deliver_sm\.tlvs: \['receipted_message_id', 'message_state'\].*SMPP 3\.3"):
        for_3_3(pdu)


@pytest.mark.parametrize(
    ("tlvs", "named"),
    [
        ([MESSAGE_PAYLOAD(b"long")], ["message_payload"]),
        (
            [SAR_MSG_REF_NUM(1), SAR_TOTAL_SEGMENTS(2), SAR_SEGMENT_SEQNUM(1)],
            ["sar_msg_ref_num", "sar_total_segments", "sar_segment_seqnum"],
        ),
        ([SOURCE_PORT(1), (0x1400, b"1")], ["source_port", "0x1400"]),
    ],
)
def test_a_message_that_needs_tlvs_is_not_sent_without_them(tlvs: list[RawTlv], named: list[str]) -> None:
    with pytest.raises(EncodeError) as raised:
        for_3_3(SubmitSm(tlvs=tlvs))
    assert (raised.value.field, raised.value.value) == ("submit_sm.tlvs", named)


@pytest.mark.parametrize("pdu", [DataSm(), AlertNotification(), BroadcastSm()])
def test_pdus_that_3_3_lacks(pdu: Pdu) -> None:
    with pytest.raises(StateError, match=rf"{pdu.command} cannot be sent: the other end speaks SMPP 3\.3"):
        for_3_3(pdu)


@pytest.mark.parametrize("pdu", [SubmitSm(short_message=b"plain"), SubmitSmResp(message_id="1"), DeliverSmResp()])
def test_what_has_no_tlvs_passes_as_it_is(pdu: Pdu) -> None:
    assert for_3_3(pdu) is pdu


# -- sessions


def bound_to_smsc(configured: int = 0x34, tlvs: list[RawTlv] | None = None) -> Session:
    """An ESME session whose bind was answered with these TLVs."""
    session = esme_session()
    number = session.request(BindTransceiver(interface_version=configured), "bind", 0, 60)
    session.take_output()
    session.receive(BindTransceiverResp(system_id="smsc", tlvs=tlvs or []).encode(number), 0)
    return session


def bound_to_esme(announced: int, own_version: int = 0x34) -> Session:
    """An SMSC session that has answered a bind of that interface_version."""
    session = smsc_session()
    session.own_version = own_version
    [(_, bind)] = session.receive(BindTransceiver(interface_version=announced).encode(1), 0)
    session.respond(bind, BindTransceiverResp(system_id="smsc"))
    session.take_output()
    return session


@pytest.mark.parametrize("tlvs", [[], [(0x0210, b"\0")], [(0x0210, b"\x22")], [(0x0210, b"\0\x34")], [(0x0210, b"")]])
def test_an_esme_sends_tlvs_unless_it_was_told_not_to(tlvs: list[RawTlv]) -> None:
    session = bound_to_smsc(tlvs=tlvs)
    assert session.interface_version == 0x34
    session.request(SubmitSm(tlvs=[MESSAGE_PAYLOAD(b"long")]), "token", 0, 60)


def test_an_smsc_of_3_3_gets_no_tlvs_and_nothing_is_held_or_lost() -> None:
    session = bound_to_smsc(tlvs=[SC_INTERFACE_VERSION(0x33)])
    assert session.interface_version == 0x33
    next_number = session._next_number
    with pytest.raises(EncodeError, match="message_payload"):
        session.request(SubmitSm(tlvs=[MESSAGE_PAYLOAD(b"long")]), "token", 0, 60)
    with pytest.raises(StateError, match=r"data_sm.*3\.3"):
        session.request(DataSm(), "token", 0, 60)
    assert (session.window.entries, session.pending_output) == ({}, False)
    assert session.request(SubmitSm(short_message=b"plain"), "token", 0, 60) == next_number, "no number is lost either"


def test_we_may_be_of_3_3_ourselves() -> None:
    session = bound_to_smsc(0x33, [SC_INTERFACE_VERSION(0x34)])
    with pytest.raises(EncodeError):
        session.request(SubmitSm(tlvs=[MESSAGE_PAYLOAD(b"long")]), "token", 0, 60)


def test_tlvs_are_read_whatever_is_spoken() -> None:
    session = bound_to_smsc(tlvs=[SC_INTERFACE_VERSION(0x33)])
    [(_, pdu)] = session.receive(RECEIPT.encode(1), 0)
    assert pdu.get(RECEIPTED_MESSAGE_ID) == "1"


def test_an_esme_of_3_3_gets_answers_and_receipts_without_tlvs() -> None:
    session = bound_to_esme(0x33)
    [(_, submit)] = session.receive(SubmitSm(destination_addr="1").encode(2), 0)
    session.respond(submit, SubmitSmResp(message_id="1", tlvs=[ADDITIONAL_STATUS_INFO_TEXT("fine")]))
    session.request(RECEIPT, "token", 0, 60)
    received = read(session.take_output())
    assert [(pdu.command, pdu.tlvs) for pdu in received] == [("submit_sm_resp", []), ("deliver_sm", [])]


@pytest.mark.parametrize("announced", [0x00, 0x22, 0x34, 0x50])
def test_all_other_esmes_get_them(announced: int) -> None:
    session = bound_to_esme(announced)
    assert session.interface_version == 0x34
    session.request(RECEIPT, "token", 0, 60)
    assert read(session.take_output())[0].tlvs == RECEIPT_TLVS


def test_alert_notification_is_unknown_to_3_3() -> None:
    with pytest.raises(StateError, match=r"alert_notification.*3\.3"):
        bound_to_esme(0x33).send(AlertNotification(), 0)


def test_a_refused_bind_of_3_3_does_not_bind_the_next_one() -> None:
    session = smsc_session()
    [(_, bind)] = session.receive(BindReceiver(interface_version=0x33).encode(1), 0)
    session.respond(bind, bind.answer(0x0D))  # type: ignore[attr-defined]
    [(_, bind)] = session.receive(BindTransceiver(interface_version=0x34).encode(2), 0)
    session.respond(bind, BindTransceiverResp(tlvs=[SC_INTERFACE_VERSION(0x34)]))
    assert session.interface_version == 0x34
    assert answers(session.take_output())[1] == (CommandId.BIND_TRANSCEIVER_RESP, 0, 2)
    session.request(RECEIPT, "token", 0, 60)
    assert read(session.take_output())[0].tlvs == RECEIPT_TLVS


@pytest.mark.parametrize(("announced", "kept"), [(0x33, 0), (0x34, 1), (0x50, 1)])
def test_an_smsc_of_3_3_may_say_so_to_esmes_that_know_tlvs(announced: int, kept: int) -> None:
    session = smsc_session()
    session.own_version = 0x33
    [(_, bind)] = session.receive(BindTransceiver(interface_version=announced).encode(1), 0)
    session.respond(bind, BindTransceiverResp(tlvs=[SC_INTERFACE_VERSION(0x33)]))
    [response] = read(session.take_output())
    assert len(response.tlvs) == kept


def test_5_0_is_spoken_where_both_ends_do() -> None:
    assert bound_to_esme(0x50, own_version=0x50).interface_version == 0x50
    assert bound_to_esme(0x34, own_version=0x50).interface_version == 0x34
    assert bound_to_smsc(0x50, [SC_INTERFACE_VERSION(0x50)]).interface_version == 0x50
    assert bound_to_smsc(0x34, [SC_INTERFACE_VERSION(0x50)]).interface_version == 0x34


def read(octets: bytes) -> list[Pdu]:
    """The PDUs in what a session sends."""
    found = []
    codec = Codec(tolerate=SMSC_TOLERANCE)
    while octets:
        length = int.from_bytes(octets[:4], "big")
        found.append(codec.decode(octets[:length]))
        octets = octets[length:]
    return found


def test_the_answers_of_a_session_of_3_3_reach_their_calls() -> None:
    session = bound_to_smsc(tlvs=[SC_INTERFACE_VERSION(0x33)])
    number = session.request(SubmitSm(), "token", 0, 60)
    session.take_output()
    received: Received = session.receive(SubmitSmResp(message_id="00000001").encode(number), 0)
    assert [token for token, _ in received] == ["token"]
