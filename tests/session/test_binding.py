"""While a bind is not answered: an authenticator that takes its time, and what is pipelined behind the bind."""

import pytest

from session.fake_wire import (
    FakeWire,
    Received,
    answers,
    bound_smsc,
    esme_session,
    header,
    of,
    smsc_session,
    state,
    taken,
    verdicts,
)
from smppcore.codec import STRICT, Codec
from smppcore.constants import CommandId, CommandStatus
from smppcore.errors import DecodeError, OutcomeUnknown, Refused
from smppcore.notice import Finished, LateAnswer, Misplaced, Unanswered
from smppcore.pdu import (
    Bind,
    BindReceiver,
    BindTransceiver,
    BindTransceiverResp,
    BindTransmitter,
    DeliverSm,
    EnquireLink,
    GenericNack,
    SubmitSm,
    Unbind,
)
from smppcore.session import HELD_LIMIT, Session
from smppcore.settings import Settings
from smppcore.state import Role, SessionState


def binding_smsc(behind: bytes) -> tuple[Session, BindTransceiver]:
    session = smsc_session()
    [(_, bind)] = session.receive(BindTransceiver().encode(1) + behind, 0)
    assert isinstance(bind, BindTransceiver)
    assert state(session) is SessionState.BINDING
    return session, bind


def submits(first: int, last: int) -> bytes:
    return b"".join(SubmitSm(destination_addr="1").encode(number) for number in range(first, last + 1))


def numbers(received: Received) -> list[int]:
    return [pdu.sequence_number for _, pdu in received]


def test_requests_behind_a_bind_wait_and_are_handed_out_in_order() -> None:
    session, bind = binding_smsc(submits(2, 4))
    assert session.receive(submits(5, 6), 0) == []
    assert session.take_output() == b""
    session.respond(bind, bind.answer())
    assert numbers(session.receive(b"", 1)) == [2, 3, 4, 5, 6]
    assert len(session.unanswered) == 5


def test_what_arrives_after_the_answer_comes_behind_what_had_waited() -> None:
    session, bind = binding_smsc(submits(2, 3))
    session.respond(bind, bind.answer())
    assert numbers(session.receive(submits(4, 4), 1)) == [2, 3, 4]


def test_requests_behind_a_refused_bind_are_refused() -> None:
    session, bind = binding_smsc(submits(2, 3))
    session.respond(bind, bind.answer(CommandStatus.ESME_RINVPASWD))
    assert session.receive(b"", 1) == []
    assert answers(session.take_output()) == [
        (CommandId.BIND_TRANSCEIVER_RESP, CommandStatus.ESME_RINVPASWD, 1),
        (CommandId.SUBMIT_SM_RESP, CommandStatus.ESME_RINVBNDSTS, 2),
        (CommandId.SUBMIT_SM_RESP, CommandStatus.ESME_RINVBNDSTS, 3),
    ]
    assert session.state is SessionState.OPEN
    assert session.unanswered == {}


def test_requests_that_the_new_state_does_not_allow_are_refused() -> None:
    session = smsc_session()
    [(_, bind)] = session.receive(BindReceiver().encode(1) + submits(2, 2), 0)
    assert isinstance(bind, Bind)
    session.respond(bind, bind.answer())
    assert session.receive(b"", 1) == []
    assert answers(session.take_output())[1:] == [(CommandId.SUBMIT_SM_RESP, CommandStatus.ESME_RINVBNDSTS, 2)]


def test_an_unbind_behind_a_bind_is_answered_after_the_requests_before_it() -> None:
    session, bind = binding_smsc(submits(2, 2) + Unbind().encode(3) + submits(4, 4))
    session.respond(bind, bind.answer())
    [(_, submit)] = session.receive(b"", 1)
    assert isinstance(submit, SubmitSm)
    session.respond(submit, submit.answer())
    assert answers(session.take_output())[1:] == [
        (CommandId.SUBMIT_SM_RESP, CommandStatus.ESME_RINVBNDSTS, 4),
        (CommandId.SUBMIT_SM_RESP, 0, 2),
        (CommandId.UNBIND_RESP, 0, 3),
    ]


def test_what_waits_behind_a_bind_is_bounded() -> None:
    session, _ = binding_smsc(submits(2, HELD_LIMIT + 3))
    refused = answers(session.take_output())
    assert [number for _, _, number in refused] == [HELD_LIMIT + 2, HELD_LIMIT + 3]


def test_what_waited_is_unanswered_when_the_connection_is_lost() -> None:
    session, bind = binding_smsc(submits(2, 3))
    session.connection_lost(1)
    assert [each.request.sequence_number for each in of(session, Unanswered)] == [1, 2, 3]
    assert of(session, Unanswered)[0].request is bind


def test_enquire_link_before_the_bind_and_behind_it_is_answered_at_once() -> None:
    """P19, and row 12 of 2.A."""
    session = smsc_session()
    session.receive(EnquireLink().encode(7), 0)
    assert answers(session.take_output()) == [(CommandId.ENQUIRE_LINK_RESP, 0, 7)]
    session.receive(BindTransceiver().encode(8) + EnquireLink().encode(9), 0)
    assert answers(session.take_output()) == [(CommandId.ENQUIRE_LINK_RESP, 0, 9)]
    esme = esme_session()
    esme.receive(EnquireLink().encode(3), 0)
    assert answers(esme.take_output()) == [(CommandId.ENQUIRE_LINK_RESP, 0, 3)]


def test_never_an_enquire_link_of_our_own_before_the_bind() -> None:
    for session in (esme_session(), smsc_session()):
        for now in range(0, 300, 5):
            session.tick(now)
        assert session.take_output() == b""


def test_a_second_bind_behind_the_first() -> None:
    session, bind = binding_smsc(BindTransmitter().encode(2))
    assert answers(session.take_output()) == [(CommandId.BIND_TRANSMITTER_RESP, CommandStatus.ESME_RALYBND, 2)]
    session.respond(bind, bind.answer())
    assert session.state is SessionState.BOUND_TRX


def test_a_second_bind_on_a_bound_session() -> None:
    session = bound_smsc()
    assert session.receive(BindTransceiver().encode(2), 0) == []
    assert answers(session.take_output()) == [(CommandId.BIND_TRANSCEIVER_RESP, CommandStatus.ESME_RALYBND, 2)]
    assert session.state is SessionState.BOUND_TRX
    assert len(of(session, Misplaced)) == 1


@pytest.mark.parametrize("status", [0x05, 0x0D, 0x0E, 0x0F, 0x410])
def test_a_failed_bind_goes_back_to_open(status: int) -> None:
    session = esme_session()
    number = session.request(BindTransceiver(), "bind", 0, 60)
    session.take_output()
    [(token, response)] = session.receive(BindTransceiverResp(command_status=status).encode(number), 0)
    assert (token, response.command_status) == ("bind", status)
    assert session.state is SessionState.OPEN
    session.request(BindTransmitter(), "again", 0, 60)
    assert state(session) is SessionState.BINDING


def test_a_bind_answered_by_a_nack() -> None:
    session = esme_session()
    number = session.request(BindTransceiver(), "bind", 0, 60)
    session.take_output()
    assert session.receive(GenericNack(command_status=3).encode(number), 0) == []
    error = verdicts(session)["bind"]
    assert isinstance(error, Refused)
    assert error.status == 3
    assert session.state is SessionState.OPEN


def test_an_smsc_may_answer_a_bind_with_a_nack() -> None:
    session, bind = binding_smsc(b"")
    session.respond(bind, GenericNack(command_status=3))
    assert session.state is SessionState.OPEN


def test_a_bind_with_the_answer_of_another_bind_stays_unanswered() -> None:
    session = esme_session()
    number = session.request(BindTransceiver(), "bind", 0, 60)
    session.take_output()
    assert session.receive(header(CommandId.BIND_RECEIVER_RESP, number), 0) == []
    assert len(of(session, LateAnswer)) == 1
    assert state(session) is SessionState.BINDING


def test_a_bind_whose_answer_cannot_be_read_ends_the_connection() -> None:
    """No state without a timer: nothing more would happen to a session that waits for this answer."""
    session = strict_esme()
    number = session.request(BindTransceiver(), "bind", 0, 60)
    session.take_output()
    session.receive(header(CommandId.BIND_TRANSCEIVER_RESP, number, length=18) + b"ab", 0)
    error = verdicts(session)["bind"]
    assert isinstance(error, OutcomeUnknown)
    assert isinstance(error.__cause__, DecodeError)
    assert len(of(session, Finished)) == 1


def strict_esme() -> Session:
    return Session(Role.ESME, Codec(tolerate=STRICT), Settings(), 0)


def test_a_bind_that_is_never_answered_ends_the_connection() -> None:
    session = esme_session()
    session.request(BindTransceiver(), "bind", 0, 60)
    session.take_output()
    assert session.next_deadline() == 60
    session.tick(60)
    assert isinstance(verdicts(session)["bind"], OutcomeUnknown)
    [finished] = of(session, Finished)
    assert finished.reason == "no answer to the bind"


def test_the_answer_and_the_first_delivery_in_one_segment() -> None:
    """P21."""
    session = esme_session()
    number = session.request(BindTransceiver(), "bind", 0, 60)
    session.take_output()
    segment = BindTransceiverResp(system_id="smsc").encode(number) + DeliverSm(short_message=b"first").encode(1)
    (token, response), (nobody, delivery) = session.receive(segment, 0)
    assert token == "bind"
    assert isinstance(response, BindTransceiverResp)
    assert nobody is None
    assert isinstance(delivery, DeliverSm)
    assert delivery.short_message == b"first"


def test_an_unbind_of_the_smsc_before_it_answered_the_bind_changes_nothing() -> None:
    session = esme_session()
    number = session.request(BindTransceiver(), "bind", 0, 60)
    session.take_output()
    session.receive(Unbind().encode(1), 0)
    assert answers(session.take_output()) == [(CommandId.UNBIND_RESP, CommandStatus.ESME_RINVBNDSTS, 1)]
    session.receive(BindTransceiverResp().encode(number), 0)
    assert session.state is SessionState.BOUND_TRX


def test_a_session_that_has_finished_is_not_bound_any_more() -> None:
    """The authenticator answers after the session init timer has given up the connection."""
    session, bind = binding_smsc(submits(2, 2))
    session.tick(session.settings.session_init_timeout or 0)
    taken(session)
    session.respond(bind, bind.answer())
    assert session.receive(b"", 11) == []
    assert session.receive(submits(3, 3), 11) == []


@pytest.mark.parametrize("state", [SessionState.BOUND_TX, SessionState.BOUND_RX, SessionState.BOUND_TRX])
def test_a_bind_over_a_wire_of_single_octets(state: SessionState) -> None:
    wire = FakeWire(cut=lambda octets: [octets[at : at + 1] for at in range(len(octets))])
    wire.bind(state)
    assert wire.esme.state is wire.smsc.state is state
