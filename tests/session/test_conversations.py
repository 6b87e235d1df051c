"""An ESME and an SMSC talk to each other, over a wire that cuts their octets anywhere."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from session.fake_wire import BINDS, Cut, FakeWire, in_pieces, single, whole
from smppcore.errors import Refused
from smppcore.notice import Ended
from smppcore.pdu import (
    AlertNotification,
    BindTransceiver,
    DataSm,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    GenericNack,
    Outbind,
    Pdu,
    Request,
    SubmitSm,
    SubmitSmResp,
)
from smppcore.state import SessionState

TX, RX, TRX = SessionState.BOUND_TX, SessionState.BOUND_RX, SessionState.BOUND_TRX
CUTS: dict[str, Cut] = {"whole": whole, "octets": single, "sevens": in_pieces(7), "seventeens": in_pieces(17)}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("state", BINDS)
def test_bind_and_unbind(state: SessionState, cut: Cut) -> None:
    wire = FakeWire(cut=cut)
    wire.bind(state)
    assert wire.esme.state is state
    assert wire.smsc.state is state
    wire.esme.close(wire.now)
    wire.carry()
    assert wire.esme.state is SessionState.UNBOUND
    assert wire.smsc.state is SessionState.UNBOUND


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("state", [TX, TRX])
def test_submissions_and_their_answers(state: SessionState, cut: Cut) -> None:
    wire = FakeWire(cut=cut)
    wire.bind(state)
    for each in range(20):
        wire.esme.request(SubmitSm(destination_addr=str(each)), each, wire.now, 60)
    wire.carry()
    for _, pdu in reversed(wire.taken_at_smsc()):
        assert isinstance(pdu, SubmitSm)
        wire.smsc.respond(pdu, SubmitSmResp(message_id=f"id {pdu.destination_addr}"))
    wire.carry()
    received = wire.taken_at_esme()
    assert [token for token, _ in received] == list(reversed(range(20)))
    assert [pdu.message_id for _, pdu in received if isinstance(pdu, SubmitSmResp)] == [
        f"id {each}" for each in reversed(range(20))
    ]
    assert wire.esme.window.entries == {}
    assert wire.smsc.unanswered == {}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("state", [RX, TRX])
def test_deliveries_and_an_alert(state: SessionState, cut: Cut) -> None:
    wire = FakeWire(cut=cut)
    wire.bind(state)
    wire.smsc.request(DeliverSm(short_message=b"hello"), "one", wire.now, 60)
    wire.smsc.send(AlertNotification(source_addr="1"), wire.now)
    wire.smsc.request(DataSm(), "two", wire.now, 60)
    wire.carry()
    first, alert, second = (pdu for _, pdu in wire.taken_at_esme())
    assert isinstance(first, DeliverSm)
    assert isinstance(alert, AlertNotification)
    assert isinstance(second, DataSm)
    wire.esme.respond(first, first.answer())
    wire.esme.respond(second, second.answer(0x64))
    wire.carry()
    assert [(token, pdu.command_status) for token, pdu in wire.taken_at_smsc()] == [("one", 0), ("two", 0x64)]
    assert wire.esme.unanswered == {}, "an alert waits for no answer"


def test_both_directions_use_the_same_numbers() -> None:
    wire = FakeWire()
    wire.bind(TRX)
    assert wire.smsc.request(DeliverSm(), "s", wire.now, 60) == 1
    assert wire.esme.request(SubmitSm(destination_addr="1"), "e", wire.now, 60) == 2
    assert wire.smsc.request(DeliverSm(), "t", wire.now, 60) == 2
    wire.carry()
    wire.answer_at_esme()
    wire.answer_at_smsc()
    assert wire.esme.window.entries == wire.smsc.window.entries == {}


def test_enquire_link_is_answered_inside() -> None:
    wire = FakeWire()
    wire.bind(TRX)
    wire.esme.request(EnquireLink(), "alive?", wire.now, 10)
    wire.carry()
    assert wire.at_smsc == []
    assert [token for token, _ in wire.taken_at_esme()] == ["alive?"]


def test_a_refused_bind_may_be_tried_again() -> None:
    wire = FakeWire()
    wire.esme.request(BindTransceiver(), "first", wire.now, 60)
    wire.carry()
    wire.answer_at_smsc(status=0x0D)
    assert [(token, pdu.command_status) for token, pdu in wire.taken_at_esme()] == [("first", 0x0D)]
    assert wire.esme.state is wire.smsc.state is SessionState.OPEN
    wire.bind(RX)
    assert wire.esme.state is wire.smsc.state is RX


def test_an_outbind_leads_to_a_bind() -> None:
    wire = FakeWire()
    wire.smsc.send(Outbind(system_id="smsc"), wire.now)
    wire.carry()
    [(token, outbind)] = wire.taken_at_esme()
    assert token is None
    assert isinstance(outbind, Outbind)
    assert wire.esme.state is wire.smsc.state is SessionState.OUTBOUND
    wire.bind(RX)
    assert wire.smsc.state is RX


def test_a_generic_nack_answers_the_request_of_its_number() -> None:
    wire = FakeWire()
    wire.bind(TRX)
    wire.esme.request(SubmitSm(destination_addr="1"), "one", wire.now, 60)
    wire.carry()
    [(_, submit)] = wire.taken_at_smsc()
    wire.smsc.respond(submit, GenericNack(command_status=3))
    wire.carry()
    [ended] = [each for each in wire.esme.notices if isinstance(each, Ended)]
    assert ended.token == "one"
    assert isinstance(ended.error, Refused)
    assert ended.error.status == 3


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 90), min_size=1, max_size=12),
    messages=st.lists(st.binary(max_size=140), min_size=1, max_size=12),
)
def test_any_cutting_gives_the_same_conversation(sizes: list[int], messages: list[bytes]) -> None:
    def cut(octets: bytes) -> list[bytes]:
        pieces: list[bytes] = []
        at = 0
        while at < len(octets):
            size = sizes[len(pieces) % len(sizes)]
            pieces.append(octets[at : at + size])
            at += size
        return pieces

    wire = FakeWire(cut=cut)
    wire.bind(TRX)
    for number, message in enumerate(messages):
        wire.esme.request(SubmitSm(destination_addr="1", short_message=message), number, wire.now, 60)
        wire.smsc.request(DeliverSm(short_message=message), number, wire.now, 60)
    wire.carry()
    assert [_message(pdu) for _, pdu in wire.at_smsc] == [_message(pdu) for _, pdu in wire.at_esme] == messages
    requests: list[tuple[Any, Pdu]] = wire.taken_at_esme()
    for _, pdu in requests:
        assert isinstance(pdu, Request)
        wire.esme.respond(pdu, DeliverSmResp())
    wire.answer_at_smsc()
    assert [token for token, _ in wire.taken_at_smsc()] == list(range(len(messages)))
    assert [token for token, _ in wire.taken_at_esme()] == list(range(len(messages)))


def _message(pdu: Pdu) -> bytes:
    assert isinstance(pdu, SubmitSm | DeliverSm)
    return pdu.short_message
