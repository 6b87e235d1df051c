"""Numbers of requests: ours from 1 to 0x7FFFFFFF, the peer's whatever they are (smpp34.md section 12)."""

import pytest

from session.fake_wire import answers, bound_esme, bound_smsc, esme_session, header
from smppcore.constants import SEQUENCE_MAX, CommandId
from smppcore.notice import LateAnswer
from smppcore.pdu import AlertNotification, BindTransceiver, DeliverSm, EnquireLink, SubmitSm, Unbind
from smppcore.session import Session

SUBMIT = SubmitSm(destination_addr="1")


def submit(session: Session) -> int:
    return session.request(SUBMIT, "token", 0, 60)


def test_they_begin_with_one_and_count_on() -> None:
    session = esme_session()
    assert session.request(BindTransceiver(), "bind", 0, 60) == 1
    session.receive(header(CommandId.BIND_TRANSCEIVER_RESP, 1), 0)
    assert [submit(session) for _ in range(3)] == [2, 3, 4]
    assert [number for _, _, number in answers(session.take_output())] == [1, 2, 3, 4]


def test_one_follows_the_last_number() -> None:
    session = bound_esme()
    session._next_number = SEQUENCE_MAX - 1
    assert [submit(session) for _ in range(4)] == [SEQUENCE_MAX - 1, SEQUENCE_MAX, 1, 2]


def test_numbers_in_flight_are_skipped() -> None:
    session = bound_esme()
    assert [submit(session) for _ in range(3)] == [2, 3, 4]
    session.receive(header(CommandId.SUBMIT_SM_RESP, 3), 0)
    session._next_number = SEQUENCE_MAX
    assert [submit(session) for _ in range(4)] == [SEQUENCE_MAX, 1, 3, 5]


def test_the_last_number_in_flight_is_skipped() -> None:
    session = bound_esme()
    session._next_number = SEQUENCE_MAX
    assert submit(session) == SEQUENCE_MAX
    session._next_number = SEQUENCE_MAX
    assert submit(session) == 1


def test_one_allocator_for_everything_that_we_send() -> None:
    """The library's own enquire_link and unbind, and alerts, take no number of the application's requests."""
    session = bound_smsc()
    used = [session.request(DeliverSm(), "a", 0, 600)]
    session.tick(30)
    used += [each[2] for each in answers(session.take_output())[-1:]]
    used.append(session.send(AlertNotification(), 31))
    used.append(session.request(DeliverSm(), "b", 31, 600))
    session.close(32)
    used += [each[2] for each in answers(session.take_output())[-1:]]
    assert used == [1, 2, 3, 4, 5]


def test_an_alert_skips_numbers_in_flight() -> None:
    session = bound_smsc()
    session.request(DeliverSm(), "a", 0, 60)
    session._next_number = 1
    assert session.send(AlertNotification(), 0) == 2
    session._next_number = SEQUENCE_MAX
    assert session.send(AlertNotification(), 0) == SEQUENCE_MAX
    assert session.send(AlertNotification(), 0) == 2


def test_a_failed_encode_uses_no_number() -> None:
    session = bound_esme()
    with pytest.raises(ValueError, match="destination_addr"):
        session.request(SubmitSm(destination_addr="1" * 30), "token", 0, 60)
    assert submit(session) == 2


@pytest.mark.parametrize("number", [0, 1, 0x7FFFFFFF, 0x80000000, 0xA2859F22, 0x806A179B, 0xFFFFFFFF])
def test_the_peers_number_comes_back_as_it_is(number: int) -> None:
    """P16; also row 14 of 2.A: a response takes its number from the request, never from our own count."""
    session = bound_smsc()
    [(_, pdu)] = session.receive(SUBMIT.encode(number) + EnquireLink().encode(number) + header(0x0A, number), 0)
    assert isinstance(pdu, SubmitSm)
    assert pdu.sequence_number == number
    session.respond(pdu, pdu.answer())
    session.receive(Unbind().encode(number), 0)
    sent = answers(session.take_output())
    assert [each[2] for each in sent] == [number] * 4


def test_the_same_number_twice_is_answered_twice() -> None:
    session = bound_smsc()
    received = session.receive(SUBMIT.encode(0) + SUBMIT.encode(0), 0)
    for _, pdu in received:
        assert isinstance(pdu, SubmitSm)
        session.respond(pdu, pdu.answer())
    assert answers(session.take_output()) == [(CommandId.SUBMIT_SM_RESP, 0, 0)] * 2


def test_an_answer_with_a_number_that_we_never_used() -> None:
    session = bound_esme()
    assert session.receive(header(CommandId.SUBMIT_SM_RESP, 0xFFFFFFFF), 0) == []
    assert [type(notice) for notice in session.notices] == [LateAnswer]
