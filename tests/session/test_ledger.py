"""Each request of the peer is answered once, by an answer to it."""

import pytest

from session.fake_wire import answers, bound_esme, bound_smsc
from smppcore.constants import CommandId
from smppcore.errors import EncodeError, StateError
from smppcore.pdu import DataSmResp, DeliverSm, GenericNack, SubmitSm, SubmitSmResp
from smppcore.session import Session

SUBMIT = SubmitSm(destination_addr="1")


def asked() -> tuple[Session, SubmitSm]:
    session = bound_smsc()
    [(_, pdu)] = session.receive(SUBMIT.encode(5), 0)
    assert isinstance(pdu, SubmitSm)
    return session, pdu


def test_once() -> None:
    session, pdu = asked()
    session.respond(pdu, SubmitSmResp(message_id="x"))
    with pytest.raises(StateError, match="submit_sm 5 waits for no answer"):
        session.respond(pdu, SubmitSmResp(message_id="x"))
    assert len(answers(session.take_output())) == 1


def test_not_what_was_never_handed_out() -> None:
    session, pdu = asked()
    with pytest.raises(StateError):
        session.respond(SubmitSm(destination_addr="1"), SubmitSmResp())
    equal = SubmitSm(destination_addr="1", sequence_number=5)
    assert equal == pdu
    with pytest.raises(StateError):
        session.respond(equal, SubmitSmResp())
    assert session.take_output() == b""


def test_not_what_another_session_was_asked() -> None:
    _, pdu = asked()
    with pytest.raises(StateError):
        bound_smsc().respond(pdu, SubmitSmResp())


def test_only_by_its_own_response_or_a_nack() -> None:
    session, pdu = asked()
    with pytest.raises(StateError, match="data_sm_resp is no answer to submit_sm"):
        session.respond(pdu, DataSmResp())
    session.respond(pdu, GenericNack(command_status=3))
    assert answers(session.take_output()) == [(CommandId.GENERIC_NACK, 3, 5)]


def test_an_answer_that_does_not_fit_leaves_the_request_answerable() -> None:
    session, pdu = asked()
    with pytest.raises(EncodeError, match="message_id"):
        session.respond(pdu, SubmitSmResp(message_id="x" * 65))
    assert session.take_output() == b""
    session.respond(pdu, SubmitSmResp(message_id="x"))
    assert answers(session.take_output()) == [(CommandId.SUBMIT_SM_RESP, 0, 5)]


def test_not_after_the_connection_is_gone() -> None:
    session, pdu = asked()
    session.connection_lost(1)
    with pytest.raises(StateError):
        session.respond(pdu, SubmitSmResp())


def test_in_any_order() -> None:
    session = bound_esme()
    received = session.receive(b"".join(DeliverSm().encode(number) for number in range(10, 20)), 0)
    for _, pdu in reversed(received):
        assert isinstance(pdu, DeliverSm)
        session.respond(pdu, pdu.answer())
    assert [number for _, _, number in answers(session.take_output())] == list(range(19, 9, -1))


def test_the_response_is_not_modified() -> None:
    session, pdu = asked()
    response = SubmitSmResp(message_id="x", sequence_number=77)
    session.respond(pdu, response)
    assert response.sequence_number == 77
