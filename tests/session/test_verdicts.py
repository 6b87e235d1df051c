"""How requests end: each in exactly one way, and the line between NotSent and OutcomeUnknown is take_output."""

import pytest

from session.fake_wire import answers, bound_esme, bound_smsc, header, of, single, smsc_session, taken, verdicts
from smppcore.constants import CommandId
from smppcore.errors import DecodeError, EncodeError, NotSent, OutcomeUnknown, Refused, StateError
from smppcore.notice import BadPdu, Ended, LateAnswer, Unanswered
from smppcore.pdu import DataSm, DeliverSm, EnquireLink, GenericNack, SubmitSm, Unbind
from smppcore.settings import Settings

SUBMIT = SubmitSm(destination_addr="1")


def test_expired_before_it_was_taken_is_not_sent_and_its_octets_are_not() -> None:
    session = bound_esme()
    session.request(SubmitSm(destination_addr="1", short_message=b"first"), "a", 0, 60)
    session.request(SubmitSm(destination_addr="1", short_message=b"second"), "b", 0, 5)
    session.request(SubmitSm(destination_addr="1", short_message=b"third"), "c", 0, 60)
    session.tick(5)
    error = verdicts(session)["b"]
    assert isinstance(error, NotSent)
    assert error.request == SubmitSm(destination_addr="1", short_message=b"second")
    octets = session.take_output()
    assert len(answers(octets)) == 2
    assert b"second" not in octets


def test_expired_after_it_was_taken_is_of_unknown_outcome() -> None:
    session = bound_esme()
    session.request(SUBMIT, "a", 0, 5)
    session.take_output()
    session.tick(5)
    assert isinstance(verdicts(session)["a"], OutcomeUnknown)


def test_the_line_is_drawn_for_each_turn_anew() -> None:
    session = bound_esme()
    session.request(SUBMIT, "a", 0, 5)
    session.take_output()
    session.request(SUBMIT, "b", 0, 5)
    session.tick(5)
    assert {token: type(error) for token, error in verdicts(session).items()} == {"a": OutcomeUnknown, "b": NotSent}


def test_the_loss_of_the_connection_lists_everything() -> None:
    session = bound_esme()
    session.request(SUBMIT, "sent", 0, 5)
    [(_, deliver), (_, data)] = session.receive(DeliverSm().encode(8) + DataSm().encode(9) + Unbind().encode(10), 0)
    session.take_output()
    session.connection_lost(1)
    assert {token: type(error) for token, error in verdicts(session).items()} == {"sent": OutcomeUnknown}
    lost = [notice.request for notice in of(session, Unanswered)]
    assert lost[0] is deliver
    assert lost[1] is data
    assert [pdu.sequence_number for pdu in lost] == [8, 9, 10]
    assert session.window.entries == {}
    assert session.unanswered == {}
    assert session.take_output() == b""


def test_the_loss_of_the_connection_knows_what_had_not_left() -> None:
    session = bound_esme()
    session.request(SUBMIT, "sent", 0, None)
    session.take_output()
    session.request(SUBMIT, "queued", 0, None)
    session.connection_lost(1)
    assert {token: type(error) for token, error in verdicts(session).items()} == {
        "sent": OutcomeUnknown,
        "queued": NotSent,
    }
    taken(session)
    session.connection_lost(2)
    assert session.notices == [], "the second time there is nothing to lose"


def test_our_own_enquire_link_and_unbind_have_no_verdict() -> None:
    session = bound_esme()
    session.tick(30)
    session.close(31)
    session.connection_lost(32)
    assert of(session, Ended) == []


def test_a_response_that_cannot_be_read() -> None:
    session = bound_smsc()
    number = session.request(DeliverSm(), "a", 0, 60)
    session.take_output()
    bad = header(CommandId.DELIVER_SM_RESP, number, length=19) + b"\0\1\2"
    for octet in single(bad):
        assert session.receive(octet, 1) == []
    error = verdicts(session)["a"]
    assert isinstance(error, OutcomeUnknown)
    assert isinstance(error.__cause__, DecodeError)
    assert error.__cause__.octets == bad
    [notice] = of(session, BadPdu)
    assert notice.answered is None
    assert session.take_output() == b""
    session.receive(EnquireLink().encode(5), 2)
    assert answers(session.take_output()) == [(CommandId.ENQUIRE_LINK_RESP, 0, 5)]
    assert session.window.entries == {}


def test_an_unreadable_response_of_another_class_ends_no_request() -> None:
    session = bound_smsc()
    number = session.request(DeliverSm(), "a", 0, 60)
    session.receive(header(CommandId.SUBMIT_SM_RESP, number, length=19) + b"\0\1\2", 1)
    session.receive(header(0x80000333, number), 1)
    assert len(of(session, BadPdu)) == 2
    assert verdicts(session) == {}
    assert [token for token, _ in session.receive(header(CommandId.DELIVER_SM_RESP, number), 1)] == ["a"]


@pytest.mark.parametrize("status", [1, 3, 8, 0x58, 0x410, 0xFFFFFFFF])
def test_a_nack_that_matches_refuses_the_request(status: int) -> None:
    session = bound_esme()
    number = session.request(SUBMIT, "a", 0, 60)
    session.take_output()
    session.receive(GenericNack(command_status=status).encode(number), 1)
    error = verdicts(session)["a"]
    assert isinstance(error, Refused)
    assert error.status == status
    assert error.response == GenericNack(command_status=status)
    assert session.take_output() == b""


@pytest.mark.parametrize("number", [0, 77, 0xFFFFFFFF])
def test_a_nack_that_matches_nothing_is_a_notice(number: int) -> None:
    """P17."""
    session = bound_esme()
    session.request(SUBMIT, "a", 0, 60)
    session.take_output()
    session.receive(GenericNack(command_status=3).encode(number), 1)
    [late] = of(session, LateAnswer)
    assert late.response == GenericNack(command_status=3)
    assert verdicts(session) == {}
    assert session.take_output() == b""


@pytest.mark.parametrize("bound", [False, True])
@pytest.mark.parametrize("length", [0, 4, 15, 16, 17, 18, 20, 24, 0x00FFFFFF])
@pytest.mark.parametrize(
    "command_id", [0x80000000, 0x80000004, 0x80000005, 0x80000009, 0x80000015, 0x8000000A, 0xFFFFFFFF]
)
def test_nothing_with_bit_31_is_ever_nacked(command_id: int, length: int, bound: bool) -> None:
    session = bound_smsc() if bound else smsc_session()
    session.receive(header(command_id, 9, length=length) + b"\xff" * max(0, min(length, 64) - 16), 1)
    assert session.take_output() == b""


def test_a_request_that_does_not_fit_leaves_no_trace() -> None:
    session = bound_esme(settings=Settings(enquire_link_interval=None))
    with pytest.raises(EncodeError):
        session.request(SubmitSm(destination_addr="1", short_message=bytes(300)), "a", 0, 60)
    with pytest.raises(StateError):
        session.request(DeliverSm(), "a", 0, 60)
    assert session.window.entries == {}
    assert session.take_output() == b""
    assert session.next_deadline() == float("inf")
    assert session.notices == []
