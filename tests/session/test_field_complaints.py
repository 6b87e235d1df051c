"""What the users of other libraries complain about (FIELD.md 2.A, 3.3), where a session alone decides."""

import pytest

from session.fake_wire import FakeWire, answers, bound_esme, bound_smsc, frames, header, of, single, verdicts
from session.test_states import session_in
from smppcore.constants import CommandId
from smppcore.errors import NotSent, OutcomeUnknown
from smppcore.notice import Finished, LateAnswer
from smppcore.pdu import (
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    GenericNack,
    QuerySm,
    SubmitSm,
    SubmitSmResp,
    Unbind,
)
from smppcore.settings import Settings
from smppcore.state import Role, SessionState

SUBMIT = SubmitSm(destination_addr="1")


def test_a2_a_dead_link_is_an_event_with_a_reason_and_a_verdict_for_each_request() -> None:
    session = bound_esme()
    session.request(SUBMIT, "a", 0, None)
    session.take_output()
    while not of(session, Finished):
        session.tick(session.next_deadline())
        session.take_output()
    assert of(session, Finished) == [Finished("no answer to enquire_link", abort=True)]
    session.connection_lost(40)
    assert isinstance(verdicts(session)["a"], OutcomeUnknown)


def test_a3_a_response_that_never_comes_frees_its_slot_and_may_still_come_late() -> None:
    session = bound_esme()
    number = session.request(SUBMIT, "a", 0, 10)
    session.take_output()
    session.tick(10)
    assert list(verdicts(session)) == ["a"]
    assert session.window.entries == {}
    session.receive(SubmitSmResp(message_id="late").encode(number), 11)
    [late] = of(session, LateAnswer)
    assert late.response == SubmitSmResp(message_id="late")


def test_a4_every_request_in_flight_has_a_verdict_when_the_channel_closes() -> None:
    session = bound_esme()
    for token in range(100):
        session.request(SUBMIT, token, 0, 60)
    session.take_output()
    session.connection_lost(1)
    assert sorted(verdicts(session)) == list(range(100))


@pytest.mark.parametrize("state", [each for each in SessionState if each is not SessionState.CLOSED])
def test_a5_closing_never_takes_for_ever(state: SessionState) -> None:
    """From every state: close, then only time passes, and the session is over."""
    for role in Role:
        session = session_in(role, state)
        session.close(0)
        for _ in range(20):
            if session.next_deadline() == float("inf"):
                break
            session.tick(session.next_deadline())
        assert of(session, Finished) or session.state is SessionState.UNBOUND


def test_a6_an_idle_link_is_kept_alive() -> None:
    wire = FakeWire()
    wire.bind(SessionState.BOUND_TRX)
    asked = 0
    while wire.now < 3_600:
        wire.now = min(wire.esme.next_deadline(), wire.smsc.next_deadline())
        wire.esme.tick(wire.now)
        wire.smsc.tick(wire.now)
        asked += wire.esme.pending_output
        wire.carry()
    assert asked >= 100
    assert wire.esme.state is wire.smsc.state is SessionState.BOUND_TRX
    assert not of(wire.esme, Finished)
    assert not of(wire.smsc, Finished)


def test_a8_one_missing_response_fails_that_request_only() -> None:
    session = bound_esme(settings=Settings(enquire_link_interval=None))
    lost = session.request(SUBMIT, "lost", 0, 5)
    for now in range(1, 20):
        number = session.request(SUBMIT, now, now, 5)
        session.take_output()
        session.tick(now)
        assert number != lost
        assert [token for token, _ in session.receive(header(CommandId.SUBMIT_SM_RESP, number), now)] == [now]
    assert list(verdicts(session)) == ["lost"]
    assert session.state is SessionState.BOUND_TRX


@pytest.mark.parametrize("body", [b"", b"\0"], ids=["header only", "a lone NUL"])
def test_a9_an_error_response_with_and_without_a_body(body: bytes) -> None:
    session = bound_esme()
    number = session.request(SUBMIT, "a", 0, 60)
    octets = header(CommandId.SUBMIT_SM_RESP, number, 0x0B, 16 + len(body)) + body
    [(token, response)] = session.receive(octets, 1)
    assert (token, response.command_status) == ("a", 0x0B)
    assert session.state is SessionState.BOUND_TRX


def test_a10_one_octet_too_many_does_not_end_the_session() -> None:
    session = bound_esme()
    octets = DeliverSm(short_message=b"hello").encode(1) + b"\0"
    octets = len(octets).to_bytes(4, "big") + octets[4:]
    [(_, pdu)] = session.receive(octets + EnquireLink().encode(2), 1)
    assert isinstance(pdu, DeliverSm)
    assert pdu.short_message == b"hello"
    assert len(pdu.anomalies) == 1
    assert answers(session.take_output()) == [(CommandId.ENQUIRE_LINK_RESP, 0, 2)]


def test_a11_a_message_id_in_deliver_sm_resp_is_recorded() -> None:
    """Also P13."""
    session = bound_smsc()
    number = session.request(DeliverSm(), "a", 0, 60)
    [(token, response)] = session.receive(DeliverSmResp(message_id="0001").encode(number), 1)
    assert token == "a"
    assert response == DeliverSmResp(message_id="0001")


def test_a13_an_empty_body_is_exactly_sixteen_octets() -> None:
    session = bound_smsc()
    session.receive(EnquireLink().encode(5) + Unbind().encode(6), 1)
    found, rest = frames(session.take_output())
    assert [each.hex() for each in found] == ["00000010800000150000000000000005", "00000010800000060000000000000006"]
    assert rest == b""


def test_a14_a_response_has_the_number_of_its_request() -> None:
    session = bound_esme()
    for _ in range(5):
        session.request(SUBMIT, "a", 0, 60)
    session.take_output()
    session.receive(EnquireLink().encode(0xA2859F22), 1)
    assert answers(session.take_output()) == [(CommandId.ENQUIRE_LINK_RESP, 0, 0xA2859F22)]


def test_p17_a_nack_as_the_answer_to_query_sm_and_one_with_number_0() -> None:
    session = bound_esme()
    number = session.request(QuerySm(message_id="1"), "query", 0, 60)
    session.take_output()
    session.receive(GenericNack(command_status=3).encode(0), 1)
    assert verdicts(session) == {}
    session.receive(GenericNack(command_status=3).encode(number), 1)
    assert list(verdicts(session)) == ["query"]


def test_p18_a_response_with_the_number_of_another_request() -> None:
    """The two answers are exchanged: each request gets the answer of its number; a third is a notice."""
    session = bound_esme()
    first, second = session.request(SUBMIT, "a", 0, 60), session.request(SUBMIT, "b", 0, 60)
    received = []
    for number in (second, first, second):
        received += session.receive(header(CommandId.SUBMIT_SM_RESP, number), 1)
    assert [token for token, _ in received] == ["b", "a"]
    assert len(of(session, LateAnswer)) == 1


def test_p20_the_connection_closes_instead_of_an_unbind_resp() -> None:
    session = bound_esme()
    session.close(0)
    session.take_output()
    session.connection_lost(0.1)
    assert session.state is SessionState.CLOSED
    assert verdicts(session) == {}


def test_p22_several_pdus_per_chunk_and_every_split() -> None:
    octets = SUBMIT.encode(1) + EnquireLink().encode(2) + SUBMIT.encode(3)
    for at in range(len(octets) + 1):
        session = bound_smsc()
        received = session.receive(octets[:at], 1) + session.receive(octets[at:], 1)
        assert [pdu.sequence_number for _, pdu in received] == [1, 3]
        assert answers(session.take_output()) == [(CommandId.ENQUIRE_LINK_RESP, 0, 2)]
    session = bound_smsc()
    assert sum(len(session.receive(octet, 1)) for octet in single(octets)) == 2


def test_2b21_an_automatic_enquire_link_takes_no_number_of_the_application() -> None:
    session = bound_esme()
    numbers = [session.request(SUBMIT, "a", 0, 600)]
    session.tick(30)
    numbers.append(session.request(SUBMIT, "b", 30, 600))
    sent = [number for _, _, number in answers(session.take_output())]
    assert len(set(sent)) == 3
    assert set(numbers) < set(sent)


@pytest.mark.parametrize("role", Role)
def test_a12_enquire_link_before_the_bind_is_answered_and_never_sent(role: Role) -> None:
    """Some peers send it before they bind, some die from it."""
    session = session_in(role, SessionState.OPEN)
    assert session.receive(EnquireLink().encode(5), 1) == []
    assert answers(session.take_output()) == [(CommandId.ENQUIRE_LINK_RESP, 0, 5)]
    assert session.state is SessionState.OPEN
    for now in range(2, 10):
        session.tick(now)
    assert session.take_output() == b""


def test_2b17_what_was_in_flight_and_what_had_not_left_is_told_apart_and_given_back() -> None:
    session = bound_esme()
    sent, queued = SubmitSm(destination_addr="1"), SubmitSm(destination_addr="2")
    session.request(sent, "sent", 0, 60)
    session.take_output()
    session.request(queued, "queued", 0, 60)
    session.connection_lost(1)
    found = verdicts(session)
    assert isinstance(found["sent"], OutcomeUnknown)
    assert found["sent"].request is sent
    assert isinstance(found["queued"], NotSent)
    assert found["queued"].request is queued


def test_1_12_8_a_nack_under_pressure_is_sixteen_octets_and_the_stream_stays_in_step() -> None:
    """One that declared 16 octets and carried 17 put the stream out of step."""
    unknown = header(0x0000_00AA, 3)
    for number in range(100):
        session = bound_esme()
        session.receive(unknown * number + EnquireLink().encode(9), 1)
        sent = answers(session.take_output())
        assert len(sent) == number + 1
        assert sent[-1] == (CommandId.ENQUIRE_LINK_RESP, 0, 9)


def test_1_12_11_a_pdu_that_cannot_be_read_leaves_the_reader_running() -> None:
    session = bound_esme()
    garbled = header(CommandId.DELIVER_SM, 1, length=20) + b"\xff" * 4
    for _ in range(50):
        assert session.receive(garbled, 1) == []
    [(_, pdu)] = session.receive(DeliverSm().encode(2), 1)
    assert isinstance(pdu, DeliverSm)
    session.take_output()
    number = session.request(SUBMIT, "a", 1, 60)
    assert [token for token, _ in session.receive(SubmitSmResp().encode(number), 1)] == ["a"]
